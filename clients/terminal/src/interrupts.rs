//! Ctrl-C.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Every Ctrl-C from the beginning on, also one that comes while something else is done: a listener made
/// anew for each would miss those between two.
#[derive(Debug)]
pub struct Interrupts(Signal);

impl Interrupts {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system lets nobody listen.
    pub fn begin() -> io::Result<Self> {
        signal(SignalKind::interrupt()).map(Self)
    }

    /// Waits for the next one; none when there can be no more.
    pub async fn next(&mut self) -> Option<()> {
        self.0.recv().await
    }
}
