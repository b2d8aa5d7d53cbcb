//! What a stack is started with.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

/// Takes lines, without their ends.
pub type Lines = Arc<dyn Fn(&str) + Send + Sync>;

/// What a stack is started with.
#[derive(Clone)]
pub struct Options {
    /// The port on the loopback interface; 0 takes a free one.
    pub port: u16,
    /// Where everything is kept. Created if missing; one process at a time.
    pub data: PathBuf,
    /// Values for the template's parameters (`AnthropicApiKey`, ...), instead of its defaults.
    /// The administrator's token is made at the first start and kept in the data folder.
    pub parameters: BTreeMap<String, String>,
    /// How long sockets may live.
    pub sockets: SocketLimits,
    /// How long running invocations may take to finish once the stack is told to stop.
    pub grace: Duration,
    /// Takes the line that each invocation leaves.
    pub lines: Lines,
    /// The program that each machine of a workspace runs.
    pub agent: PathBuf,
}

impl Options {
    /// A free port, lines to the log, the template's defaults, API Gateway's limits.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            port: 0,
            data: data.into(),
            parameters: BTreeMap::new(),
            sockets: SocketLimits::default(),
            grace: Duration::from_secs(4),
            lines: Arc::new(|line| tracing::info!("{line}")),
            agent: beside("quickstep-workspace"),
        }
    }
}

/// A program of the same build: beside this one, or beside the folder that tests' programs are in.
fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let beside = own.with_file_name(name);
    let above = own.parent().and_then(|folder| folder.parent()).map(|folder| folder.join(name));
    above.filter(|above| !beside.exists() && above.exists()).unwrap_or(beside)
}

// Parameters hold secrets.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("port", &self.port).field("data", &self.data).finish_non_exhaustive()
    }
}

/// How long sockets may live.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// Without a message or a ping in either direction. API Gateway's is 10 minutes.
    pub idle: Duration,
    /// At most. API Gateway's is 2 hours.
    pub lifetime: Duration,
    /// How long one frame may take to be written before its reader is cut off.
    pub write: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(600),
            lifetime: Duration::from_secs(7_200),
            write: Duration::from_secs(10),
        }
    }
}
