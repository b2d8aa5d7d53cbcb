//! Machines that nobody uses are put to sleep, and those that never came up are given up.

use chat::{
    id::WorkspaceId,
    port::{BindChats, CommitError, KeepWorkspaces, ListUp, ReadWorkspaces, SendMachines, Unavailable},
    time::Timestamp,
    workspace::{Phase, Wanted, Workspace},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

/// Workspaces that are listed at a time.
const PAGE: usize = 200;
/// Pages that one sweep reads.
const PAGES: usize = 100;
/// After how long a machine that is to come down is looked after.
const FORGOTTEN_MS: u64 = 5 * 60_000;
/// Workspaces that are looked at beside each other.
const AT_ONCE: usize = 8;

/// Looks at the machines that are up, and returns how many of them are not to run any more.
///
/// A machine to which a chat is bound is in use: that ends with the deadlines of the chat's calls. One that somebody changes
/// meanwhile is looked at again a minute later.
///
/// # Errors
/// The directory or the queue, as it failed first. Whatever was not looked at is looked at a minute later.
pub async fn rest<P, M>(ports: &P, machines: &M, idle_ms: u64, now: Timestamp) -> Result<usize, Unavailable>
where
    P: ListUp + ReadWorkspaces + KeepWorkspaces + BindChats,
    M: SendMachines,
{
    let (mut rested, mut after) = (0, None);
    for _ in 0..PAGES {
        let page = ports.up(after, PAGE).await?;
        after = page.last().copied().filter(|_| page.len() >= PAGE);
        let looks = stream::iter(page).map(|id| look(ports, machines, id, (idle_ms, now)));
        rested +=
            looks.buffered(AT_ONCE).try_collect::<Vec<bool>>().await?.into_iter().filter(|is| *is).count();
        if after.is_none() {
            break;
        }
    }
    Ok(rested)
}

/// True: its machine is not to run any more.
async fn look<P, M>(
    ports: &P,
    machines: &M,
    id: WorkspaceId,
    (idle_ms, now): (u64, Timestamp),
) -> Result<bool, Unavailable>
where
    P: ReadWorkspaces + KeepWorkspaces + BindChats,
    M: SendMachines,
{
    let Some(found) = ports.workspace(id).await? else { return Ok(false) };
    if found.wanted != Wanted::Running {
        // Whoever wanted it down may have died before anybody was asked to bring it there.
        if found.updated_at.plus_ms(FORGOTTEN_MS) <= now {
            machines.provision(id).await?;
        }
        return Ok(false);
    }
    let Some(idle) = idle(found, idle_ms, now) else { return Ok(false) };
    if !ports.bound(id).await?.is_empty() || !written(ports, &idle).await? {
        return Ok(false);
    }
    machines.provision(id).await?;
    Ok(true)
}

/// Returns a workspace as it shall be, if it has not been used for so long.
fn idle(found: Workspace, idle_ms: u64, now: Timestamp) -> Option<Workspace> {
    if found.last_used_at.plus_ms(idle_ms) > now {
        return None;
    }
    let next = Workspace { edition: found.edition + 1, updated_at: now, ..found };
    match next.phase {
        Phase::Running => Some(Workspace { wanted: Wanted::Stopped, ..next }),
        Phase::Pending | Phase::Starting => {
            let failure = Some("the machine did not come up in time".to_owned());
            Some(Workspace { phase: Phase::Failed, failure, ..next })
        }
        Phase::Stopping | Phase::Stopped | Phase::Failed => None,
    }
}

async fn written<P: KeepWorkspaces>(ports: &P, workspace: &Workspace) -> Result<bool, Unavailable> {
    match ports.put_workspace(workspace).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict) => Ok(false),
        Err(CommitError::Unavailable(error)) => Err(error),
    }
}
