//! What is offered, and what people prefer.

use chat::{
    catalogue::{Catalogue, Edited, Editions, Preferences},
    id::UserId,
    port::{KeepCatalogue, Kept, ReadCatalogue, Receipt, Unavailable},
};

use super::{Memory, tables::expired};

impl ReadCatalogue for Memory {
    async fn editions(&self) -> Result<Editions, Unavailable> {
        self.call("editions", |tables, _| Editions {
            catalogue: tables.catalogue.version,
            preferences: tables.preferences_edition,
        })
        .await
    }

    async fn catalogue(&self) -> Result<Catalogue, Unavailable> {
        self.call("catalogue", |tables, _| tables.catalogue.clone()).await
    }

    async fn preferences(&self, user_id: UserId) -> Result<Preferences, Unavailable> {
        self.call("preferences", |tables, _| tables.preferences.get(&user_id).cloned().unwrap_or_default())
            .await
    }
}

impl KeepCatalogue for Memory {
    async fn keep(&self, edited: &Edited, receipt: Option<&Receipt>) -> Result<Kept, Unavailable> {
        self.call("keep", |tables, now| {
            let taken = receipt.and_then(|receipt| tables.receipt(receipt.scope, &receipt.key));
            let taken = taken.is_some_and(|taken| !expired(taken.expires_at, now));
            if taken || tables.catalogue.version + 1 != edited.catalogue.version {
                return Kept::Overtaken;
            }
            tables.catalogue = edited.catalogue.clone();
            receipt.cloned().into_iter().for_each(|receipt| tables.put_receipt(receipt));
            Kept::Done
        })
        .await
    }

    async fn keep_preferences(
        &self,
        user_id: UserId,
        preferences: &Preferences,
    ) -> Result<Kept, Unavailable> {
        self.call("keep_preferences", |tables, _| {
            let held = tables.preferences.entry(user_id).or_default();
            if held.revision + 1 != preferences.revision {
                return Kept::Overtaken;
            }
            held.clone_from(preferences);
            tables.preferences_edition += 1;
            Kept::Done
        })
        .await
    }
}
