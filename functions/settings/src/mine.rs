//! `/v1/me/settings/{name}`

pub(crate) mod read;
pub(crate) mod write;

use std::collections::BTreeMap;

use chat::{
    catalogue::{Catalogue, Preferences},
    id::{ModelId, ProviderId},
};
use edge::{Rejection, Reply};
use serde::{Deserialize, Serialize};

/// A person's setting, by its name in the path.
#[derive(Clone, Copy, Debug)]
enum Name {
    Prompt,
    CompactionThresholds,
    Keys,
}

/// What `prompt` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompt {
    prompt: String,
}

/// What `compaction-thresholds` says, in per cent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    thresholds: BTreeMap<ModelId, u8>,
}

/// For which providers there is a key; which one, nobody is told.
#[derive(Debug, Serialize)]
struct HeldKeys {
    keys: Vec<HeldKey>,
}

#[derive(Debug, Serialize)]
struct HeldKey {
    provider_id: ProviderId,
    has_key: bool,
}

impl Name {
    fn read(text: &str) -> Result<Self, Rejection> {
        match text {
            "prompt" => Ok(Self::Prompt),
            "compaction-thresholds" => Ok(Self::CompactionThresholds),
            "keys" => Ok(Self::Keys),
            _ => Err(Rejection::NotFound("setting")),
        }
    }

    fn reply(self, preferences: &Preferences, catalogue: &Catalogue) -> Reply {
        match self {
            Self::Prompt => Reply::json(200, &Prompt { prompt: preferences.prompt.clone() }),
            Self::CompactionThresholds => {
                Reply::json(200, &Thresholds { thresholds: preferences.compaction_thresholds.clone() })
            }
            Self::Keys => {
                let has_key = |id| catalogue.provider(id).is_some_and(|at| preferences.key(at).is_some());
                let held =
                    preferences.keys.keys().map(|id| HeldKey { provider_id: *id, has_key: has_key(*id) });
                let keys = held.collect();
                Reply::json(200, &HeldKeys { keys })
            }
        }
    }
}
