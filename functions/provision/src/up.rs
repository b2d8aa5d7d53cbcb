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
        (MachineState::Running, _) => coming(app, workspace, Phase::Running).await,
        (MachineState::Starting | MachineState::Stopping, _) => coming(app, workspace, Phase::Starting).await,
        (MachineState::Stopped, Some(name)) => {
            app.machines.resume(name).await?;
            coming(app, workspace, Phase::Starting).await
        }
        (MachineState::Gone, _) | (MachineState::Stopped, None) => {
            let machine = made(app, workspace, template_id).await?;
            begun(app, workspace, machine).await
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

/// Writes down which machine it is, also where another is wanted by now: somebody must be able to end it.
async fn begun<P: ProvisionPorts, M: Sync>(
    app: &App<P, M>,
    before: &Workspace,
    machine: String,
) -> Result<(), Trouble> {
    machine::update(&app.ports, before.id, |mut workspace| {
        workspace.machine = Some(machine.clone());
        Some(on_its_way(workspace, before))
    })
    .await?;
    Ok(())
}

/// Writes down how far its machine is. One that is up has an agent that says hello, or has said it and is still there.
async fn coming<P: ProvisionPorts, M: Sync>(
    app: &App<P, M>,
    before: &Workspace,
    seen: Phase,
) -> Result<(), Trouble> {
    machine::update(&app.ports, before.id, |workspace| {
        let is_there = seen == Phase::Running && workspace.agent.is_some();
        let next = on_its_way(workspace, before);
        let phase = if is_there && next.wanted == Wanted::Running { Phase::Running } else { next.phase };
        Some(Workspace { phase, ..next })
    })
    .await?;
    Ok(())
}

/// An agent that has said hello meanwhile counts.
fn on_its_way(mut workspace: Workspace, before: &Workspace) -> Workspace {
    let connection = |workspace: &Workspace| workspace.agent.as_ref().map(|agent| agent.connection.clone());
    let is_new = workspace.agent.is_some() && connection(&workspace) != connection(before);
    let is_up = workspace.phase == Phase::Running;
    if workspace.wanted == Wanted::Running && !is_new && !is_up {
        (workspace.phase, workspace.failure) = (Phase::Starting, None);
    }
    workspace
}

const fn unavailable(reason: String) -> Trouble {
    Trouble::Unavailable(Unavailable { dependency: "the operating system", reason })
}
