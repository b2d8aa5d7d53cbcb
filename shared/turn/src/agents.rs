//! Chats that other chats gave a task: their agents. Whatever is done for a call is named after the call, so that it is done
//! once.

mod family;
mod report;
mod spawn;
mod tell;

use chat::{
    agent::CallToken,
    id::{CallId, MessageId},
    record::{Chat, Mode, Spec},
};
use serde_json::{Value, json};

pub(crate) use family::list;
pub(crate) use report::{Patience, at_rest, reports};
pub(crate) use spawn::spawn;
pub(crate) use tell::{interrupt, message};

/// A chat whose call it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parent<'a> {
    pub(crate) chat: &'a Chat,
    pub(crate) spec: &'a Spec,
    pub(crate) message_id: MessageId,
    pub(crate) call_id: &'a CallId,
}

impl Parent<'_> {
    fn token(&self) -> CallToken {
        CallToken { chat_id: self.chat.id, message_id: self.message_id, call_id: self.call_id.clone() }
    }
}

/// Returns what every tool says of a child.
fn brief(child: &Chat) -> Value {
    json!({
        "chat_id": child.id,
        "title": child.title,
        "status": child.status,
        "type": kind(child),
    })
}

fn with(mut brief: Value, more: Value) -> Value {
    if let (Value::Object(brief), Value::Object(more)) = (&mut brief, more) {
        brief.extend(more);
    }
    brief
}

const fn kind(child: &Chat) -> &'static str {
    match child.mode {
        Mode::Default => "general",
        Mode::Explore => "explore",
        Mode::ComputerUse => "computer_use",
    }
}
