//! One look at one working tree.

use chat::{
    port::Unavailable,
    wake::{Look, PullWake},
};

use crate::{App, PullPorts, ask, see, tell};

/// Takes what the agent reported, has chats say it, and asks for the pull request where it is time to.
pub(crate) async fn run<P: PullPorts>(app: &App<P>, wake: &PullWake) -> Result<(), Unavailable> {
    let ports = &app.ports;
    let Some(workspace) = ports.workspace(wake.workspace_id).await? else { return Ok(()) };
    let Some(seen) = see::run(app, wake).await? else { return Ok(()) };
    // What nobody has reported since has been told already.
    if wake.why == Look::Wanted || seen.is_new {
        tell::run(ports, &workspace, &seen.checkout).await?;
    }
    if !seen.asks {
        return Ok(());
    }
    let Some(asked) = ask::run(app, seen.checkout).await? else { return Ok(()) };
    if asked.is_new {
        tell::run(ports, &workspace, &asked.checkout).await?;
    }
    if let Some(delay_ms) = asked.checkout.next_look_ms(ports.now()) {
        ports.look(&PullWake::new(wake.workspace_id, Look::Again), delay_ms).await?;
    }
    Ok(())
}
