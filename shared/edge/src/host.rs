//! Who runs an invocation, as far as what is written of it goes.

use std::{
    fmt,
    io::{self, Write as _},
    sync::Arc,
};

use crate::trace::Daemon;

/// Who runs an invocation. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    /// The stack that the function belongs to: the dimension of its metrics.
    pub stack: Arc<str>,
    /// The memory that it is given, and billed for.
    pub memory_mb: u64,
    lines: Arc<dyn Fn(&str) + Send + Sync>,
    pub(crate) daemon: Option<Daemon>,
}

impl Host {
    /// Makes a host that gives each invocation's line, without its end, to `lines`.
    pub fn new(stack: &str, memory_mb: u64, lines: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { stack: stack.into(), memory_mb, lines: Arc::new(lines), daemon: None }
    }

    /// Returns a host whose invocations are traced, if there is a daemon.
    #[must_use]
    pub fn traced_by(self, daemon: Option<Daemon>) -> Self {
        Self { daemon, ..self }
    }

    /// Makes a host that keeps nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::new("nowhere", 0, |_| {})
    }

    /// Makes a host whose lines go to the standard output, where Lambda collects them.
    #[must_use]
    pub fn on_stdout(stack: &str, memory_mb: u64) -> Self {
        Self::new(stack, memory_mb, |line| {
            // Nobody could be told that it cannot be told.
            let _ = io::stdout().lock().write_all(format!("{line}\n").as_bytes());
        })
    }

    pub(crate) fn line(&self, line: &str) {
        (self.lines)(line);
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("stack", &self.stack).finish_non_exhaustive()
    }
}
