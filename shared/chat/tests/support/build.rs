//! Small values to build chats from.

use chat::{
    call::{Answerer, Call, OpenCall},
    compaction::{Compaction, Source},
    failure::{Failure, Kind, Retry},
    id::{CallId, ChatId, MessageId, ModelId, OrgId, QueuedId, UserId, WorkerId},
    message::{NewMessage, QueuedMessage, Role},
    part::{Part, StoredPart, ToolCall, ToolResult},
    port::Person,
    record::Chat,
    time::Timestamp,
    transition::{Create, Transition},
};
use uuid::Uuid;

/// A full minute, so that what is rounded to minutes is easy to tell.
pub(crate) const NOW: Timestamp = Timestamp(28_333_334 * 60_000);

pub(crate) fn worker(number: u128) -> WorkerId {
    WorkerId(Uuid::from_u128(number))
}

pub(crate) fn seed(now: Timestamp) -> Chat {
    let person = Person { user_id: UserId(Uuid::from_u128(3)), org_id: OrgId(Uuid::from_u128(2)) };
    Chat::begun(ChatId(Uuid::from_u128(1)), person, ModelId(Uuid::from_u128(4)), now)
}

pub(crate) fn create(first: Option<&str>, now: Timestamp) -> Transition {
    let message = first.map(says);
    Transition::Create(Box::new(Create {
        seed: seed(now),
        share: None,
        closing: vec![],
        message,
        spec: None,
    }))
}

pub(crate) fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

/// A person's message.
pub(crate) fn says(words: &str) -> NewMessage {
    NewMessage::of(Role::User, vec![text(words).into()])
}

/// A person's message that may have to wait.
pub(crate) fn waits(words: &str, now: Timestamp) -> QueuedMessage {
    QueuedMessage {
        id: QueuedId(0),
        content: vec![text(words)],
        created_at: now,
        created_by: None,
        model_id: None,
        reasoning_effort: None,
    }
}

/// The model's message, with the calls that it makes.
pub(crate) fn answers(words: &str, calls: &[OpenCall]) -> NewMessage {
    let mut content: Vec<StoredPart> = vec![text(words).into()];
    content.extend(calls.iter().map(|open| StoredPart::from(Part::ToolCall(tool_call(open)))));
    NewMessage::of(Role::Assistant, content)
}

pub(crate) fn open(id: &str, answerer: Answerer) -> OpenCall {
    let (tool_call_id, tool_name) = (CallId::from(id), "tool".into());
    let args = serde_json::json!({});
    OpenCall::of(&ToolCall { tool_call_id, tool_name, args, provider_executed: false }, answerer)
}

fn tool_call(open: &OpenCall) -> ToolCall {
    let args = serde_json::json!({});
    let (tool_call_id, tool_name) = (open.id.clone(), open.tool_name.clone());
    ToolCall { tool_call_id, tool_name, args, provider_executed: false }
}

pub(crate) fn pending(open: &OpenCall, message_id: MessageId, deadline_at: Timestamp) -> Call {
    Call::waiting(tool_call(open), open.answerer, message_id, deadline_at)
}

pub(crate) fn result(id: &CallId) -> ToolResult {
    let (result, tool_name) = (serde_json::json!("done"), "tool".into());
    let tool_call_id = id.clone();
    ToolResult { tool_call_id, tool_name, result, is_error: false, provider_executed: false, outcome: None }
}

#[allow(dead_code, reason = "not every test compacts")]
pub(crate) fn compaction(number: usize) -> Compaction {
    Compaction {
        call_id: CallId(format!("chat_summarized_{number}")),
        source: Source::Automatic,
        threshold_percent: 70,
        context_tokens: 80,
        context_limit: 100,
        model_id: ModelId(Uuid::from_u128(4)),
        usage: None,
        summary: "what was said".into(),
    }
}

pub(crate) fn failure() -> Failure {
    let message = "the model provider failed to answer".into();
    Failure { message, detail: None, kind: Kind::Generic, provider: None, status_code: None, retryable: true }
}

pub(crate) fn retry(attempt: u32, delay_ms: u64, now: Timestamp) -> Retry {
    Retry {
        attempt,
        delay_ms,
        error: "the model provider is overloaded".into(),
        kind: Kind::Overloaded,
        provider: None,
        status_code: None,
        retrying_at: now.plus_ms(delay_ms),
    }
}
