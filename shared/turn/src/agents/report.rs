//! What a child has to say once it rests.

use chat::{
    call::{Answerer, Call},
    id::{ChatId, MessageId},
    message::{Message, Role, Visibility},
    part::{ToolCall, ToolResult},
    port::{Clock, Order, ReadChats, ReadHistory, Unavailable},
    record::{Chat, Snapshot, Status},
};
use serde_json::{Value, json};

use super::{brief, family::descendant, with};
use crate::{
    history::visible,
    output::text_of,
    route::{Said, result},
};

/// Messages that are looked through for a child's last words.
const LOOKED_THROUGH: usize = 100;

/// Whether a parent waits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As long as its calls may wait.
    Waits,
    /// No longer, where a call's time is over.
    Ends,
}

/// Returns the answer to a call that waits for a child: what it reports, or that it is none; none while it works.
pub(crate) async fn at_rest<P: ReadChats + ReadHistory>(
    ports: &P,
    parent: &Chat,
    call: &ToolCall,
) -> Result<Option<Said>, Unavailable> {
    let Some(id) = waited_for(call) else { return Ok(Some(Err("`chat_id` must be a UUID".to_owned()))) };
    match descendant(ports, parent, id).await? {
        Err(why) => Ok(Some(Err(why))),
        Ok(child) if works(&child.chat) => Ok(None),
        Ok(child) => report(ports, &child.chat).await.map(|report| Some(Ok(report))),
    }
}

/// Returns the answers to a parked chat's calls that wait for children, as far as there are any.
pub(crate) async fn reports<P: ReadChats + ReadHistory + Clock>(
    ports: &P,
    parent: &Snapshot,
    patience: Patience,
) -> Result<Vec<ToolResult>, Unavailable> {
    let mut results = Vec::new();
    let waits = |call: &&Call| call.answerer == Answerer::Chat && call.result.is_none();
    for call in parent.ledger.iter().filter(waits) {
        let said = match at_rest(ports, &parent.chat, &call.call).await? {
            Some(said) => Some(said),
            None if patience == Patience::Ends && call.deadline_at <= ports.now() => {
                timed_out(ports, &parent.chat, &call.call).await?
            }
            None => None,
        };
        results.extend(said.map(|said| result(&call.call, said)));
    }
    Ok(results)
}

async fn timed_out<P: ReadChats>(
    ports: &P,
    parent: &Chat,
    call: &ToolCall,
) -> Result<Option<Said>, Unavailable> {
    let Some(id) = waited_for(call) else { return Ok(None) };
    Ok(Some(match descendant(ports, parent, id).await? {
        Ok(child) => Ok(with(brief(&child.chat), json!({ "timed_out": true }))),
        Err(why) => Err(why),
    }))
}

fn waited_for(call: &ToolCall) -> Option<ChatId> {
    call.args.get("chat_id")?.as_str()?.parse().ok()
}

const fn works(child: &Chat) -> bool {
    match child.status {
        Status::Running | Status::Interrupting => true,
        Status::Waiting | Status::RequiresAction | Status::Error => false,
    }
}

async fn report<P: ReadHistory>(ports: &P, child: &Chat) -> Result<Value, Unavailable> {
    let all = (MessageId(1), MessageId(u64::MAX));
    let (messages, _) = visible(ports, child, all, Order::Descending, LOOKED_THROUGH).await?;
    let report =
        messages.iter().filter(|message| is_answer(message)).map(|message| text_of(&message.content));
    let report = report.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let said = with(brief(child), json!({ "report": report }));
    let Some(failure) = &child.last_error else { return Ok(said) };
    let failed = json!({
        "last_error": failure.message,
        "last_error_kind": failure.kind,
        "last_error_retryable": failure.retryable,
        "last_error_detail": failure.detail,
    });
    Ok(with(said, failed))
}

fn is_answer(message: &Message) -> bool {
    message.role == Role::Assistant && message.visibility == Visibility::Both
}
