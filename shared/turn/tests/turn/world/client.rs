//! A client on a bad network: it follows the cursor's rules, and nothing else.

use std::collections::VecDeque;

use chat::{
    call::PendingView,
    draft::pending_view,
    event::Event,
    failure::{Failure, Retry},
    id::ConnectionId,
    message::{MessageView, QueuedView, Usage},
    part::{Delta, push_delta},
    port::{KeepListeners, ReadParts},
    record::{Snapshot, Status},
    view::ChatView,
};
use kit::sockets::events_of;
use view::{Verdict, View};

use super::World;

/// What goes wrong on the way to the client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Network {
    /// The connection breaks once, after so many events.
    Cut(usize),
    /// Frames are lost, doubled and exchanged, and the connection breaks, all at random from a seed.
    Bad(u64),
}

/// What a client shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    history: Vec<MessageView>,
    queue: Vec<QueuedView>,
    status: Option<Status>,
    error: Option<Failure>,
    retry: Option<Retry>,
    pending: Vec<PendingView>,
    preview: Vec<Delta>,
    chat: Option<(String, Usage, u64)>,
}

pub(crate) struct Client<'a> {
    world: &'a World,
    network: Network,
    dice: u64,
    view: View,
    sockets: u32,
    frames: VecDeque<Vec<Event>>,
    /// Events that arrived, over all connections.
    pub(crate) heard: usize,
    subscribes: bool,
}

impl<'a> Client<'a> {
    pub(crate) fn new(world: &'a World, network: Network) -> Self {
        let dice = match network {
            Network::Cut(_) => 1,
            Network::Bad(seed) => seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        };
        let view = View::new(world.chat_id);
        Self { world, network, dice, view, sockets: 0, frames: VecDeque::new(), heard: 0, subscribes: true }
    }

    /// Listens until `over`, and to what is still on its way then.
    pub(crate) async fn follow(&mut self, over: impl Fn() -> bool) {
        while !over() {
            self.turn().await;
            self.world.pass_ms(7).await;
        }
        // Nobody notices that the last push was lost; the next subscription mends it.
        if matches!(self.network, Network::Bad(_)) {
            self.network = Network::Cut(usize::MAX);
            self.cut();
        }
        for _ in 0..100 {
            self.turn().await;
        }
        assert!(!self.subscribes && self.frames.is_empty(), "the client never stops subscribing");
    }

    async fn turn(&mut self) {
        if std::mem::take(&mut self.subscribes) {
            self.subscribe().await;
        }
        self.receive();
        while let Some(frame) = self.frames.pop_front() {
            self.hear(frame);
        }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % sides
    }

    fn socket(&self) -> ConnectionId {
        ConnectionId(format!("client-{}", self.sockets))
    }

    fn receive(&mut self) {
        let frames = self.world.ports.sockets.take_frames(&self.socket());
        let mut frames: VecDeque<Vec<Event>> = frames.iter().map(|frame| events_of(frame)).collect();
        if matches!(self.network, Network::Bad(_)) {
            for index in 0..frames.len() {
                match self.roll(8) {
                    0 => frames[index].clear(),
                    1 => frames.push_back(frames[index].clone()),
                    2 => frames.swap(0, index),
                    _ => {}
                }
            }
        }
        self.frames.extend(frames);
    }

    fn hear(&mut self, frame: Vec<Event>) {
        for event in frame {
            let breaks = match self.network {
                Network::Cut(at) => at == self.heard,
                Network::Bad(_) => self.roll(40) == 0,
            };
            if breaks {
                self.heard += 1;
                return self.cut();
            }
            self.heard += 1;
            if self.view.apply(event) == Verdict::Resubscribe {
                self.subscribes = true;
            }
        }
    }

    fn cut(&mut self) {
        self.world.ports.sockets.close(&self.socket());
        self.frames.clear();
        self.sockets += 1;
        self.subscribes = true;
    }

    /// Subscribes; pushes and what brings it up to date arrive as they like.
    async fn subscribe(&mut self) {
        let world = self.world;
        let wait_ms = self.roll(4) * self.roll(400);
        world.pass_ms(wait_ms).await;
        self.view.subscribing();
        let until = world.now().plus_ms(24 * 3_600_000);
        world.ports.listen(world.chat_id, &self.socket(), until).await.unwrap();
        let lacking = turn::catch_up(&world.ports, world.chat_id, self.view.cursor()).await.unwrap();
        let mut lacking = lacking.expect("the chat is there");
        while let Some(batch) = lacking.next().await.unwrap() {
            if self.roll(2) == 0 {
                self.receive();
            }
            if self.roll(4) == 0 {
                let wait_ms = self.roll(200);
                world.pass_ms(wait_ms).await;
            }
            self.frames.push_back(batch);
            let socket = self.sockets;
            while let Some(frame) = self.frames.pop_front() {
                self.hear(frame);
            }
            if socket != self.sockets {
                return;
            }
        }
    }

    pub(crate) fn shown(&self) -> Shown {
        let content = self.view.content().clone();
        Shown {
            history: content.history.into_values().collect(),
            queue: content.queue,
            status: content.status,
            error: content.error,
            retry: content.retry,
            pending: content.pending,
            preview: self.view.preview().to_vec(),
            chat: content.chat.map(described),
        }
    }
}

fn described(chat: ChatView) -> (String, Usage, u64) {
    (chat.title, chat.usage, chat.context.used_tokens)
}

impl World {
    /// Returns what a client must show.
    pub(crate) async fn shown(&self) -> Shown {
        let Snapshot { chat, queue, ledger } = self.snapshot();
        let mut preview = Vec::new();
        if let Some(episode) = chat.episode() {
            let parts = self.ports.parts(chat.id, episode).await.unwrap();
            parts.into_iter().for_each(|(_, part)| push_delta(&mut preview, part));
        }
        let asks = chat.status == Status::RequiresAction;
        let mut history: Vec<MessageView> =
            self.messages().iter().filter_map(|message| message.view(chat.id)).collect();
        for message in &mut history {
            let shared = chat.spans.0.iter().find(|span| span.chat.is_some() && span.last >= message.id);
            message.revision = shared.map_or(message.revision, |span| span.since);
        }
        Shown {
            history,
            queue: queue.iter().map(|queued| queued.view(chat.id)).collect(),
            status: Some(chat.status),
            pending: if asks { pending_view(Some(&chat), &ledger) } else { Vec::new() },
            error: chat.last_error.clone(),
            retry: chat.retry.clone(),
            preview,
            chat: Some(described(ChatView::from(&chat))),
        }
    }
}
