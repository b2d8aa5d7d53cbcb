//! A local stack with its rehearsal model, started for a measurement.

use std::{net::SocketAddr, path::Path};

use anyhow::{Result, ensure};
use kit::rehearsal::Rehearsal;
use local::{Options, Stack, wiring};
use tempfile::TempDir;

use crate::client::Client;

pub(crate) struct World {
    pub(crate) rehearsal: Rehearsal,
    pub(crate) stack: Stack,
    pub(crate) client: Client,
    folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        Self::on(tempfile::tempdir()?).await
    }

    /// Ends the stack and starts it again on the same data: a process that remembers nothing.
    pub(crate) async fn restart(self) -> Result<Self> {
        let Self { rehearsal, stack, folder, .. } = self;
        nothing_was_denied(&stack)?;
        stack.stop().await;
        rehearsal.stop().await?;
        Self::on(folder).await
    }

    pub(crate) async fn stop(self) -> Result<()> {
        nothing_was_denied(&self.stack)?;
        self.stack.stop().await;
        Ok(self.rehearsal.stop().await?)
    }

    async fn on(folder: TempDir) -> Result<Self> {
        let rehearsal = Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let stack = start(rehearsal.openai_url(), folder.path()).await?;
        let client = Client::new(&stack.http_url, &stack.socket_url, &stack.token)?;
        Ok(Self { rehearsal, stack, client, folder })
    }
}

/// What was refused cost nothing, so a figure with it would be too good.
pub(crate) fn nothing_was_denied(stack: &Stack) -> Result<()> {
    for (function, permissions) in stack.permissions() {
        ensure!(permissions.denied.is_empty(), "{function} may not: {:?}", permissions.denied);
    }
    Ok(())
}

/// Starts a stack whose rehearsal model is at this address.
pub(crate) async fn start(provider: String, folder: &Path) -> Result<Stack> {
    let parameters = [("RehearsalUrl".to_owned(), provider)].into();
    Stack::start(Options { parameters, ..Options::new(folder) }, wiring::functions).await
}
