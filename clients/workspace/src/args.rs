//! What the agent is told when it starts.

use std::path::PathBuf;

use clap::Parser;

/// Runs the tools of Quickstep's chats on this machine.
///
/// The first start needs --url and --token, which `quickstep workspaces enroll` or a provisioner gives; later ones
/// remember both. It stops on SIGTERM or Ctrl-C; what ran then is reported when it starts again.
#[derive(Clone, Debug, Parser)]
#[command(name = "quickstep-workspace", version)]
pub struct Args {
    /// The deployment's HTTP API.
    #[arg(long, env = "QUICKSTEP_URL")]
    pub url: Option<String>,
    /// The enrolment token: used once, and not needed again.
    #[arg(long, env = "QUICKSTEP_ENROLMENT", hide_env_values = true)]
    pub token: Option<String>,
    /// The folder that tools work in.
    #[arg(long, value_name = "DIR", env = "QUICKSTEP_FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// Where the agent keeps its secret and its journal; outside of the folder that tools work in. Without it,
    /// ~/.quickstep-workspace.
    #[arg(long, value_name = "DIR", env = "QUICKSTEP_STATE")]
    pub state: Option<PathBuf>,
    /// Memory that a command with all that it starts may take, in MiB. Without it, three quarters of the machine's.
    #[arg(long, value_name = "MIB", env = "QUICKSTEP_MEMORY_MB")]
    pub memory_mb: Option<u64>,
    /// Processes that a command may start.
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    pub processes: u64,
    /// Waits for the hooks of an AWS Lambda MicroVM on this port, and begins when the first says what the machine is for.
    #[arg(long, value_name = "PORT", env = "QUICKSTEP_HOOKS")]
    pub hooks: Option<u16>,
    /// Logs JSON lines.
    #[arg(long)]
    pub json: bool,
}
