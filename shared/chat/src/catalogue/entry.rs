//! A catalogue in the pieces in which it is stored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Provider, Settings};
use crate::{
    id::{ModelId, ProviderId, ServerId},
    mcp::{Server, ServerTools},
    model::ModelConfig,
};

/// A stored piece of a catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// A provider.
    Provider(Arc<Provider>),
    /// A model.
    Model(Arc<ModelConfig>),
    /// The settings.
    Settings(Box<Settings>),
    /// A tool server.
    Server(Arc<Server>),
    /// A tool server's tools.
    Tools(Arc<ServerTools>),
}

/// What names a stored piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKey {
    /// A provider.
    Provider(ProviderId),
    /// A model.
    Model(ModelId),
    /// The settings.
    Settings,
    /// A tool server.
    Server(ServerId),
    /// A tool server's tools.
    Tools(ServerId),
}

impl Entry {
    /// Returns what names it.
    #[must_use]
    pub fn key(&self) -> EntryKey {
        match self {
            Self::Provider(provider) => EntryKey::Provider(provider.id),
            Self::Model(model) => EntryKey::Model(model.id),
            Self::Settings(_) => EntryKey::Settings,
            Self::Server(server) => EntryKey::Server(server.id),
            Self::Tools(tools) => EntryKey::Tools(tools.server_id),
        }
    }
}
