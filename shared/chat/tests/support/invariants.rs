//! What holds of a chat whatever happened to it.

use std::collections::BTreeSet;

use chat::{
    id::CallId,
    message::{Message, Role, Visibility},
    part::Part,
    record::{Chat, Status},
    state::State,
};

use super::world::World;

/// Says which rule the chat breaks, if any.
pub(crate) fn broken(world: &World) -> Option<String> {
    let chat = world.chat.as_ref()?;
    let rules =
        [known_state(world), pairs(world), calls_agree(world), wakeable(chat), rested(chat), queued(world)];
    rules.into_iter().flatten().next()
}

fn rule(holds: bool, says: &str) -> Option<String> {
    (!holds).then(|| says.to_owned())
}

fn known_state(world: &World) -> Option<String> {
    rule(world.state() != State::Invalid, "the chat is in a state that cannot be")
}

/// Every call has exactly one result, before anything else is said, or is open.
fn pairs(world: &World) -> Option<String> {
    let (mut open, mut seen) = (Vec::<&CallId>::new(), BTreeSet::new());
    for message in world.history() {
        if message.role != Role::Tool && !open.is_empty() {
            return Some(format!("message {} is said while calls are open", message.id));
        }
        for result in message.results() {
            let place = open.iter().position(|id| **id == result.tool_call_id);
            match place {
                Some(place) => drop(open.remove(place)),
                None => return Some(format!("{} has a result without being open", result.tool_call_id)),
            }
        }
        for call in message.calls() {
            open.push(&call.tool_call_id);
            if !seen.insert(&call.tool_call_id) {
                return Some(format!("{} was called twice", call.tool_call_id));
            }
        }
    }
    let known: Vec<&CallId> = world.chat.iter().flat_map(|chat| &chat.calls).map(|call| &call.id).collect();
    rule(open == known, "the open calls of history are not those that the chat knows")
}

/// The ledger has the calls of a parked chat, with the answers that are there, and nothing else ever.
fn calls_agree(world: &World) -> Option<String> {
    let chat = world.chat.as_ref()?;
    let parked = matches!(world.state(), State::P0 | State::P1 | State::A0 | State::A1);
    if !parked {
        return rule(world.ledger.is_empty(), "the ledger has calls although nobody is to answer any");
    }
    let asked: BTreeSet<_> = chat.calls.iter().map(|call| (&call.id, call.answered)).collect();
    let kept: BTreeSet<_> = world.ledger.iter().map(|(id, call)| (id, call.result.is_some())).collect();
    let clients = chat.calls.iter().any(|call| !call.answered && call.answerer.requires_action());
    rule(asked == kept, "the ledger and the chat disagree on calls")
        .or_else(|| rule(chat.next_deadline().is_some(), "the chat is parked without a deadline"))
        .or_else(|| rule(clients == (chat.status == Status::RequiresAction), "the wrong ones are asked"))
}

/// Somebody or some clock moves on whatever is not at rest.
fn wakeable(chat: &Chat) -> Option<String> {
    let rests = matches!(chat.status, Status::Waiting | Status::Error);
    rule(chat.deleted || rests == chat.due_at.is_none(), "due exactly while not at rest")
        .or_else(|| rule(chat.status != Status::Interrupting || chat.lease.is_some(), "nobody is to stop"))
}

fn rested(chat: &Chat) -> Option<String> {
    match chat.status {
        Status::Waiting | Status::Error => rule(chat.lease.is_none(), "a lease is held on a chat at rest")
            .or_else(|| rule(chat.retry.is_none(), "a retry waits on a chat at rest"))
            .or_else(|| rule(chat.calls.is_empty(), "calls are open in a chat at rest")),
        Status::Running | Status::Interrupting | Status::RequiresAction => None,
    }
    .or_else(|| {
        rule((chat.status == Status::Error) == chat.last_error.is_some(), "an error that is over stays")
    })
}

fn queued(world: &World) -> Option<String> {
    let order: BTreeSet<_> = world.chat.iter().flat_map(|chat| &chat.queue).map(|entry| entry.id).collect();
    let kept: BTreeSet<_> = world.queue.keys().copied().collect();
    rule(order == kept, "the queue's order and its messages disagree")
}

/// What people said and nobody has answered, the model knows: it stands behind the boundary, if only for the model.
#[allow(dead_code, reason = "not every test lets steps summarise")]
pub(crate) fn forgotten(world: &World) -> Option<String> {
    let chat = world.chat.as_ref()?;
    let boundary = chat.boundary;
    if boundary.0 > 1 && !chat.spans.contains(boundary) {
        return Some(format!("the context begins at {boundary}, which is not visible"));
    }
    let answer = chat.last_answer_id.map_or(0, |id| id.0);
    let person = |message: &&Message| message.role == Role::User && message.visibility == Visibility::Both;
    let repeats = |said: &Message| {
        let mut behind = world.history().filter(|message| message.id > boundary);
        behind.any(|message| message.role == Role::User && message.content == said.content)
    };
    let unanswered = world.history().filter(person).filter(|message| message.id.0 > answer);
    let mut lost = unanswered.filter(|message| message.id < boundary && !repeats(message));
    lost.next().map(|message| format!("the model has forgotten message {} unanswered", message.id))
}

/// The words of a person's message.
pub(crate) fn words(parts: &[Part]) -> String {
    match parts.first() {
        Some(Part::Text { text }) => text.clone(),
        _ => String::new(),
    }
}

/// What people said in the visible history, in order.
pub(crate) fn said(world: &World) -> Vec<String> {
    let person = |message: &&Message| message.role == Role::User && message.visibility == Visibility::Both;
    let parts =
        |message: &Message| message.content.iter().map(|stored| stored.part.clone()).collect::<Vec<_>>();
    world.history().filter(person).map(|message| words(&parts(message))).collect()
}
