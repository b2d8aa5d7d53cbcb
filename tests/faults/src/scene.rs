//! Scripted conversations.

mod agents;
mod failures;
mod lives;
mod stops;
mod talks;
mod tools;
mod turns;
mod work;

use anyhow::{Result, ensure};
use chat::{
    message::{MessageView, Role},
    part::{Part, ToolResult},
};
use futures::future::BoxFuture;
use kit::replies::Replies;

use crate::person::Person;

/// One scripted conversation.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// What the model says.
    pub(crate) replies: fn() -> Replies,
    /// What the person does, up to the last answer.
    pub(crate) play: Play,
    /// What must be so at the end, beside what must always be so.
    pub(crate) check: fn(&[MessageView]) -> Result<()>,
}

pub(crate) type Play = for<'a> fn(&'a mut Person) -> BoxFuture<'a, Result<()>>;

/// Returns all scenes, always in the same order: seeds count on it.
pub(crate) fn all() -> Vec<Scene> {
    [
        talks::scenes(),
        stops::scenes(),
        tools::scenes(),
        failures::scenes(),
        lives::scenes(),
        turns::scenes(),
        agents::scenes(),
        work::scenes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn anything(_: &[MessageView]) -> Result<()> {
    Ok(())
}

pub(crate) fn texts(messages: &[MessageView], role: Role) -> Vec<String> {
    messages.iter().filter(|message| message.role == role).map(text).collect()
}

pub(crate) fn text(message: &MessageView) -> String {
    let texts = message.content.iter().filter_map(Part::text);
    texts.collect()
}

pub(crate) const fn result(part: &Part) -> Option<&ToolResult> {
    match part {
        Part::ToolResult(result) => Some(result),
        Part::Text { .. }
        | Part::Reasoning { .. }
        | Part::ToolCall(_)
        | Part::Source { .. }
        | Part::File { .. }
        | Part::FileReference { .. }
        | Part::ContextFile { .. }
        | Part::Skill { .. } => None,
    }
}

/// People must have said this, in this order.
fn said(messages: &[MessageView], expected: &[&str]) -> Result<()> {
    let said = texts(messages, Role::User);
    ensure!(said == expected, "people said {said:?}, not {expected:?}");
    Ok(())
}

/// The model must have said this, in this order.
fn answered(messages: &[MessageView], expected: &[&str]) -> Result<()> {
    let answers = texts(messages, Role::Assistant);
    ensure!(answers == expected, "the model said {answers:?}, not {expected:?}");
    Ok(())
}
