//! What a deployment offers, and what people set for themselves.

use super::{Receipt, Unavailable};
use crate::{
    catalogue::{Catalogue, Edited, Editions, Preferences},
    id::UserId,
};

/// Reads the catalogue and people's preferences.
pub trait ReadCatalogue: Send + Sync {
    /// Returns which edition of everything is the newest: one small read, strongly consistent.
    fn editions(&self) -> impl Future<Output = Result<Editions, Unavailable>> + Send;
    /// Returns the stored catalogue, as one edition of it.
    fn catalogue(&self) -> impl Future<Output = Result<Catalogue, Unavailable>> + Send;
    /// Returns what a person set, with the edition of all preferences that it belongs to at least.
    fn preferences(&self, user_id: UserId) -> impl Future<Output = Result<Preferences, Unavailable>> + Send;
}

/// Whether an edit was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was.
    Done,
    /// Another edit was quicker: nothing changed; read again and decide again.
    Overtaken,
}

/// Changes them.
pub trait KeepCatalogue: ReadCatalogue {
    /// Makes an edit the newest edition, if the one that it was made from is still the newest and there is no such
    /// receipt yet; writes the receipt with it, both or neither.
    ///
    /// # Errors
    /// The store; it may have been kept.
    fn keep(
        &self,
        edited: &Edited,
        receipt: Option<&Receipt>,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;
    /// Makes a person's preferences the newest, if their revision is one above what is stored.
    ///
    /// # Errors
    /// The store; it may have been kept.
    fn keep_preferences(
        &self,
        user_id: UserId,
        preferences: &Preferences,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;
}
