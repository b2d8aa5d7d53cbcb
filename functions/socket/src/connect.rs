//! Sockets come and go.

use super::{KEPT_MS, SocketPorts, event::Event};

/// Lets a known person in. The status answers the handshake.
pub(crate) async fn connect<P: SocketPorts>(ports: &P, event: &Event) -> u16 {
    let Some(person) = event.person else { return 401 };
    match ports.open(&event.connection, person, ports.now().plus_ms(KEPT_MS)).await {
        Ok(()) => 200,
        Err(error) => {
            tracing::warn!(%error, "socket not opened");
            503
        }
    }
}

/// Forgets a socket. What stays behind expires, or is removed when the socket proves to be gone.
pub(crate) async fn disconnect<P: SocketPorts>(ports: &P, event: &Event) -> u16 {
    if let Some(person) = event.person
        && let Err(error) = ports.unwatch(person.user_id, &event.connection).await
    {
        tracing::warn!(%error, "watcher not forgotten");
    }
    if let Err(error) = ports.close(&event.connection).await {
        tracing::warn!(%error, "socket not forgotten");
    }
    200
}
