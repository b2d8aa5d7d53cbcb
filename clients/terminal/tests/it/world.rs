//! A stack that can be stopped, or torn out of its process.

use std::{net::SocketAddr, path::Path, time::Duration};

use kit::rehearsal::Rehearsal;
use local::{Options, Stack, wiring};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    rehearsal: Rehearsal,
    // Its own, so that it can be torn down as a killed process is.
    stack: Option<(Runtime, Stack)>,
    port: u16,
}

impl World {
    pub(crate) async fn start() -> Self {
        let rehearsal = Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self { folder, rehearsal, stack: None, port: 0 };
        world.start_again().await;
        let (_, stack) = world.stack.as_ref().unwrap();
        world.port = stack.http_url.rsplit_once(':').unwrap().1.parse().unwrap();
        world
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the stack on the same data and port.
    pub(crate) async fn start_again(&mut self) {
        let parameters = [("RehearsalUrl".to_owned(), self.rehearsal.openai_url())].into();
        // No grace: what runs when the stack is stopped is abandoned.
        let new = Options::new(self.data());
        let options = Options { port: self.port, parameters, grace: Duration::ZERO, ..new };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap();
        let stack = runtime.spawn(Stack::start(options, wiring::functions)).await.unwrap().unwrap();
        self.stack = Some((runtime, stack));
    }

    /// Stops the stack, as SIGTERM does.
    pub(crate) async fn stop(&mut self) {
        let (runtime, stack) = self.stack.take().unwrap();
        runtime.spawn(stack.stop()).await.unwrap();
        runtime.shutdown_background();
    }

    /// Ends the stack at whatever line it is: its connections break, nothing is tidied up.
    pub(crate) async fn kill(&mut self) {
        let (runtime, stack) = self.stack.take().unwrap();
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(5))).await.unwrap();
        drop(stack);
    }

    pub(crate) async fn end(mut self) {
        if self.stack.is_some() {
            self.stop().await;
        }
        self.rehearsal.stop().await.unwrap();
    }
}
