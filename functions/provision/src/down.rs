//! A workspace is wanted stopped.

use chat::{
    port::Unavailable,
    workspace::{Phase, Wanted, Workspace},
};
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
        if !phase(app, workspace, Phase::Stopping).await? {
            return Ok(());
        }
        app.machines.suspend(name).await?;
        match settled(&app.machines, name).await? {
            MachineState::Stopped | MachineState::Gone => {}
            MachineState::Starting | MachineState::Running | MachineState::Stopping => {
                let reason = format!("machine {name} was to sleep and does not");
                return Err(Unavailable { dependency: "the machines' maker", reason }.into());
            }
        }
    }
    phase(app, workspace, Phase::Stopped).await.map(drop)
}

/// Notes how far it is, and returns whether that is still wanted. Its agent is there until it sleeps.
async fn phase<P: ProvisionPorts, M: Sync>(
    app: &App<P, M>,
    before: &Workspace,
    phase: Phase,
) -> Result<bool, Trouble> {
    let noted = machine::update(&app.ports, before.id, |workspace| {
        let agent = workspace.agent.clone().filter(|_| phase != Phase::Stopped);
        let next = Workspace { phase, agent, failure: None, ..workspace.clone() };
        Some(if workspace.wanted == Wanted::Stopped { next } else { workspace })
    })
    .await?;
    Ok(noted.is_some_and(|workspace| workspace.wanted == Wanted::Stopped))
}
