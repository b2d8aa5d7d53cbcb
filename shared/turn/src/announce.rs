//! How news travels: to the sockets that listen, to those that watch, and to the next step.
//!
//! Nothing here can fail the change that it tells of: it is committed. A wake that got lost is made up for
//! by `due_at`, an event by the client's cursor.

use chat::{
    Change,
    account::{Phase, enter},
    agent::ToAgent,
    event::{Body, Event, WatchEvent},
    frame::{frames, frames_of, watch_frames},
    id::{ChatId, ConnectionId},
    port::{Clock, KeepListeners, SendWakes, TellError, TellSockets, Unavailable},
    record::{Chat, Status},
    state::State,
    transition::Name,
    view::ChatView,
    wake::{Due, Reason},
};
use futures::future::{join, join_all, join3};

use crate::ports::Announce;

/// Tells everybody of a committed change and sends the wake that it asks for, both at once.
pub async fn announce<P: Announce>(ports: &P, change: &Change) {
    enter(Phase::Announce);
    let chat_id = change.chat.id;
    let (woken, _) = join(
        wake(ports, change),
        join3(
            tell_listeners(ports, chat_id, &change.events),
            tell_watchers(ports, change),
            tell_agent(ports, change),
        ),
    )
    .await;
    if let Err(error) = woken {
        tracing::warn!(%chat_id, %error, "wake not sent; the sweep will");
    }
}

/// Tells everybody of a committed change first, then sends the wake: the next step's events follow these.
///
/// # Errors
/// The wake was not sent. The step's own is to be delivered again, which is sooner than the sweep.
pub(crate) async fn announce_in_order<P: Announce>(
    ports: &P,
    change: &Change,
    earlier: Vec<Event>,
) -> Result<(), Unavailable> {
    enter(Phase::Announce);
    let events: Vec<Event> = earlier.into_iter().chain(change.events.iter().cloned()).collect();
    join3(
        tell_listeners(ports, change.chat.id, &events),
        tell_watchers(ports, change),
        tell_agent(ports, change),
    )
    .await;
    wake(ports, change).await
}

async fn wake<P: Announce>(ports: &P, change: &Change) -> Result<(), Unavailable> {
    match change.wake {
        Some(due) => ports.send(change.chat.id, due).await,
        None => Ok(()),
    }
}

/// Wakes a chat that is to run and that nobody works on.
///
/// For a request that is made again: its first try may have ended between its commit and its wake. The sweep
/// would notice too, but minutes later.
pub async fn wake_again<P: SendWakes + Clock>(ports: &P, chat: &Chat) {
    let is_running = matches!(State::of(Some(chat)), State::R0 | State::R1);
    if !is_running || chat.retry.is_some() || chat.leased_at(ports.now()).is_some() {
        return;
    }
    let due = Due { reason: Reason::Message, delay_ms: 0, group: chat.owner_id };
    if let Err(error) = ports.send(chat.id, due).await {
        tracing::warn!(chat_id = %chat.id, %error, "wake not sent; the sweep will");
    }
}

async fn tell_listeners<P: Announce>(ports: &P, chat_id: ChatId, events: &[Event]) {
    match ports.observe(chat_id).await {
        Ok(observed) => {
            let listeners = observed.map(|observed| observed.listeners).unwrap_or_default();
            tell(ports, chat_id, &listeners, events).await;
        }
        Err(error) => tracing::warn!(%chat_id, %error, "listeners not told"),
    }
}

/// Sends events to sockets, to each in order; sockets that are gone are forgotten.
pub async fn tell<P: TellSockets + KeepListeners>(
    ports: &P,
    chat_id: ChatId,
    listeners: &[ConnectionId],
    events: &[Event],
) {
    if listeners.is_empty() || events.is_empty() {
        return;
    }
    let frames = frames(events);
    join_all(listeners.iter().map(|connection| async {
        if let Told::Gone = tell_one(ports, connection, &frames).await
            && let Err(error) = ports.unlisten(chat_id, connection).await
        {
            tracing::warn!(%chat_id, %error, "listener not forgotten");
        }
    }))
    .await;
}

/// Whether a socket took its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// All of them.
    Sent,
    /// Not all; its cursor will make up for what it missed.
    Missed,
    /// It is closed.
    Gone,
}

/// Sends frames to one socket, in order, until one does not go out.
pub async fn tell_one<P: TellSockets>(ports: &P, connection: &ConnectionId, frames: &[String]) -> Told {
    for frame in frames {
        match ports.tell(connection, frame).await {
            Ok(()) => {}
            Err(TellError::Gone) => return Told::Gone,
            Err(TellError::Unavailable(error)) => {
                tracing::warn!(%error, "frame not sent");
                return Told::Missed;
            }
        }
    }
    Told::Sent
}

/// Tells the agent that has them of calls that nobody wants answered any more, so that it stops what runs for them. One
/// that does not hear it has answered for nothing: what is not pending is not taken.
async fn tell_agent<P: Announce>(ports: &P, change: &Change) {
    let (tokens, chat) = (change.cancelled.clone(), &change.chat);
    let Some(id) = chat.workspace_id.filter(|_| !tokens.is_empty()) else { return };
    match ports.workspace(id).await {
        Ok(found) => {
            let agent =
                found.filter(|found| found.person.user_id == chat.owner_id).and_then(|found| found.agent);
            if let Some(agent) = agent {
                tell_one(ports, &agent.connection, &frames_of(&[ToAgent::Cancelled { tokens }])).await;
            }
        }
        Err(error) => tracing::warn!(chat_id = %chat.id, %error, "an agent is not told what to stop"),
    }
}

async fn tell_watchers<P: Announce>(ports: &P, change: &Change) {
    let news = news(change);
    if news.is_empty() {
        return;
    }
    let owner = change.chat.owner_id;
    match ports.watchers(owner).await {
        Ok(watchers) => {
            let frames = watch_frames(&news);
            join_all(watchers.iter().map(|connection| async {
                if let Told::Gone = tell_one(ports, connection, &frames).await
                    && let Err(error) = ports.unwatch(owner, connection).await
                {
                    tracing::warn!(%error, "watcher not forgotten");
                }
            }))
            .await;
        }
        Err(error) => tracing::warn!(%error, "watchers not told"),
    }
}

/// What those learn who watch many chats: that one came or went, or changed in a way that a list shows.
fn news(change: &Change) -> Vec<WatchEvent> {
    let chat = || Box::new(ChatView::from(&change.chat));
    if change.expected == 0 {
        return vec![WatchEvent::ChatCreated { chat: chat() }];
    }
    if change.chat.deleted {
        return vec![WatchEvent::ChatDeleted { chat: chat() }];
    }
    let mut news = Vec::new();
    if change.events.iter().any(|event| shows_in_lists(&event.body)) {
        news.push(WatchEvent::ChatUpdated { chat: chat() });
    }
    if change.made_of.contains(&Name::NoteDiff) {
        let diff_status = change.chat.diff.as_ref().map(|noted| Box::new(noted.status.clone()));
        news.push(WatchEvent::DiffStatus { chat_id: change.chat.id, diff_status });
    }
    if change.chat.status == Status::RequiresAction {
        news.extend(change.events.iter().filter_map(|event| asked(change.chat.id, &event.body)));
    }
    news
}

const fn shows_in_lists(body: &Body) -> bool {
    match body {
        Body::Status { .. } | Body::Chat { .. } | Body::QueueUpdate { .. } | Body::Error { .. } => true,
        Body::Message { .. }
        | Body::Retry { .. }
        | Body::ActionRequired { .. }
        | Body::HistoryReset { .. }
        | Body::PreviewReset {}
        | Body::MessagePart { .. }
        | Body::CaughtUp { .. } => false,
    }
}

fn asked(chat_id: ChatId, body: &Body) -> Option<WatchEvent> {
    match body {
        Body::ActionRequired { tool_calls } => {
            Some(WatchEvent::ActionRequired { chat_id, tool_calls: tool_calls.clone() })
        }
        Body::Status { .. }
        | Body::Chat { .. }
        | Body::QueueUpdate { .. }
        | Body::Error { .. }
        | Body::Message { .. }
        | Body::Retry { .. }
        | Body::HistoryReset { .. }
        | Body::PreviewReset {}
        | Body::MessagePart { .. }
        | Body::CaughtUp { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use chat::port::{Clock as _, KeepListeners as _, KeepSockets as _, Observe as _, ReadWatchers as _};
    use kit::{clock::ManualClock, faults::Faults, memory::Memory, seed, sockets::Sockets, wakes::Wakes};

    use super::*;
    use crate::Ports;

    #[tokio::test]
    async fn sockets_that_are_gone_are_forgotten_and_the_others_told() {
        let clock = ManualClock::default();
        let memory = Memory::new(clock.port());
        let (wakes, sockets) = (Wakes::new(clock.port(), Faults::default()), Sockets::default());
        let ports = Ports {
            chats: memory.clone(),
            directory: memory.clone(),
            wakes: wakes.clone(),
            sockets: sockets.clone(),
            clock: clock.clone(),
        };
        let change = seed::created(&clock, "hello");
        chat::port::CommitChats::commit(&memory, &change, None).await.unwrap();
        let (here, gone) = (ConnectionId::from("here"), ConnectionId::from("gone"));
        let (owner, until) = (change.chat.owner_id, clock.now().plus_ms(60_000));
        for connection in [&here, &gone] {
            memory.listen(change.chat.id, connection, until).await.unwrap();
            memory.watch(owner, connection, until).await.unwrap();
        }
        sockets.close(&gone);

        announce(&ports, &change).await;

        let listeners = memory.observe(change.chat.id).await.unwrap().unwrap().listeners;
        assert_eq!(
            (listeners, memory.watchers(owner).await.unwrap()),
            (vec![here.clone()], vec![here.clone()])
        );
        assert_eq!((sockets.frames(&here).len(), wakes.sent()), (2, 1));
    }
}
