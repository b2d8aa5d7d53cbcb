//! A workspace is wanted gone.

use chat::workspace::{Phase, Workspace};
use machines::{Provision, Trouble};
use turn::machine;

use crate::{App, ProvisionPorts};

/// Its agent is a stranger first: whoever deleted it may have got no further.
pub(crate) async fn run<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    workspace: &Workspace,
) -> Result<(), Trouble> {
    app.ports.revoke(workspace.id).await?;
    if let Some(name) = &workspace.machine {
        app.machines.destroy(name).await?;
    }
    machine::update(&app.ports, workspace.id, |workspace| {
        Some(Workspace { phase: Phase::Stopped, machine: None, agent: None, ..workspace })
    })
    .await?;
    app.ports.forget_reports(workspace.id).await?;
    Ok(())
}
