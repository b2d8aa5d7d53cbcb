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

/// How often a machine is brought to what is wanted of it before somebody else goes on.
const ROUNDS: usize = 3;

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
    let Some(mut workspace) = app.ports.workspace(id).await? else { return Ok(()) };
    // Who changed what is wanted meanwhile had somebody look who saw the machine as it was then.
    for _ in 0..ROUNDS {
        bring(app, &workspace, patience).await?;
        let Some(now) = app.ports.workspace(id).await? else { return Ok(()) };
        if now.wanted == workspace.wanted {
            return machine::settle(&app.ports, &now).await;
        }
        workspace = now;
    }
    Err(Unavailable {
        dependency: "the directory",
        reason: "a workspace is wanted otherwise too often".into(),
    })
}

async fn bring<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    workspace: &Workspace,
    patience: Patience,
) -> Result<(), Unavailable> {
    let attended = match workspace.wanted {
        Wanted::Running => up::run(app, workspace).await,
        Wanted::Stopped => down::run(app, workspace).await,
        Wanted::Gone => gone::run(app, workspace).await,
    };
    match (attended, patience) {
        (Ok(()), _) => Ok(()),
        (Err(Trouble::Refused(why)), _) => fail(app, workspace.id, why).await,
        (Err(Trouble::Unavailable(error)), Patience::Left) => Err(error),
        (Err(Trouble::Unavailable(error)), Patience::Over) => {
            tracing::error!(workspace_id = %workspace.id, %error, "a machine's maker does not answer");
            fail(app, workspace.id, "the machine's maker does not answer".into()).await
        }
    }
}

/// What is to be gone does not fail: it is ended some time. Nor does what an agent answers on.
async fn fail<P: ProvisionPorts, M: Sync>(
    app: &App<P, M>,
    id: WorkspaceId,
    why: String,
) -> Result<(), Unavailable> {
    let failed = machine::update(&app.ports, id, |workspace| match workspace.wanted {
        Wanted::Running if workspace.ready().is_ok() => Some(workspace),
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
