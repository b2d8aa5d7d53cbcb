//! What can be typed about workspaces.

use chat::id::WorkspaceId;
use clap::Subcommand;

/// About workspaces; without more, a list.
#[derive(Clone, Debug, Subcommand)]
pub enum WorkspaceVerb {
    /// List them, the newest first.
    List,
    /// List what they can be made from.
    Templates {
        /// What the template's name or description holds.
        query: Option<String>,
    },
    /// Make one.
    #[command(
        after_help = "Example:\n  quickstep workspaces create local --name mine --parameter size=large"
    )]
    Create {
        /// The template.
        template: String,
        /// What it is called.
        #[arg(long)]
        name: Option<String>,
        /// A parameter of the template, `name=value`; as often as there are any.
        #[arg(long = "parameter", value_parser = parameter)]
        parameters: Vec<(String, String)>,
    },
    /// Bring its machine up.
    Start {
        /// The workspace.
        workspace: WorkspaceId,
    },
    /// Put its machine to sleep; its files stay.
    Stop {
        /// The workspace.
        workspace: WorkspaceId,
    },
    /// Remove one, with its machine and all files.
    Delete {
        /// The workspace.
        workspace: WorkspaceId,
    },
    /// Make one of a machine of your own: prints how its agent is started there.
    Enroll {
        /// What it is called.
        #[arg(long)]
        name: Option<String>,
    },
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    parts.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "must be name=value".into())
}
