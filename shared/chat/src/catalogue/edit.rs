//! How a catalogue changes: an edit is refused or leads to the next version, whole.

use std::sync::Arc;

use super::{Catalogue, Entry, EntryKey, MODELS, PROVIDERS, Provider, ProviderKind, Settings};
use crate::{
    id::{ModelId, ProviderId, ServerId},
    mcp::{Server, ServerTools},
    model::ModelConfig,
};

/// A change that an administrator wants.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A provider is made or changed.
    PutProvider(Box<Provider>),
    /// A provider goes; its models must be gone.
    DeleteProvider(ProviderId),
    /// A model is made or changed.
    PutModel(Box<ModelConfig>),
    /// A model goes; chats that use it say so when they are asked next.
    DeleteModel(ModelId),
    /// Settings change.
    PutSettings(Box<Settings>),
    /// A tool server is made or changed.
    PutServer(Box<Server>),
    /// A tool server goes, and its tools with it.
    DeleteServer(ServerId),
    /// A tool server's tools are known.
    PutTools(Box<ServerTools>),
}

/// Why an edit was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    /// There is no such provider or model.
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// The environment presets it.
    #[error("this {0} is set by the deployment's environment and cannot be changed here")]
    Preset(&'static str),
    /// Another has the name.
    #[error("another provider has this name")]
    NameTaken,
    /// Another tool server has the slug.
    #[error("another tool server has this slug")]
    SlugTaken,
    /// Models still use the provider.
    #[error("models still use this provider; delete them first")]
    InUse,
    /// There are as many as there may be.
    #[error("there are as many {0}s as there may be")]
    TooMany(&'static str),
    /// A model that is off cannot be the default.
    #[error("a model that is switched off cannot be the default")]
    DefaultDisabled,
    /// A setting names a model that is not there.
    #[error("the model override names a model that is not there")]
    NoSuchModel,
}

/// The next version of a catalogue, and what of it is to be written.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The catalogue as it is then.
    pub catalogue: Catalogue,
    /// What is written.
    pub puts: Vec<Entry>,
    /// What is removed.
    pub deletes: Vec<EntryKey>,
}

impl Catalogue {
    /// Puts a catalogue together from what is stored, in any order.
    #[must_use]
    pub fn of(version: u64, entries: Vec<Entry>) -> Self {
        let mut catalogue = Self { version, ..Self::default() };
        for entry in entries {
            catalogue.place(entry);
        }
        catalogue
    }

    /// Each list has its order: insertion keeps it, without a sort for each kind of thing.
    fn place(&mut self, entry: Entry) {
        match entry {
            Entry::Provider(one) => {
                let place = self.providers.partition_point(|kept| kept.name <= one.name);
                self.providers.insert(place, one);
            }
            // Ids begin with the time.
            Entry::Model(one) => {
                let place = self.models.partition_point(|kept| kept.id <= one.id);
                self.models.insert(place, one);
            }
            Entry::Settings(settings) => self.settings = *settings,
            Entry::Server(one) => {
                let place = self.servers.partition_point(|kept| kept.slug <= one.slug);
                self.servers.insert(place, one);
            }
            Entry::Tools(one) => {
                let place = self.tools.partition_point(|kept| kept.server_id <= one.server_id);
                self.tools.insert(place, one);
            }
        }
    }

    /// Returns what the stored catalogue becomes by an edit. `presets` are what the environment adds: an edit cannot
    /// change them, and must not clash with them.
    ///
    /// Exactly one model is the default while there is any: the first one, until another is made it; where the default
    /// goes or is switched off, the oldest that is on takes its place. A preset default stays that until a stored model
    /// is asked to be it, but a rehearsal model makes room for the first real one.
    ///
    /// # Errors
    /// A rule forbids it; nothing changes.
    pub fn edit(&self, presets: &Self, edit: Edit) -> Result<Edited, EditRefusal> {
        let mut next = self.clone();
        match edit {
            Edit::PutProvider(provider) => next.put_provider(presets, *provider)?,
            Edit::DeleteProvider(id) => next.delete_provider(presets, id)?,
            Edit::PutModel(model) => next.put_model(presets, *model)?,
            Edit::DeleteModel(id) => next.delete_model(presets, id)?,
            Edit::PutSettings(settings) => next.put_settings(presets, *settings)?,
            Edit::PutServer(server) => next.put_server(*server)?,
            Edit::DeleteServer(id) => next.delete_server(id)?,
            Edit::PutTools(tools) => next.put_tools(*tools)?,
        }
        next.elect(presets);
        let ordered = Self::of(self.version + 1, next.entries());
        Ok(self.compared(Self { bedrock_by_role: self.bedrock_by_role, ..ordered }))
    }

    fn put_provider(&mut self, presets: &Self, provider: Provider) -> Result<(), EditRefusal> {
        if presets.provider(provider.id).is_some() {
            return Err(EditRefusal::Preset("provider"));
        }
        let mut others = self.providers.iter().chain(&presets.providers);
        if others.any(|other| other.id != provider.id && other.name == provider.name) {
            return Err(EditRefusal::NameTaken);
        }
        // A model carries what it needs to know of its provider.
        for model in self.models.iter_mut().filter(|model| model.provider_id == provider.id) {
            Arc::make_mut(model).provider.clone_from(&provider.name);
        }
        let full = self.providers.len() >= PROVIDERS;
        match self.providers.iter_mut().find(|held| held.id == provider.id) {
            Some(held) => *held = Arc::new(provider),
            None if full => return Err(EditRefusal::TooMany("provider")),
            None => self.providers.push(Arc::new(provider)),
        }
        Ok(())
    }

    fn delete_provider(&mut self, presets: &Self, id: ProviderId) -> Result<(), EditRefusal> {
        if presets.provider(id).is_some() {
            return Err(EditRefusal::Preset("provider"));
        }
        self.provider(id).ok_or(EditRefusal::Unknown("provider"))?;
        if self.models.iter().any(|model| model.provider_id == id) {
            return Err(EditRefusal::InUse);
        }
        self.providers.retain(|provider| provider.id != id);
        Ok(())
    }

    fn put_model(&mut self, presets: &Self, model: ModelConfig) -> Result<(), EditRefusal> {
        if presets.model(model.id).is_some() {
            return Err(EditRefusal::Preset("model"));
        }
        if self.provider(model.provider_id).or(presets.provider(model.provider_id)).is_none() {
            return Err(EditRefusal::Unknown("provider"));
        }
        if model.is_default && !model.enabled && !self.is_default(model.id) {
            return Err(EditRefusal::DefaultDisabled);
        }
        if model.is_default && model.enabled {
            self.resign();
        }
        let full = self.models.len() >= MODELS;
        match self.models.iter_mut().find(|held| held.id == model.id) {
            Some(held) => *held = Arc::new(model),
            None if full => return Err(EditRefusal::TooMany("model")),
            None => self.models.push(Arc::new(model)),
        }
        Ok(())
    }

    fn delete_model(&mut self, presets: &Self, id: ModelId) -> Result<(), EditRefusal> {
        if presets.model(id).is_some() {
            return Err(EditRefusal::Preset("model"));
        }
        self.model(id).ok_or(EditRefusal::Unknown("model"))?;
        self.models.retain(|model| model.id != id);
        // What named it falls back to the chat's own model.
        let overrides = &mut self.settings.model_overrides;
        for named in [&mut overrides.title, &mut overrides.compaction, &mut overrides.subagents] {
            *named = named.filter(|named| *named != id);
        }
        Ok(())
    }

    fn put_settings(&mut self, presets: &Self, settings: Settings) -> Result<(), EditRefusal> {
        let (held, next) = (self.settings.model_overrides, settings.model_overrides);
        let overrides =
            [(held.title, next.title), (held.compaction, next.compaction), (held.subagents, next.subagents)];
        // A model that has gone with its preset is not what this edit is about; it falls back to the chat's own.
        let mut named =
            overrides.into_iter().filter(|(held, next)| held != next).filter_map(|(_, next)| next);
        if named.any(|id| self.model(id).or(presets.model(id)).is_none()) {
            return Err(EditRefusal::NoSuchModel);
        }
        self.settings = settings;
        Ok(())
    }

    fn is_default(&self, id: ModelId) -> bool {
        self.model(id).is_some_and(|model| model.is_default)
    }

    /// Returns it together with what the environment presets, which comes first and which no edit changes.
    ///
    /// There is one default among all: a stored one that is on goes before a preset one.
    #[must_use]
    pub fn with_presets(mut self, presets: &Self) -> Self {
        self.elect(presets);
        let stored_default = self.default_model().is_some();
        let preset_models = presets.models.iter().map(|model| {
            let is_default = model.is_default && !stored_default;
            if is_default == model.is_default {
                Arc::clone(model)
            } else {
                Arc::new(ModelConfig { is_default, ..ModelConfig::clone(model) })
            }
        });
        self.models.splice(0..0, preset_models);
        self.providers.splice(0..0, presets.providers.iter().cloned());
        self.bedrock_by_role = presets.bedrock_by_role;
        self
    }

    /// No model is the default any more.
    fn resign(&mut self) {
        for model in self.models.iter_mut().filter(|model| model.is_default) {
            Arc::make_mut(model).is_default = false;
        }
    }

    /// Where there is no stored default that is on: nobody, if a preset is there for it; or else the oldest model that
    /// is on, or the oldest.
    fn elect(&mut self, presets: &Self) {
        if self.models.iter().any(|model| model.is_default && model.enabled) {
            return;
        }
        let elected = self.models.iter().position(|model| model.enabled);
        let stays = |preset: &&Arc<ModelConfig>| elected.is_none() || preset.kind != ProviderKind::Rehearsal;
        if presets.default_model().filter(stays).is_some() {
            self.resign();
            return;
        }
        let elected = elected.or_else(|| self.models.iter().position(|model| model.is_default));
        self.promote(elected.unwrap_or(0));
    }

    fn promote(&mut self, place: usize) {
        self.resign();
        if let Some(model) = self.models.get_mut(place) {
            Arc::make_mut(model).is_default = true;
        }
    }

    fn compared(&self, next: Self) -> Edited {
        let (before, after) = (self.entries(), next.entries());
        let puts = after.iter().filter(|entry| !before.contains(entry)).cloned().collect();
        let gone = |entry: &&Entry| !after.iter().any(|kept| kept.key() == entry.key());
        let deletes = before.iter().filter(gone).map(Entry::key).collect();
        Edited { catalogue: next, puts, deletes }
    }

    fn entries(&self) -> Vec<Entry> {
        let providers = self.providers.iter().cloned().map(Entry::Provider);
        let models = self.models.iter().cloned().map(Entry::Model);
        let settings = std::iter::once(Entry::Settings(Box::new(self.settings.clone())));
        let servers = self.servers.iter().cloned().map(Entry::Server);
        let tools = self.tools.iter().cloned().map(Entry::Tools);
        providers.chain(models).chain(settings).chain(servers).chain(tools).collect()
    }
}

mod servers;
#[cfg(test)]
mod tests;
