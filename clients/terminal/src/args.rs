//! What can be typed.

pub mod admin;
pub mod servers;
pub mod workspaces;

use std::path::PathBuf;

use admin::{LimitVerb, ModelVerb, ProviderVerb, SettingVerb, UsageArgs};
use chat::id::{ChatId, UserId};
use clap::{Parser, Subcommand};
use servers::ServerVerb;
use workspaces::WorkspaceVerb;

/// Talk to a Quickstep stack.
#[derive(Debug, Parser)]
#[command(
    name = "quickstep",
    version,
    after_help = "Examples:\n  quickstep chat \"What is a cursor?\"\n  quickstep chat --json < question.txt\n  quickstep watch"
)]
pub struct Args {
    /// Where the stack is.
    #[command(flatten)]
    pub stack: StackArgs,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Where the stack is, as far as it was said.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StackArgs {
    /// The address of the HTTP API.
    #[arg(long, global = true, env = "QUICKSTEP_URL")]
    pub url: Option<String>,
    /// The address of the socket.
    #[arg(long, global = true, env = "QUICKSTEP_SOCKET_URL")]
    pub socket_url: Option<String>,
    /// The access token.
    #[arg(long, global = true, env = "QUICKSTEP_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The folder that holds the stack's `stack.json`; by default `.quickstep` here or above.
    #[arg(long, global = true)]
    pub data: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Say something and read the answer; without a message, a prompt.
    #[command(
        after_help = "Examples:\n  quickstep chat \"Hello\"\n  quickstep chat --id 0190… \"And then?\"\n  quickstep chat < question.txt"
    )]
    Chat(ChatArgs),
    /// Follow all chats.
    #[command(after_help = "Example:\n  quickstep watch --json")]
    Watch {
        /// Print events as JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// List chats, newest activity first.
    List,
    /// Have a model suggest a title for a chat; it is not saved.
    #[command(
        after_help = "Examples:\n  quickstep title 0190…\n  quickstep title 0190… --json\n\nEach suggestion is a call of a model."
    )]
    Title {
        /// The chat.
        chat: ChatId,
        /// Print it as one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// How full a chat's context is, and what it keeps of its workspace: instruction files and skills.
    #[command(
        after_help = "Examples:\n  quickstep context 0190…\n  quickstep context 0190… --refresh\n\nA chat keeps what its workspace said when it was first used, until it is refreshed."
    )]
    Context {
        /// The chat.
        chat: ChatId,
        /// Take what the workspace says now; it counts from the next turn on.
        #[arg(long)]
        refresh: bool,
        /// Print it as one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// What changed in a chat's workspace, as its agent last saw it, and the pull request that it became.
    #[command(
        after_help = "Examples:\n  quickstep diff 0190…\n  quickstep diff 0190… --json | jq -r .diff | git apply"
    )]
    Diff {
        /// The chat.
        chat: ChatId,
        /// Print the answer as one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stop a running chat; what it wrote stays.
    Interrupt {
        /// The chat.
        #[arg(long)]
        id: ChatId,
    },
    /// What runs now, whoever's it is; for administrators.
    #[command(
        after_help = "Examples:\n  quickstep status\n  quickstep status --json | jq .counts\n\nCosts are AWS's, tokens aside, as of a run's last heartbeat: every twelve seconds."
    )]
    Status {
        /// Print everything as one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Follow what runs, whoever's it is, until Ctrl-C; for administrators.
    #[command(
        after_help = "Examples:\n  quickstep tail\n  quickstep tail --owner 0190…\n  quickstep tail --json | jq 'select(.type == \"ended\")'\n\nIt looks once a second: what begins and ends in between is not seen."
    )]
    Tail(TailArgs),
    /// End a run, whoever's it is; for administrators. What it wrote stays.
    #[command(
        after_help = "Examples:\n  quickstep kill 0190…\n  quickstep kill 0190… --clear-queue --yes\n\nThe next queued message runs then, unless --clear-queue drops them all."
    )]
    Kill(KillArgs),
    /// Where models are asked; changes are for administrators.
    #[command(
        after_help = "Examples:\n  quickstep providers\n  quickstep providers add --type anthropic --name Anthropic --key-stdin < key.txt\n  quickstep providers check 0190…"
    )]
    Providers {
        /// What about them.
        #[command(subcommand)]
        verb: Option<ProviderVerb>,
        /// Print the answer as one line of JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Whose tools chats may call; changes are for administrators.
    #[command(
        after_help = "Examples:\n  quickstep mcp-servers\n  quickstep mcp-servers add --slug wiki --address https://wiki.example.com/mcp --for default-on"
    )]
    McpServers {
        /// What about them.
        #[command(subcommand)]
        verb: Option<ServerVerb>,
        /// Print the answer as one line of JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Which models there are; changes are for administrators.
    #[command(
        after_help = "Examples:\n  quickstep models\n  quickstep models add --provider 0190… --model llama3.3 --context-limit 128000"
    )]
    Models {
        /// What about them.
        #[command(subcommand)]
        verb: Option<ModelVerb>,
        /// Print the answer as one line of JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// The machines that chats' tools run on.
    #[command(
        after_help = "Examples:\n  quickstep workspaces\n  quickstep workspaces create local --name mine\n  quickstep workspaces enroll --name laptop"
    )]
    Workspaces {
        /// What about them.
        #[command(subcommand)]
        verb: Option<WorkspaceVerb>,
        /// Print the answer as one line of JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// What may be spent, and what is; changes are for administrators.
    #[command(after_help = "Examples:\n  quickstep limits\n  quickstep limits set --user 50")]
    Limits {
        /// What about them.
        #[command(subcommand)]
        verb: Option<LimitVerb>,
        /// Print the answer as one line of JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// What was used and what it cost: one's own, for administrators everybody's.
    #[command(
        after_help = "Examples:\n  quickstep usage\n  quickstep usage --from 2026-11-01 --by user,model --json"
    )]
    Usage {
        /// Which calls.
        #[command(flatten)]
        options: UsageArgs,
        /// Print the answer as one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// What is set for everybody and, under `me/`, for oneself.
    #[command(
        after_help = "Examples:\n  quickstep settings\n  quickstep settings get me/prompt\n  quickstep settings set plan-instructions - < plan.json"
    )]
    Settings {
        /// What about them.
        #[command(subcommand)]
        verb: Option<SettingVerb>,
        /// Print the answer as one line of JSON.
        #[arg(long, global = true)]
        json: bool,
    },
}

/// What to follow.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TailArgs {
    /// Only the runs of this person.
    #[arg(long)]
    pub owner: Option<UserId>,
    /// Only the runs of this chat.
    #[arg(long)]
    pub chat: Option<ChatId>,
    /// Print JSON lines.
    #[arg(long)]
    pub json: bool,
}

/// What to end.
#[derive(Clone, Debug, clap::Args)]
pub struct KillArgs {
    /// The chat.
    pub chat: ChatId,
    /// Drop the messages that wait, too.
    #[arg(long)]
    pub clear_queue: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// How to chat.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ChatArgs {
    /// What to say; read from standard input where that is not a terminal.
    pub message: Option<String>,
    /// The chat to go on with; by default a new one.
    #[arg(long)]
    pub id: Option<ChatId>,
    /// The id of the model that answers.
    #[arg(long)]
    pub model: Option<String>,
    /// How hard it thinks: none, minimal, low, medium, high, xhigh or max.
    #[arg(long)]
    pub effort: Option<String>,
    /// The id of the workspace whose machine a new chat's tools run on.
    #[arg(long, conflicts_with = "id")]
    pub workspace: Option<String>,
    /// Have the model plan and not act; with `=false`, have it act again.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub plan: Option<bool>,
    /// Print events as JSON lines, as they arrive.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
