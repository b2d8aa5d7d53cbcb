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
    let (killed, children) = turn::kill_family(ports, chat_id, queued, plan).await?;
    tell(ports, admin, &children).await;
    match killed {
        Ok(killed) => {
            tell(ports, admin, std::slice::from_ref(&killed)).await;
            Ok(Reply::json(200, &RunView::of(&killed.chat, now)))
        }
        Err(CommitFailure::Replayed(found)) => again(ports, chat_id, *found, &fingerprint).await,
        // It was at rest itself, and its children were not.
        Err(CommitFailure::Refused(_)) if !children.is_empty() => {
            let found = ports.snapshot(chat_id).await?.ok_or(Rejection::NotFound("chat"))?;
            Ok(Reply::json(200, &RunView::of(&found.chat, now)))
        }
        Err(failure) => Err(rejection(failure)),
    }
}

async fn tell<P: KillPorts>(ports: &P, admin: Person, killed: &[Killed]) {
    killed.iter().for_each(|killed| audit(admin, killed));
    let changes: Vec<Change> = killed.iter().filter_map(|killed| killed.change.clone()).collect();
    turn::announce_family(ports, &changes).await;
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
