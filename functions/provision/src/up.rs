//! A workspace is wanted running.

use chat::{
    limit::ENROLMENT_MS,
    port::{Agent, Unavailable},
    workspace::{Phase, Template, Wanted, Workspace},
};
use edge::Secret;
use machines::{Boot, MachineState, Order, Provision, Trouble};
use turn::machine;

use crate::{App, ProvisionPorts, attend::settled};

/// What those are told who wait for a person's own machine.
const OWN: &str = "this workspace is the user's own machine, which only the user can start: ask them to start \
                   quickstep-workspace there";

pub(crate) async fn run<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    workspace: &Workspace,
) -> Result<(), Trouble> {
    let Some(template_id) = &workspace.template_id else {
        return if workspace.ready().is_ok() {
            Ok(())
        } else {
            Ok(machine::refuse(&app.ports, workspace, OWN).await?)
        };
    };
    if workspace.phase == Phase::Failed || workspace.ready().is_ok() {
        return Ok(());
    }
    let state = match &workspace.machine {
        // One that is falling asleep can be woken only when it sleeps.
        Some(name) => match app.machines.look(name).await? {
            MachineState::Stopping => settled(&app.machines, name).await?,
            state @ (MachineState::Starting
            | MachineState::Running
            | MachineState::Stopped
            | MachineState::Gone) => state,
        },
        None => MachineState::Gone,
    };
    match (state, &workspace.machine) {
        (MachineState::Starting | MachineState::Running | MachineState::Stopping, _) => {
            starting(app, workspace, None).await
        }
        (MachineState::Stopped, Some(name)) => {
            app.machines.resume(name).await?;
            starting(app, workspace, None).await
        }
        (MachineState::Gone, _) | (MachineState::Stopped, None) => {
            let machine = made(app, workspace, template_id).await?;
            starting(app, workspace, Some(machine)).await
        }
    }
}

async fn made<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    workspace: &Workspace,
    template_id: &str,
) -> Result<String, Trouble> {
    let template = app.templates.iter().find(|template| template.id == template_id);
    let image = template.and_then(|template: &Template| template.image.clone());
    let image =
        image.ok_or_else(|| Trouble::Refused(format!("there is no template {template_id} any more")))?;
    let enrolment = Secret::random("qse_").map_err(|error| unavailable(error.to_string()))?;
    let agent = Agent { workspace_id: workspace.id, person: workspace.person };
    let until = app.ports.now().plus_ms(ENROLMENT_MS);
    app.ports.put_enrolment(&enrolment.hash(), agent, until).await?;
    let boot = Boot {
        url: app.http_url.clone(),
        enrolment: enrolment.reveal().to_owned(),
        parameters: workspace.parameters.clone(),
    };
    let instead_of = workspace.machine.clone();
    app.machines.run(&Order { workspace_id: workspace.id, instead_of, image, boot }).await
}

/// Writes down which machine it is, also where another is wanted by now: somebody must be able to end it. An agent that has
/// said hello meanwhile counts.
async fn starting<P: ProvisionPorts, M: Sync>(
    app: &App<P, M>,
    before: &Workspace,
    made: Option<String>,
) -> Result<(), Trouble> {
    let was = before.agent.as_ref().map(|agent| agent.connection.clone());
    machine::update(&app.ports, before.id, |mut workspace| {
        if let Some(made) = &made {
            workspace.machine = Some(made.clone());
        }
        let is_new = workspace.agent.as_ref().is_some_and(|agent| Some(&agent.connection) != was.as_ref());
        let is_up = workspace.phase == Phase::Running;
        if workspace.wanted == Wanted::Running && !is_new && !is_up {
            (workspace.phase, workspace.failure) = (Phase::Starting, None);
        }
        Some(workspace)
    })
    .await?;
    Ok(())
}

const fn unavailable(reason: String) -> Trouble {
    Trouble::Unavailable(Unavailable { dependency: "the operating system", reason })
}
