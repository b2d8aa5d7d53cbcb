//! What a person sets for herself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Sealed;
use crate::id::{ModelId, ProviderId};

/// What a person sets for herself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Raised by one by each edit; 0 before the first.
    pub revision: u64,
    /// What every model is told in her chats; at most 131,072 bytes.
    pub prompt: String,
    /// Her own thresholds of compaction, in per cent, by model.
    pub compaction_thresholds: BTreeMap<ModelId, u8>,
    /// Her own keys, by provider.
    pub keys: BTreeMap<ProviderId, Sealed>,
}
