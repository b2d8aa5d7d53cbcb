//! One command.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{Output, ProcessId, group};
use crate::limit;

/// A command that runs, or has run.
#[derive(Debug)]
pub struct Process {
    pub(super) id: ProcessId,
    pub(super) command: String,
    pub(super) begun_at: Instant,
    pub(super) group: Pid,
    pub(super) output: Arc<Mutex<Output>>,
    pub(super) end: watch::Receiver<Option<End>>,
    /// Why the agent ended it, if it did.
    pub(super) reason: Mutex<Option<String>>,
    /// Nothing of its group is left; the group's number may be another's by now.
    pub(super) is_gone: AtomicBool,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its exit code; 128 and the signal's number where a signal ended it.
    pub code: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// When.
    pub at: Instant,
}

impl Process {
    /// Returns its name.
    #[must_use]
    pub const fn id(&self) -> &ProcessId {
        &self.id
    }

    /// Returns what the shell was given.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Returns when it began.
    #[must_use]
    pub const fn begun_at(&self) -> Instant {
        self.begun_at
    }

    /// Returns how it ended, if it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end.borrow().clone()
    }

    /// Returns whether the command or anything of its group runs.
    #[must_use]
    pub fn is_left(&self) -> bool {
        if self.end().is_none() {
            return true;
        }
        if !self.is_gone.load(Ordering::Relaxed) && !group::is_there(self.group) {
            self.note_gone();
        }
        !self.is_gone.load(Ordering::Relaxed)
    }

    pub(super) fn note_gone(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
    }

    /// Returns why the agent ended it, if it did.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns how long it has run, or ran.
    #[must_use]
    pub fn wall_duration(&self) -> Duration {
        self.end().map_or_else(Instant::now, |end| end.at) - self.begun_at
    }

    /// Reads what it has put out.
    pub fn with_output<T>(&self, read: impl FnOnce(&mut Output) -> T) -> T {
        read(&mut self.output.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for its end, but not for ever. Returns whether it has ended.
    pub async fn wait(&self, patience: Duration) -> bool {
        let mut end = self.end.clone();
        matches!(timeout(patience, end.wait_for(Option::is_some)).await, Ok(Ok(_)))
    }

    /// Asks its group to end; a while later makes it.
    pub fn terminate(&self) {
        group::signal(self.group, Signal::TERM);
        let group = self.group;
        tokio::spawn(async move {
            // Also where the shell has ended: what it started may not listen. Nobody else has that number so soon.
            tokio::time::sleep(limit::TERMINATE).await;
            group::signal(group, Signal::KILL);
        });
    }

    /// Makes its group end, also what the command left behind.
    pub fn kill(&self, reason: &str) {
        if self.is_left() {
            let mut why = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
            why.get_or_insert_with(|| reason.to_owned());
            group::signal(self.group, Signal::KILL);
        }
    }
}
