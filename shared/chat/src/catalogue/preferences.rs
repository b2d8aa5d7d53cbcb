//! What a person sets for herself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Provider, Sealed};
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
    /// Where each provider was when she gave it her key, unless it was where its type is. A key goes nowhere else:
    /// otherwise whoever may move a provider could have it sent to himself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub key_addresses: BTreeMap<ProviderId, String>,
}

impl Preferences {
    /// Bytes of sealed keys that fit into one item beside a prompt.
    pub const KEYS_BYTES: usize = 64 * 1024;

    /// Returns her key of a provider, where it is still the one that she gave it to.
    #[must_use]
    pub fn key(&self, provider: &Provider) -> Option<&Sealed> {
        let is_there = self.key_addresses.get(&provider.id) == provider.base_url.as_ref();
        self.keys.get(&provider.id).filter(|_| is_there)
    }

    /// Keeps a key for a provider where it is now.
    pub fn keep_key(&mut self, provider: &Provider, key: Sealed) {
        self.keys.insert(provider.id, key);
        match &provider.base_url {
            Some(at) => self.key_addresses.insert(provider.id, at.clone()),
            None => self.key_addresses.remove(&provider.id),
        };
    }

    /// Forgets the keys of all providers but these.
    pub fn keep_keys_of(&mut self, is_kept: impl Fn(ProviderId) -> bool) {
        self.keys.retain(|id, _| is_kept(*id));
        self.key_addresses.retain(|id, _| is_kept(*id));
    }

    /// Returns the bytes of all keys.
    #[must_use]
    pub fn keys_bytes(&self) -> usize {
        self.keys.values().map(|key| key.0.len()).sum()
    }
}
