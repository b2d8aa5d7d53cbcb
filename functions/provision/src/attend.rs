//! One look at one workspace.

use std::time::Duration;

use chat::{
    id::WorkspaceId,
    port::Unavailable,
    workspace::{Phase, Wanted, Workspace},
};
use machines::{MachineState, Provision, Trouble};
use tokio::time::sleep;
use turn::machine;

use crate::{App, ProvisionPorts, down, gone, up};

/// How often a machine is looked at that is on its way, and how many times.
const LOOK: Duration = Duration::from_secs(1);
const LOOKS: usize = 20;

/// Whether a maker that does not answer is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Left,
    Over,
}

/// Brings a machine nearer to what its workspace is wanted to be, and answers who waits for what it is then.
pub(crate) async fn run<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    id: WorkspaceId,
    patience: Patience,
) -> Result<(), Unavailable> {
    let Some(workspace) = app.ports.workspace(id).await? else { return Ok(()) };
    let attended = match workspace.wanted {
        Wanted::Running => up::run(app, &workspace).await,
        Wanted::Stopped => down::run(app, &workspace).await,
        Wanted::Gone => gone::run(app, &workspace).await,
    };
    match (attended, patience) {
        (Ok(()), _) => {}
        (Err(Trouble::Refused(why)), _) => fail(app, id, why).await?,
        (Err(Trouble::Unavailable(error)), Patience::Left) => return Err(error),
        (Err(Trouble::Unavailable(error)), Patience::Over) => {
            tracing::error!(workspace_id = %id, %error, "a machine's maker does not answer");
            fail(app, id, "the machine's maker does not answer".into()).await?;
        }
    }
    match app.ports.workspace(id).await? {
        Some(workspace) => machine::settle(&app.ports, &workspace).await,
        None => Ok(()),
    }
}

/// What is to be gone does not fail: it is ended some time.
async fn fail<P: ProvisionPorts, M: Sync>(
    app: &App<P, M>,
    id: WorkspaceId,
    why: String,
) -> Result<(), Unavailable> {
    let failed = machine::update(&app.ports, id, |workspace| match workspace.wanted {
        Wanted::Running | Wanted::Stopped => {
            Some(Workspace { phase: Phase::Failed, failure: Some(why.clone()), ..workspace })
        }
        Wanted::Gone => None,
    });
    match failed.await? {
        Some(_) => Ok(()),
        None => Err(Unavailable { dependency: "the machines' maker", reason: why }),
    }
}

/// Looks at a machine until it is not on its way any more, or for as long as one invocation may.
pub(crate) async fn settled<M: Provision>(machines: &M, machine: &str) -> Result<MachineState, Trouble> {
    for _ in 0..LOOKS {
        match machines.look(machine).await? {
            MachineState::Starting | MachineState::Stopping => sleep(LOOK).await,
            state @ (MachineState::Running | MachineState::Stopped | MachineState::Gone) => return Ok(state),
        }
    }
    let reason = format!("machine {machine} is still on its way");
    Err(Unavailable { dependency: "the machines' maker", reason }.into())
}
