//! What a process knows of the catalogue, and how it learns that it knows too little.
//!
//! One small read says which edition is the newest. Only where it moved is anything loaded: so nothing is ever judged by
//! an old edition, and hardly ever is more read than that item.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chat::{
    account::{Count, count},
    catalogue::{Catalogue, Editions, Preferences, Unusable},
    id::{ModelId, UserId},
    model::ModelConfig,
    port::{ReadCatalogue, Unavailable},
};

/// People whose preferences a process remembers; all are forgotten for one more.
const PEOPLE: usize = 10_000;

/// What applies to the chats of one person.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Who she is.
    pub user_id: UserId,
    /// What the deployment offers, presets included.
    pub catalogue: Arc<Catalogue>,
    /// What she prefers.
    pub preferences: Arc<Preferences>,
}

impl Offer {
    /// Returns a model that the person whose offer this is may choose.
    ///
    /// # Errors
    /// There is none of this id, or it cannot be asked for her now.
    pub fn choose(&self, id: ModelId) -> Result<Arc<ModelConfig>, Unusable> {
        let model = self.catalogue.model(id).ok_or(Unusable::Gone)?;
        self.catalogue.access(model, self.user_id, &self.preferences)?;
        Ok(Arc::clone(model))
    }
}

/// What a process knows of the catalogue. Clones share it.
#[derive(Clone, Debug)]
pub struct Catalogues {
    presets: Arc<Catalogue>,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    catalogue: Option<Arc<Catalogue>>,
    /// The edition that all remembered preferences belong to.
    edition: u64,
    people: HashMap<UserId, Arc<Preferences>>,
}

impl Catalogues {
    /// Knows what the environment presets, and nothing else yet.
    #[must_use]
    pub fn new(presets: Catalogue) -> Self {
        Self { presets: Arc::new(presets), known: Arc::default() }
    }

    /// Returns what the environment presets.
    #[must_use]
    pub fn presets(&self) -> &Catalogue {
        &self.presets
    }

    /// Returns what applies to a person's chats now.
    ///
    /// # Errors
    /// The store.
    pub async fn offer(&self, ports: &impl ReadCatalogue, user_id: UserId) -> Result<Offer, Unavailable> {
        let editions = ports.editions().await?;
        self.offer_of(ports, user_id, editions).await
    }

    /// As [`Self::offer`], where the newest editions have been read.
    ///
    /// # Errors
    /// The store.
    pub async fn offer_of(
        &self,
        ports: &impl ReadCatalogue,
        user_id: UserId,
        editions: Editions,
    ) -> Result<Offer, Unavailable> {
        let catalogue = match self.known(editions) {
            Some(known) => known,
            None => self.load(ports).await?,
        };
        let preferences = match self.preferred(user_id, editions) {
            Some(known) => known,
            None => self.load_preferences(ports, user_id, editions).await?,
        };
        Ok(Offer { user_id, catalogue, preferences })
    }

    /// Before the first edit there is nothing to load.
    fn known(&self, editions: Editions) -> Option<Arc<Catalogue>> {
        let mut known = self.lock();
        if known.catalogue.is_none() && editions.catalogue == 0 {
            known.catalogue = Some(Arc::clone(&self.presets));
        }
        known.catalogue.clone().filter(|known| known.version >= editions.catalogue)
    }

    /// Loads, and remembers what it loaded unless something newer is known by then.
    async fn load(&self, ports: &impl ReadCatalogue) -> Result<Arc<Catalogue>, Unavailable> {
        count(Count::Load);
        let loaded = Arc::new(ports.catalogue().await?.with_presets(&self.presets));
        let mut known = self.lock();
        if known.catalogue.as_ref().is_none_or(|known| known.version <= loaded.version) {
            known.catalogue = Some(Arc::clone(&loaded));
        }
        Ok(loaded)
    }

    fn preferred(&self, user_id: UserId, editions: Editions) -> Option<Arc<Preferences>> {
        let mut known = self.lock();
        if editions.preferences == 0 {
            return Some(Arc::default());
        }
        if known.edition < editions.preferences {
            known.edition = editions.preferences;
            known.people.clear();
        }
        known.people.get(&user_id).cloned()
    }

    /// Loads, and remembers what it loaded unless somebody's preferences changed meanwhile.
    async fn load_preferences(
        &self,
        ports: &impl ReadCatalogue,
        user_id: UserId,
        editions: Editions,
    ) -> Result<Arc<Preferences>, Unavailable> {
        count(Count::Load);
        let loaded = Arc::new(ports.preferences(user_id).await?);
        let mut known = self.lock();
        if known.edition == editions.preferences {
            if known.people.len() >= PEOPLE {
                known.people.clear();
            }
            known.people.insert(user_id, Arc::clone(&loaded));
        }
        Ok(loaded)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
