//! What calls do on the machine: one file per tool, a JSON object from each.

mod edit_files;
mod execute;
mod process_list;
mod process_output;
mod process_signal;
mod propose_plan;
mod read_file;
mod read_skill;
mod read_skill_file;
mod search_files;
mod snapshot;
mod wait;
mod write_file;

use std::sync::Arc;

use chat::agent::CallToken;
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc::Sender},
    time::Instant,
};

use crate::{
    folder::Folder,
    process::{ProcessId, Processes},
    refusal::{Refusal, blocking},
};

/// The machine, as tools see it.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Where they work.
    pub folder: Arc<Folder>,
    /// What they run.
    pub processes: Arc<Processes>,
}

/// A call, as a tool sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which; what it does is named after it.
    pub token: CallToken,
    /// When nobody waits any more.
    pub deadline: Instant,
    /// Who is told what it puts out while it runs.
    pub progress: Sender<Progress>,
    /// Its place among those that run.
    pub place: Arc<OwnedSemaphorePermit>,
}

/// What a running call has put out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Since the last time.
    pub fresh: String,
    /// Since it began, as far as that is kept.
    pub so_far: String,
}

/// Runs calls.
pub trait RunTools: Clone + Send + Sync + 'static {
    /// Runs a tool.
    ///
    /// # Errors
    /// It could not do what it was asked, which is for the model to read.
    fn run(
        &self,
        call: &Call,
        tool: &str,
        args: Value,
    ) -> impl Future<Output = Result<Value, Refusal>> + Send;
    /// Has what a call has begun end, where that outlives the call.
    fn stop(&self, token: &CallToken);
    /// Has everything end that calls have begun.
    fn stop_all(&self);
}

impl RunTools for Tools {
    async fn run(&self, call: &Call, tool: &str, args: Value) -> Result<Value, Refusal> {
        match tool {
            "edit_files" => edit_files::run(self, call, args).await,
            "execute" => execute::run(self, call, args).await,
            "process_list" => process_list::run(self, call),
            "process_output" => process_output::run(self, call, args).await,
            "process_signal" => process_signal::run(self, call, args).await,
            "propose_plan" => propose_plan::run(self, call, args).await,
            "read_file" => read_file::run(self, call, args).await,
            "read_skill" => read_skill::run(self, call, args).await,
            "read_skill_file" => read_skill_file::run(self, call, args).await,
            "search_files" => search_files::run(self, call, args).await,
            "write_file" => write_file::run(self, call, args).await,
            unknown => Err(Refusal(format!("the agent on this machine has no tool {unknown}"))),
        }
    }

    fn stop(&self, token: &CallToken) {
        if let Some(process) = self.processes.get(token.chat_id, &ProcessId::from(token)) {
            process.terminate();
        }
    }

    fn stop_all(&self) {
        self.processes.kill_all();
    }
}

impl Call {
    /// Runs what blocks where it may. It keeps the call's place until it is done, whoever has stopped waiting for it:
    /// there is never more of it than there are places.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.place);
        blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
    }
}

#[cfg(test)]
mod tests;
