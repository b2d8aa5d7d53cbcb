//! `GET /v1/chats/{chat}/diff`

use chat::{
    agent::GitState,
    diff::{Checkout, FileChange, PullRequest, Tree},
    id::{ChatId, WorkspaceId},
    port::{Clock, Person, ReadChats, ReadCheckouts, ReadWorkspaces, Reported, SendPulls},
    record::Chat,
    time::Timestamp,
    wake::{Look, PullWake},
};
use edge::{Rejection, Reply, Request};
use serde::Serialize;

use crate::App;

/// What changed in a chat's workspace. Of a chat without one, or whose workspace has no working tree, all of it is empty.
#[derive(Default, Serialize)]
struct Diff {
    chat_id: Option<ChatId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<WorkspaceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    remote_origin: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    branch: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request: Option<PullRequest>,
    additions: u64,
    deletions: u64,
    changed_files: u64,
    files: Vec<FileChange>,
    diff: String,
    truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refreshed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_at: Option<Timestamp>,
}

pub(crate) async fn run<P, M, K, C>(
    app: &App<P, M, K>,
    chats: &C,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection>
where
    C: ReadChats,
    P: ReadWorkspaces + ReadCheckouts,
    M: SendPulls,
    K: Clock,
{
    let found = chats.snapshot(request.chat_id()?).await?.map(|found| found.chat);
    let found = found.filter(|chat| chat.owner_id == person.user_id);
    let chat = found.ok_or(Rejection::NotFound("chat"))?;
    let empty = Diff { chat_id: Some(chat.id), workspace_id: chat.workspace_id, ..Diff::default() };
    let Some(id) = chat.workspace_id else { return Ok(Reply::json(200, &empty)) };
    let workspace = app.ports.workspace(id).await?;
    if workspace.is_none_or(|workspace| workspace.person != person) {
        return Ok(Reply::json(200, &empty));
    }
    let Some(Reported { report, seen_at }) = app.ports.reported(id).await? else {
        return Ok(Reply::json(200, &empty));
    };
    let Some(git) = report.git else { return Ok(Reply::json(200, &Diff { seen_at, ..empty })) };
    let checkout = app.ports.checkout(id).await?;
    if wants_a_look(&chat, checkout.as_ref(), app.clock.now()) {
        ask_for_a_look(app, id, chat.id).await;
    }
    Ok(Reply::json(200, &Diff { seen_at, ..told(empty, git, checkout) }))
}

fn told(empty: Diff, git: GitState, checkout: Option<Checkout>) -> Diff {
    let tree = Tree::from(&git);
    // What is known of another branch says nothing of this one.
    let is_its = |checkout: &Checkout| {
        let known = checkout.tree.as_ref().map(|known| (&known.branch, &known.remote));
        known == Some((&tree.branch, &tree.remote))
    };
    let checkout = checkout.filter(is_its);
    let (refreshed_at, stale_at) = checkout.as_ref().map_or((None, None), |it| (it.refreshed_at, it.look_at));
    let pull_request = checkout.and_then(|checkout| checkout.pull);
    Diff {
        provider: pull_request.is_some().then_some("github"),
        remote_origin: tree.remote,
        branch: tree.branch,
        pull_request_url: pull_request.as_ref().map(|pull| pull.url.clone()),
        pull_request,
        additions: git.additions,
        deletions: git.deletions,
        changed_files: git.changed_files,
        files: git.files,
        diff: git.diff,
        truncated: git.truncated,
        refreshed_at,
        stale_at,
        ..empty
    }
}

/// Whether something is older than it may be, or the chat does not say yet what there is.
fn wants_a_look(chat: &Chat, checkout: Option<&Checkout>, now: Timestamp) -> bool {
    chat.diff.is_none() || checkout.is_none_or(|checkout| checkout.is_due(now))
}

/// Nobody waits for it: whoever reads again, or watches, learns what comes of it.
async fn ask_for_a_look<P, M: SendPulls, K>(app: &App<P, M, K>, id: WorkspaceId, chat_id: ChatId) {
    let wake = PullWake { chat_id: Some(chat_id), ..PullWake::new(id, Look::Wanted) };
    if let Err(error) = app.machines.look(&wake, 0).await {
        tracing::warn!(%error, "a working tree is not looked at");
    }
}
