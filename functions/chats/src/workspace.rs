//! The workspace that a chat is given.

use chat::{
    Draft,
    call::{Answerer, OpenCall},
    id::WorkspaceId,
    port::{Person, ReadWorkspaces},
    transition::Refusal,
    workspace::{Wanted, WorkspaceRefusal},
};
use edge::Rejection;

/// Checks that a workspace is the person's, and not to be gone. Another's is as one that is not there.
///
/// # Errors
/// It is not: 422, naming the field.
pub(crate) async fn check<P: ReadWorkspaces>(
    ports: &P,
    person: Person,
    id: Option<WorkspaceId>,
) -> Result<(), Rejection> {
    let Some(id) = id else { return Ok(()) };
    let found = ports.workspace(id).await?;
    let found = found.filter(|found| found.person == person && found.wanted != Wanted::Gone);
    found.map(drop).ok_or(Rejection::Workspace(WorkspaceRefusal::NoSuch))
}

/// Refuses to take a chat from a workspace that is to answer it: nobody else could.
pub(crate) fn may_move(draft: Draft, to: Option<Option<WorkspaceId>>) -> Result<Draft, Refusal> {
    let waits =
        |call: &OpenCall| !call.answered && matches!(call.answerer, Answerer::Workspace | Answerer::Machine);
    let is_busy = draft
        .chat()
        .is_some_and(|chat| to.is_some_and(|to| to != chat.workspace_id) && chat.calls.iter().any(waits));
    if is_busy { Err(Refusal::Busy) } else { Ok(draft) }
}
