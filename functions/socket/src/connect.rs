//! Sockets come and go.

use edge::{Rejection, request::Caller, socket::Event};

use super::{KEPT_MS, SocketPorts};

/// Lets a known person in. The status answers the handshake.
pub(crate) async fn connect<P: SocketPorts>(ports: &P, event: &Event) -> u16 {
    match open(ports, event).await {
        Ok(()) => 200,
        Err(rejection) => {
            if let Some(cause) = rejection.cause() {
                tracing::warn!(cause, "socket not opened");
            }
            rejection.said().status
        }
    }
}

async fn open<P: SocketPorts>(ports: &P, event: &Event) -> Result<(), Rejection> {
    // An agent is not kept among people's sockets: its hello makes it known, beside its workspace.
    if let Caller::Agent(_) = event.caller {
        return Ok(());
    }
    let person = event.caller.person()?;
    Ok(ports.open(&event.connection, person, ports.now().plus_ms(KEPT_MS)).await?)
}

/// Forgets a socket. What stays behind expires, or is removed when the socket proves to be gone.
pub(crate) async fn disconnect<P: SocketPorts>(ports: &P, event: &Event) -> u16 {
    if let Caller::Agent(agent) = event.caller {
        turn::machine::leave(ports, agent.workspace_id, &event.connection).await;
        return 200;
    }
    if let Ok(person) = event.caller.person()
        && let Err(error) = ports.unwatch(person.user_id, &event.connection).await
    {
        tracing::warn!(%error, "watcher not forgotten");
    }
    if let Err(error) = ports.close(&event.connection).await {
        tracing::warn!(%error, "socket not forgotten");
    }
    200
}
