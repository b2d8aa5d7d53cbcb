//! What an administrator sets for everybody.

use serde::{Deserialize, Serialize};

use crate::id::ModelId;

/// What an administrator sets for everybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What every model is told first.
    pub system_prompt: SystemPrompt,
    /// What a chat in plan mode is told besides.
    pub plan_instructions: String,
    /// What may be spent.
    pub limits: Limits,
    /// How long archived chats are kept.
    pub retention: Retention,
    /// Other models for other work.
    pub model_overrides: ModelOverrides,
}

/// What every model is told first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SystemPrompt {
    /// The deployment's own words.
    pub system_prompt: String,
    /// Whether ours stand before them.
    pub include_default_system_prompt: bool,
}

impl Default for SystemPrompt {
    fn default() -> Self {
        Self { system_prompt: String::new(), include_default_system_prompt: true }
    }
}

/// A time after which spending begins anew, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    #[default]
    Month,
}

/// Ceilings in millionths of a dollar; none is no ceiling. A model without a price counts as nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Of one chat with its family, over its whole life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_micros: Option<u64>,
    /// Of one person in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_micros: Option<u64>,
    /// Of the organisation in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_micros: Option<u64>,
    /// When spending begins anew.
    pub period: Period,
}

/// In days; 0 is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// After how many days an archived chat is deleted, 3,650 at most.
    pub retention_days: u16,
    /// After how many days without a change a chat is archived, 3,650 at most.
    pub auto_archive_days: u16,
}

/// Other models for other work; none is the chat's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelOverrides {
    /// Names chats and the ends of turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<ModelId>,
    /// Summarises what no longer fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compaction: Option<ModelId>,
    /// Answers in chats that chats spawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subagents: Option<ModelId>,
}
