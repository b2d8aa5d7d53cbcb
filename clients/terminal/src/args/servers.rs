//! What can be typed about tool servers.

use chat::id::ServerId;
use clap::{Args, Subcommand, ValueEnum};

/// About tool servers; without more, a list.
#[derive(Clone, Debug, Subcommand)]
pub enum ServerVerb {
    /// List them.
    List,
    /// Add one; it is asked at once what it can do.
    #[command(
        after_help = "Examples:\n  quickstep mcp-servers add --slug wiki --address https://wiki.example.com/mcp --for default-on\n  quickstep mcp-servers add --slug wiki --address https://wiki.example.com/mcp --key-stdin < key.txt\n\nA key is never printed, nor taken from the command line, which others may see. Headers and OAuth 2 are said over HTTP."
    )]
    Add {
        /// What its tools' names begin with.
        #[arg(long)]
        slug: String,
        /// Where it is.
        #[arg(long)]
        address: String,
        /// How it is spoken to.
        #[arg(long)]
        transport: Option<TransportName>,
        /// What may be said of it later, too.
        #[command(flatten)]
        fields: ServerFields,
        /// Where its key comes from.
        #[command(flatten)]
        key: ServerKeyArgs,
    },
    /// Change one; what is not said stays.
    #[command(after_help = "Example:\n  quickstep mcp-servers set 0190… --deny drop_table --plan true")]
    Set {
        /// The tool server.
        server: ServerId,
        /// What about it.
        #[command(flatten)]
        change: ServerChange,
    },
    /// Ask one again what it can do.
    Refresh {
        /// The tool server.
        server: ServerId,
    },
    /// Remove one.
    Remove {
        /// The tool server.
        server: ServerId,
    },
}

/// What changes of a tool server.
#[derive(Clone, Debug, Default, Args)]
pub struct ServerChange {
    /// Where it is. Its secrets go: they were for where it was.
    #[arg(long)]
    pub address: Option<String>,
    /// Whether it may be asked.
    #[arg(long)]
    pub enabled: Option<bool>,
    /// What else.
    #[command(flatten)]
    pub fields: ServerFields,
    /// All tools may be called again, but for those that are denied.
    #[arg(long, conflicts_with = "allow")]
    pub no_allow: bool,
    /// No tool is denied any more.
    #[arg(long, conflicts_with = "deny")]
    pub no_deny: bool,
    /// Where its new key comes from.
    #[command(flatten)]
    pub key: ServerKeyArgs,
    /// It is shown nothing any more.
    #[arg(long, conflicts_with_all = ["key_stdin", "header"])]
    pub no_key: bool,
}

/// Where a tool server's key comes from: standard input, or `QUICKSTEP_SERVER_KEY`. A provider's is not for it.
#[derive(Clone, Debug, Default, Args)]
pub struct ServerKeyArgs {
    /// Read the key from standard input; otherwise it is `QUICKSTEP_SERVER_KEY`, if that is set.
    #[arg(long)]
    pub key_stdin: bool,
    /// The key.
    #[arg(long = "key-from-environment", hide = true, env = "QUICKSTEP_SERVER_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// The header that shows the key, such as X-Api-Key; otherwise it is a bearer token.
    #[arg(long)]
    pub header: Option<String>,
}

/// What may be said of a tool server at any time.
#[derive(Clone, Debug, Default, Args)]
pub struct ServerFields {
    /// What people call it.
    #[arg(long)]
    pub name: Option<String>,
    /// Which chats have it.
    #[arg(long = "for")]
    pub availability: Option<AvailabilityName>,
    /// Whether chats that plan have it.
    #[arg(long)]
    pub plan: Option<bool>,
    /// A tool that may be called, by the server's own name; those that are not named so may not. May be repeated.
    #[arg(long)]
    pub allow: Vec<String>,
    /// A tool that may not be called. May be repeated.
    #[arg(long)]
    pub deny: Vec<String>,
}

/// A transport, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TransportName {
    /// One address for everything.
    StreamableHttp,
    /// The older one.
    Sse,
}

impl TransportName {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StreamableHttp => "streamable_http",
            Self::Sse => "sse",
        }
    }
}

/// Which chats have a tool server, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AvailabilityName {
    /// All.
    ForceOn,
    /// All that name none, and those that name it.
    DefaultOn,
    /// Those that name it.
    DefaultOff,
}

impl AvailabilityName {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForceOn => "force_on",
            Self::DefaultOn => "default_on",
            Self::DefaultOff => "default_off",
        }
    }
}
