//! `/v1/settings/{name}`

pub(crate) mod read;
pub(crate) mod write;

use chat::catalogue::Settings;
use edge::{Rejection, Reply};
use serde::{Deserialize, Serialize};

/// A setting, by its name in the path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    SystemPrompt,
    PlanInstructions,
    Limits,
    Retention,
    ModelOverrides,
}

/// What `plan-instructions` says.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PlanInstructions {
    plan_instructions: String,
}

impl Name {
    pub(super) fn read(text: &str) -> Result<Self, Rejection> {
        match text {
            "system-prompt" => Ok(Self::SystemPrompt),
            "plan-instructions" => Ok(Self::PlanInstructions),
            "limits" => Ok(Self::Limits),
            "retention" => Ok(Self::Retention),
            "model-overrides" => Ok(Self::ModelOverrides),
            _ => Err(Rejection::NotFound("setting")),
        }
    }

    /// Returns whether only administrators may read it: what models are told beyond our own words is not everybody's
    /// to see.
    fn is_for_admins(self) -> bool {
        match self {
            Self::SystemPrompt => true,
            Self::PlanInstructions | Self::Limits | Self::Retention | Self::ModelOverrides => false,
        }
    }

    pub(super) fn reply(self, settings: &Settings) -> Reply {
        match self {
            Self::SystemPrompt => Reply::json(200, &settings.system_prompt),
            Self::PlanInstructions => {
                let plan_instructions = settings.plan_instructions.clone();
                Reply::json(200, &PlanInstructions { plan_instructions })
            }
            Self::Limits => Reply::json(200, &settings.limits),
            Self::Retention => Reply::json(200, &settings.retention),
            Self::ModelOverrides => Reply::json(200, &settings.model_overrides),
        }
    }
}
