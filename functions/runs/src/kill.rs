//! `POST /v1/runs/{chat}/kill`

use chat::{port::Person, run::RunView, state::State};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;
use turn::{CommitFailure, Killed, Queued};

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
    let killed = turn::kill(ports, chat_id, queued).await.map_err(rejection)?;
    audit(admin, &killed);
    if let Some(change) = &killed.change {
        turn::announce(ports, change).await;
    }
    Ok(Reply::json(200, &RunView::of(&killed.chat, ports.now())))
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
        CommitFailure::Mismatch | CommitFailure::Replayed(_) => {
            Rejection::Internal("a request without a key was replayed".into())
        }
    }
}
