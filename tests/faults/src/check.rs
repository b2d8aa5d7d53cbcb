//! What must be so after every run, whatever went wrong: seen from outside, through the functions.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use chat::{
    agent::CallToken,
    message::{MessageView, QueuedView, Role},
    part::{Outcome, Part},
    record::Status,
    view::{ChatView, ContextView},
};
use view::View;

use crate::{
    person::{Fate, Person, Said},
    scene::{Scene, result, text, texts},
    world::World,
};

/// A chat as HTTP shows it.
#[derive(Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) chat: ChatView,
    pub(crate) messages: Vec<MessageView>,
    pub(crate) queue: Vec<QueuedView>,
}

impl Shown {
    /// Reads the chat that the person talks in; none where it is gone.
    pub(crate) async fn read(person: &mut Person) -> Result<Option<Self>> {
        let Some(chat) = person.look().await? else { return Ok(None) };
        let (messages, queue) = person.read().await?;
        // Children have a life of their own; the scenes that make some look at them.
        let chat = ChatView { children: Vec::new(), ..chat };
        Ok(Some(Self { chat, messages, queue }))
    }
}

/// Checks a chat that is at rest.
pub(crate) fn chat(scene: &Scene, said: &[Said], shown: &Shown) -> Result<()> {
    let status = shown.chat.status;
    ensure!(matches!(status, Status::Waiting | Status::Error), "the chat is {}", status.as_str());
    ensure!(shown.queue.is_empty(), "messages are queued in a chat at rest");
    let failed = status == Status::Error;
    ensure!(failed == shown.chat.last_error.is_some(), "status and failure disagree");
    said_once(said, &shown.messages)?;
    for said in said.iter().filter(|said| said.fate == Fate::Answered) {
        answered_once(said, &shown.messages)?;
    }
    paired(&shown.messages)?;
    (scene.check)(&shown.messages)
}

/// Every message that was accepted is there once, unless it was taken back; nothing else is.
fn said_once(said: &[Said], messages: &[MessageView]) -> Result<()> {
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for text in texts(messages, Role::User) {
        *there.entry(text).or_default() += 1;
    }
    for Said { text, fate } in said {
        let count = there.remove(text).unwrap_or_default();
        let right = match fate {
            Fate::Answered | Fate::Stopped => count == 1,
            Fate::Perhaps => count <= 1,
            Fate::Gone => count == 0,
        };
        ensure!(right, "{text:?} ({fate:?}) is in history {count} times");
    }
    ensure!(there.is_empty(), "nobody said {there:?}");
    Ok(())
}

/// An answer names what it answers.
fn answered_once(said: &Said, messages: &[MessageView]) -> Result<()> {
    let asked = messages.iter().position(|message| message.role == Role::User && text(message) == said.text);
    let later = messages.iter().skip(asked.context("not said")?);
    let answers = later.filter(|message| message.role == Role::Assistant).map(text);
    let whole = |answer: &String| {
        let (names, rest) = answer.split_once("; and that is all").unwrap_or_default();
        let names = names.trim_start_matches("you said: ").split("; ").collect::<Vec<_>>();
        names.contains(&said.text.as_str()) && (rest.is_empty() || rest.starts_with(" and on it goes"))
    };
    let count = answers.filter(whole).count();
    ensure!(count == 1, "{:?} is answered {count} times", said.text);
    Ok(())
}

/// Each call is there once, with one result behind it and before anybody speaks again.
pub(crate) fn paired(messages: &[MessageView]) -> Result<()> {
    let (mut open, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for message in messages {
        ensure!(message.role == Role::Tool || open.is_empty(), "{open:?} have no results");
        for part in &message.content {
            if let Some(result) = result(part) {
                ensure!(
                    open.remove(&result.tool_call_id),
                    "{} has no call, or two results",
                    result.tool_call_id
                );
            }
            if let Part::ToolCall(call) = part {
                ensure!(seen.insert(call.tool_call_id.clone()), "{} is called twice", call.tool_call_id);
                open.insert(call.tool_call_id.clone());
            }
        }
    }
    ensure!(open.is_empty(), "{open:?} have no results");
    Ok(())
}

/// What a command's result says of whether it ran is so.
pub(crate) fn begun(world: &World, shown: &Shown) -> Result<()> {
    let mut asked = BTreeMap::new();
    for message in &shown.messages {
        for part in &message.content {
            if let Part::ToolCall(call) = part {
                asked.insert(call.tool_call_id.clone(), message.id);
            }
            let Some(result) = result(part).filter(|result| result.tool_name == "execute") else { continue };
            let message_id = *asked.get(&result.tool_call_id).context("a result without a call")?;
            let call_id = result.tool_call_id.clone();
            let times = world.begun(&CallToken { chat_id: shown.chat.id, message_id, call_id });
            let is_right = match (result.is_error, result.outcome) {
                (false, _) => times == 1,
                (true, Some(Outcome::Unknown)) => times <= 1,
                (true, Some(Outcome::Known) | None) => times == 0,
            };
            ensure!(is_right, "a command began {times} times, and its result is {result:?}");
        }
    }
    Ok(())
}

/// A client shows what the server does.
pub(crate) fn view(view: &View, shown: &Shown) -> Result<()> {
    let content = view.content();
    let history: Vec<_> = content.history.values().cloned().collect();
    ensure!(history == shown.messages, "a client shows {history:?}, the server {:?}", shown.messages);
    ensure!(content.queue == shown.queue, "a client shows the queue {:?}", content.queue);
    ensure!(content.status == Some(shown.chat.status), "a client shows {:?}", content.status);
    ensure!(content.error == shown.chat.last_error, "a client shows the failure {:?}", content.error);
    ensure!(view.preview().is_empty(), "a client shows a preview: {:?}", view.preview());
    ensure!(content.pending.is_empty() && content.retry.is_none(), "a client waits for what is over");
    let told = content.chat.as_ref().context("a client knows no chat")?;
    // What a chat keeps of its workspace only who asks for it is shown.
    let described = |chat: &ChatView| {
        let context = ContextView { resources: Vec::new(), ..chat.context.clone() };
        (chat.title.clone(), chat.archived, chat.usage, context)
    };
    ensure!(described(told) == described(&shown.chat), "a client shows the chat {told:?}");
    Ok(())
}
