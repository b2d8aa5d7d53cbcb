//! `POST /v1/runs/{chat}/kill`

use chat::{
    Change,
    id::ChatId,
    port::{Person, Receipt, Scope},
    run::RunView,
    state::State,
};
use edge::{Rejection, Reply, Request, receipt};
use serde::Deserialize;
use turn::{CommitFailure, Killed, Queued, ReceiptPlan};

use crate::KillPorts;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    clear_queue: bool,
}

pub(crate) async fn run<P: KillPorts>(
    ports: &P,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    let Body { clear_queue } = request.json_or_default()?;
    let queued = if clear_queue { Queued::Goes } else { Queued::Runs };
    let (key, fingerprint, now) = (receipt::key(request)?, request.fingerprint(), ports.now());
    // A view is numbers and names: there is always text for it.
    let respond =
        |change: &Change| (200, serde_json::to_string(&RunView::of(&change.chat, now)).unwrap_or_default());
    let (scope, respond) = (Scope::Chat(chat_id), &respond);
    let plan = key.as_deref().map(|key| ReceiptPlan { scope, key, fingerprint: &fingerprint, respond });
    match turn::kill(ports, chat_id, queued, plan).await {
        Ok(killed) => {
            audit(admin, &killed);
            if let Some(change) = &killed.change {
                turn::announce(ports, change).await;
            }
            Ok(Reply::json(200, &RunView::of(&killed.chat, now)))
        }
        Err(CommitFailure::Replayed(found)) => again(ports, chat_id, *found, &fingerprint).await,
        Err(failure) => Err(rejection(failure)),
    }
}

/// Answers as before; what runs next is woken again, as the first try may have ended before it did that.
async fn again<P: KillPorts>(
    ports: &P,
    chat_id: ChatId,
    found: Receipt,
    fingerprint: &str,
) -> Result<Reply, Rejection> {
    if let Some(snapshot) = ports.snapshot(chat_id).await? {
        turn::announce::wake_again(ports, &snapshot.chat).await;
    }
    receipt::again(found, fingerprint)
}

/// Whose work was ended by whom: the one thing that is done to somebody else's chat.
fn audit(admin: Person, killed: &Killed) {
    let Killed { from, chat, dropped, change } = killed;
    tracing::info!(
        audit = "kill",
        user_id = %admin.user_id,
        chat_id = %chat.id,
        owner_id = %chat.owner_id,
        from = from.name(),
        to = State::of(Some(chat)).name(),
        dropped,
        written = change.is_some(),
        "run killed"
    );
}

fn rejection(failure: CommitFailure) -> Rejection {
    match failure {
        CommitFailure::Missing => Rejection::NotFound("chat"),
        CommitFailure::Refused(refusal) => Rejection::Refused(refusal),
        CommitFailure::Contended => Rejection::Contended,
        CommitFailure::Unavailable(unavailable) => Rejection::Unavailable(unavailable),
        CommitFailure::Mismatch => Rejection::IdempotencyMismatch,
        CommitFailure::Replayed(_) => Rejection::Internal("a request without a key was replayed".into()),
    }
}
