//! What can be typed about providers, models, money and settings.

use chat::id::{ModelId, ProviderId};
use clap::{Subcommand, ValueEnum};

/// About providers; without more, a list.
#[derive(Clone, Debug, Subcommand)]
pub enum ProviderVerb {
    /// List them.
    List,
    /// Add one.
    #[command(
        after_help = "Examples:\n  quickstep providers add --type anthropic --name Anthropic --key-stdin < key.txt\n  QUICKSTEP_PROVIDER_KEY=… quickstep providers add --type openai --name OpenAI\n  QUICKSTEP_PROVIDER_KEY=any quickstep providers add --type openai-compat --name mine --base-url http://localhost:11434/v1\n\nA key is never printed, nor taken from the command line, which others may see."
    )]
    Add {
        /// Such as anthropic, openai, openai-compat, azure, bedrock, google, openrouter or vercel.
        #[arg(long = "type")]
        kind: String,
        /// What people call it.
        #[arg(long)]
        name: String,
        /// Where it is, unless its type says so.
        #[arg(long)]
        base_url: Option<String>,
        /// Where its key comes from.
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Change one; what is not said stays.
    #[command(after_help = "Example:\n  quickstep providers set 0190… --key-stdin < key.txt")]
    Set {
        /// The provider.
        provider: ProviderId,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        /// Where it is. Its key goes: it was for where it was.
        #[arg(long)]
        base_url: Option<String>,
        /// Whether it may be asked.
        #[arg(long)]
        enabled: Option<bool>,
        /// Where its new key comes from.
        #[command(flatten)]
        key: KeyArgs,
        /// Take its key away.
        #[arg(long, conflicts_with = "key_stdin")]
        no_key: bool,
    },
    /// Remove one that has no models.
    Remove {
        /// The provider.
        provider: ProviderId,
    },
    /// Ask one of its models for a word, and say what is wrong.
    Check {
        /// The provider.
        provider: ProviderId,
    },
}

/// Where a key comes from: standard input, or `QUICKSTEP_PROVIDER_KEY`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct KeyArgs {
    /// Read the key from standard input; otherwise it is `QUICKSTEP_PROVIDER_KEY`, if that is set.
    #[arg(long)]
    pub key_stdin: bool,
    /// The key.
    #[arg(
        long = "key-from-environment",
        hide = true,
        env = "QUICKSTEP_PROVIDER_KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,
}

/// About models; without more, a list.
#[derive(Clone, Debug, Subcommand)]
pub enum ModelVerb {
    /// List them.
    List,
    /// Add one.
    #[command(
        after_help = "Example:\n  quickstep models add --provider 0190… --model llama3.3 --context-limit 128000 --default"
    )]
    Add {
        /// Its provider.
        #[arg(long)]
        provider: ProviderId,
        /// What the provider calls it.
        #[arg(long)]
        model: String,
        /// How many tokens its window holds.
        #[arg(long)]
        context_limit: u64,
        /// What people call it.
        #[arg(long)]
        display_name: Option<String>,
        /// Chats that name none have this one.
        #[arg(long)]
        default: bool,
    },
    /// Change one; what is not said stays.
    #[command(after_help = "Example:\n  quickstep models set 0190… --enabled false")]
    Set {
        /// The model.
        model: ModelId,
        /// What people call it.
        #[arg(long)]
        display_name: Option<String>,
        /// Whether it may be asked.
        #[arg(long)]
        enabled: Option<bool>,
        /// Chats that name none have this one.
        #[arg(long)]
        default: bool,
        /// How many tokens its window holds.
        #[arg(long)]
        context_limit: Option<u64>,
        /// From how many per cent of it chats are compacted; 100 is never.
        #[arg(long)]
        compaction_threshold: Option<u8>,
    },
    /// Remove one.
    Remove {
        /// The model.
        model: ModelId,
    },
}

/// About ceilings; without more, what they are.
#[derive(Clone, Debug, Subcommand)]
pub enum LimitVerb {
    /// Say what they are, and what is spent of them.
    Get,
    /// Change some; what is not said stays.
    #[command(
        after_help = "Examples:\n  quickstep limits set --user 50 --period month\n  quickstep limits set --chat none"
    )]
    Set {
        /// Of one chat in its life, in dollars, or `none`.
        #[arg(long)]
        chat: Option<String>,
        /// Of one person in a period, in dollars, or `none`.
        #[arg(long)]
        user: Option<String>,
        /// Of all people in a period, in dollars, or `none`.
        #[arg(long)]
        org: Option<String>,
        /// When spending begins anew.
        #[arg(long)]
        period: Option<PeriodName>,
    },
}

/// A period, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PeriodName {
    /// At midnight, UTC.
    Day,
    /// On Mondays.
    Week,
    /// On the first.
    Month,
}

impl PeriodName {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// Which calls.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct UsageArgs {
    /// The first day, such as 2026-11-01; by default the first of the month.
    #[arg(long)]
    pub from: Option<String>,
    /// The last day; by default today.
    #[arg(long)]
    pub to: Option<String>,
    /// What to sum up by.
    #[arg(long, value_delimiter = ',', default_value = "day")]
    pub by: Vec<Grouping>,
}

/// What usage is summed up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Grouping {
    /// Whose chats.
    User,
    /// Which model.
    Model,
    /// When, in UTC.
    Day,
}

impl Grouping {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Model => "model",
            Self::Day => "day",
        }
    }
}

/// About settings; without more, all of them.
#[derive(Clone, Debug, Subcommand)]
pub enum SettingVerb {
    /// Print all that may be read.
    List,
    /// Print one.
    Get {
        /// Its name.
        name: SettingName,
    },
    /// Set one, whole: what is not said is its default.
    #[command(
        after_help = "Examples:\n  quickstep settings set plan-instructions '{\"plan_instructions\": \"Be brief.\"}'\n  quickstep settings set me/prompt - < prompt.json\n  quickstep settings set me/keys - <<< '{\"keys\": {\"0190…\": \"…\"}}'\n\nKeys belong into standard input: others may see the command line."
    )]
    Set {
        /// Its name.
        name: SettingName,
        /// JSON; `-` reads it from standard input.
        #[arg(value_name = "JSON")]
        wanted: String,
    },
}

/// A setting: the deployment's, or with `me/` one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named by what they are called")]
pub enum SettingName {
    SystemPrompt,
    PlanInstructions,
    Limits,
    Retention,
    ModelOverrides,
    #[value(name = "me/prompt")]
    MyPrompt,
    #[value(name = "me/compaction-thresholds")]
    MyCompactionThresholds,
    #[value(name = "me/keys")]
    MyKeys,
}

impl SettingName {
    /// Every setting.
    pub const ALL: [Self; 8] = [
        Self::SystemPrompt,
        Self::PlanInstructions,
        Self::Limits,
        Self::Retention,
        Self::ModelOverrides,
        Self::MyPrompt,
        Self::MyCompactionThresholds,
        Self::MyKeys,
    ];

    /// Returns its name, as it is typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SystemPrompt => "system-prompt",
            Self::PlanInstructions => "plan-instructions",
            Self::Limits => "limits",
            Self::Retention => "retention",
            Self::ModelOverrides => "model-overrides",
            Self::MyPrompt => "me/prompt",
            Self::MyCompactionThresholds => "me/compaction-thresholds",
            Self::MyKeys => "me/keys",
        }
    }

    /// Returns where it is.
    #[must_use]
    pub fn path(self) -> String {
        let name = self.as_str();
        match name.strip_prefix("me/") {
            Some(own) => format!("/v1/me/settings/{own}"),
            None => format!("/v1/settings/{name}"),
        }
    }
}
