//! A workspace is wanted stopped.

use chat::workspace::{Phase, Wanted, Workspace};
use machines::{MachineState, Provision, Trouble};
use turn::machine;

use crate::{App, ProvisionPorts, attend::settled};

pub(crate) async fn run<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    workspace: &Workspace,
) -> Result<(), Trouble> {
    if workspace.template_id.is_none() || workspace.phase == Phase::Failed {
        return Ok(());
    }
    if let Some(name) = &workspace.machine
        && settled(&app.machines, name).await? == MachineState::Running
    {
        phase(app, workspace, Phase::Stopping).await?;
        app.machines.suspend(name).await?;
        settled(&app.machines, name).await?;
    }
    phase(app, workspace, Phase::Stopped).await
}

async fn phase<P: ProvisionPorts, M: Sync>(
    app: &App<P, M>,
    before: &Workspace,
    phase: Phase,
) -> Result<(), Trouble> {
    machine::update(&app.ports, before.id, |workspace| {
        let is_wanted = workspace.wanted == Wanted::Stopped;
        let next = Workspace { phase, agent: None, failure: None, ..workspace.clone() };
        Some(if is_wanted { next } else { workspace })
    })
    .await?;
    Ok(())
}
