//! A child is told something.

use chat::{
    Change, Draft,
    id::{ChatId, QueuedId},
    message::QueuedMessage,
    part::Part,
    port::{Clock, CommitChats, ReadChats, ReadReceipts, Scope, Unavailable},
    transition::{Refusal, Transition, WhenBusy},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Parent, brief, family::descendant, with};
use crate::{
    announce::announce_in_order,
    commit::{CommitFailure, ReceiptPlan, commit},
    ports::Announce,
    route::Said,
};

/// Sends a message to a child, once for each call.
///
/// # Errors
/// A dependency.
pub(crate) async fn message<P>(
    ports: &P,
    parent: &Parent<'_>,
    id: ChatId,
    text: String,
    interrupt: bool,
) -> Result<Said, Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + Announce + Clock,
{
    let now = ports.now();
    let message = QueuedMessage {
        id: QueuedId(0),
        content: vec![Part::Text { text }],
        created_at: now,
        created_by: None,
        model_id: None,
        reasoning_effort: None,
    };
    let when_busy = if interrupt { WhenBusy::Interrupt } else { WhenBusy::Queue };
    let send = |draft: Draft| draft.apply(Transition::Send { message: message.clone(), when_busy });
    let respond =
        |change: &Change| (200, with(brief(&change.chat), json!({ "interrupted": interrupt })).to_string());
    change(ports, parent, id, &respond, send).await
}

/// Ends a child's running turn; nothing happens to one that is idle.
///
/// # Errors
/// A dependency.
pub(crate) async fn interrupt<P>(ports: &P, parent: &Parent<'_>, id: ChatId) -> Result<Said, Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + Announce + Clock,
{
    let respond =
        |change: &Change| (200, with(brief(&change.chat), json!({ "interrupted": true })).to_string());
    change(ports, parent, id, &respond, |draft| draft.apply(Transition::Interrupt)).await
}

async fn change<P>(
    ports: &P,
    parent: &Parent<'_>,
    id: ChatId,
    respond: &(dyn Fn(&Change) -> (u16, String) + Sync),
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Said, Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + Announce + Clock,
{
    let child = match descendant(ports, parent.chat, id).await? {
        Ok(child) => child.chat,
        Err(why) => return Ok(Err(why)),
    };
    if child.archived {
        return Ok(Err("that agent is archived".to_owned()));
    }
    let key = Uuid::new_v5(&parent.chat.id.0, parent.token().to_string().as_bytes()).to_string();
    let plan = ReceiptPlan { scope: Scope::Chat(id), key: &key, fingerprint: "agent", respond };
    match commit(ports, id, Some(plan), decide).await {
        Ok(change) => {
            let said = respond(&change).1;
            announce_in_order(ports, &change, Vec::new()).await?;
            Ok(Ok(json_of(&said)))
        }
        Err(CommitFailure::Replayed(receipt)) => {
            // The first time may have ended before its wake was sent.
            if let Some(child) = ports.snapshot(id).await? {
                crate::announce::wake_again(ports, &child.chat).await;
            }
            Ok(Ok(json_of(&receipt.body)))
        }
        // It has ended its turn by itself.
        Err(CommitFailure::Refused(Refusal::NotAllowed { .. })) => {
            Ok(Ok(with(brief(&child), json!({ "interrupted": false }))))
        }
        Err(CommitFailure::Unavailable(error)) => Err(error),
        Err(failure) => Ok(Err(failure.to_string())),
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
