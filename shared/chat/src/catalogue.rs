//! What a deployment offers: providers, models and settings, as one consistent whole.
//!
//! It is small and seldom changes, and every step needs it. So it is kept whole, with a version that each edit raises by
//! one: whoever holds the newest version knows everything, also what is still allowed.

mod access;
mod edit;
mod entry;
mod preferences;
mod provider;
mod settings;

use std::sync::Arc;

pub use access::{Access, KeySource, Unusable};
pub use edit::{Edit, EditRefusal, Edited};
pub use entry::{Entry, EntryKey};
pub use preferences::Preferences;
pub use provider::{KeyPolicy, Provider, ProviderKind, Sealed};
pub use settings::{Limits, ModelOverrides, Period, Retention, Settings, SystemPrompt};

use crate::{
    id::{ModelId, ProviderId},
    mcp::{Server, ServerTools},
    model::ModelConfig,
};

/// Providers that a deployment may have.
pub const PROVIDERS: usize = 50;
/// Models that a deployment may have: an edit may touch all of them, and a write transaction takes 100 items.
pub const MODELS: usize = 90;

/// Tool servers that a deployment may have.
pub const SERVERS: usize = 20;

/// Providers, models, tool servers and settings of a deployment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Raised by one by each edit; 0 before the first.
    pub version: u64,
    /// The providers, by name.
    pub providers: Vec<Arc<Provider>>,
    /// The models, in the order in which they were made.
    pub models: Vec<Arc<ModelConfig>>,
    /// The tool servers, by slug.
    pub servers: Vec<Arc<Server>>,
    /// What is known of their tools, by server.
    pub tools: Vec<Arc<ServerTools>>,
    /// Everything else.
    pub settings: Settings,
    /// Whether the functions may ask Bedrock by their role, where a provider of it has no key. The environment says so:
    /// no edit changes it.
    pub bedrock_by_role: bool,
}

/// Which edition of everything is the newest. One small item holds both, so that one read tells a step all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Editions {
    /// Of the catalogue.
    pub catalogue: u64,
    /// Of all people's preferences: each edit of anybody's raises it by one.
    pub preferences: u64,
}

impl Catalogue {
    /// Returns a model by its id.
    #[must_use]
    pub fn model(&self, id: ModelId) -> Option<&Arc<ModelConfig>> {
        self.models.iter().find(|model| model.id == id)
    }

    /// Returns a provider by its id.
    #[must_use]
    pub fn provider(&self, id: ProviderId) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// Returns the model of a chat that names none; none while there is no model.
    #[must_use]
    pub fn default_model(&self) -> Option<&Arc<ModelConfig>> {
        self.models.iter().find(|model| model.is_default)
    }
}
