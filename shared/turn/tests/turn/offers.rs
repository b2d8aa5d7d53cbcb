//! What a process knows of the catalogue, and when it reads more than which edition is the newest.

use std::sync::Mutex;

use chat::{
    catalogue::{Catalogue, Edit, Editions, Preferences, Settings},
    id::UserId,
    port::{KeepCatalogue as _, Kept, ReadCatalogue, Unavailable},
};
use kit::{faults::Faults, memory::Memory, seed};
use tokio::sync::oneshot;
use turn::catalogue::Catalogues;
use uuid::Uuid;

const ONE: UserId = UserId(Uuid::from_u128(1));
const TWO: UserId = UserId(Uuid::from_u128(2));

fn store() -> (Memory, Faults) {
    let faults = Faults::default();
    (Memory::default().with_faults(faults.clone()), faults)
}

async fn says(store: &Memory, plan_instructions: &str) {
    let before = store.catalogue().await.unwrap();
    let settings = Settings { plan_instructions: plan_instructions.into(), ..Settings::default() };
    let edited = before.edit(&Catalogue::default(), Edit::PutSettings(Box::new(settings))).unwrap();
    assert_eq!(store.keep(&edited, None).await.unwrap(), Kept::Done);
}

async fn prefers(store: &Memory, user_id: UserId, prompt: &str) {
    let revision = store.preferences(user_id).await.unwrap().revision + 1;
    let preferences = Preferences { revision, prompt: prompt.into(), ..Preferences::default() };
    assert_eq!(store.keep_preferences(user_id, &preferences).await.unwrap(), Kept::Done);
}

#[tokio::test]
async fn before_the_first_edit_nothing_is_loaded() {
    let (store, faults) = store();
    let catalogues = Catalogues::new(seed::presets());
    for _ in 0..3 {
        let offer = catalogues.offer(&store, ONE).await.unwrap();
        assert_eq!(*offer.catalogue, seed::presets());
    }
    assert_eq!(faults.calls(), ["editions"; 3]);
}

#[tokio::test]
async fn an_edit_is_known_to_the_next_step_and_loaded_once() {
    let (store, faults) = store();
    let catalogues = Catalogues::new(seed::presets());
    catalogues.offer(&store, ONE).await.unwrap();
    says(&store, "be careful").await;
    faults.clear();
    for _ in 0..3 {
        let offer = catalogues.offer(&store, ONE).await.unwrap();
        assert_eq!(offer.catalogue.settings.plan_instructions, "be careful");
        assert_eq!(offer.catalogue.models.len(), 1);
    }
    assert_eq!(faults.calls(), ["editions", "catalogue", "editions", "editions"]);
}

#[tokio::test]
async fn preferences_are_loaded_once_for_each_person_until_anybodys_change() {
    let (store, faults) = store();
    let catalogues = Catalogues::new(seed::presets());
    prefers(&store, ONE, "be brief").await;
    faults.clear();
    for _ in 0..2 {
        for (user_id, prompt) in [(ONE, "be brief"), (TWO, "")] {
            assert_eq!(catalogues.offer(&store, user_id).await.unwrap().preferences.prompt, prompt);
        }
    }
    let loads = |faults: &Faults| faults.calls().iter().filter(|call| **call == "preferences").count();
    assert_eq!(loads(&faults), 2);
    prefers(&store, TWO, "be kind").await;
    faults.clear();
    for (user_id, prompt) in [(ONE, "be brief"), (TWO, "be kind")] {
        assert_eq!(catalogues.offer(&store, user_id).await.unwrap().preferences.prompt, prompt);
    }
    assert_eq!(loads(&faults), 2);
}

/// A store whose first load begins before an edit and ends after it.
struct Slow {
    ends: Mutex<Option<oneshot::Receiver<()>>>,
}

impl ReadCatalogue for Slow {
    async fn editions(&self) -> Result<Editions, Unavailable> {
        Ok(Editions::default())
    }

    async fn catalogue(&self) -> Result<Catalogue, Unavailable> {
        let ends = self.ends.lock().unwrap().take();
        let version = if let Some(ends) = ends {
            ends.await.unwrap();
            1
        } else {
            2
        };
        Ok(Catalogue { version, ..Catalogue::default() })
    }

    async fn preferences(&self, _user_id: UserId) -> Result<Preferences, Unavailable> {
        Ok(Preferences::default())
    }
}

#[tokio::test]
async fn a_slow_load_does_not_bring_back_what_an_edit_has_replaced() {
    let (end, ends) = oneshot::channel();
    let slow = Slow { ends: Mutex::new(Some(ends)) };
    let catalogues = Catalogues::new(Catalogue::default());
    let of = |catalogue| Editions { catalogue, preferences: 0 };
    let quick = async {
        let offer = catalogues.offer_of(&slow, ONE, of(2)).await.unwrap();
        assert_eq!(offer.catalogue.version, 2);
        end.send(()).unwrap();
    };
    let (late, ()) = tokio::join!(catalogues.offer_of(&slow, ONE, of(1)), quick);
    assert_eq!(late.unwrap().catalogue.version, 1);
    assert_eq!(catalogues.offer_of(&slow, ONE, of(2)).await.unwrap().catalogue.version, 2);
    assert_eq!(catalogues.offer_of(&slow, ONE, of(1)).await.unwrap().catalogue.version, 2);
}
