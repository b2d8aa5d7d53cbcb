//! Whose tokens are, remembered for a short while.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chat::{port::Person, time::Timestamp};

/// How long a token is not looked up again; also how long one works on after it is revoked.
const KEPT_MS: u64 = 60_000;
/// Most tokens that are remembered.
const MOST: usize = 10_000;

/// Whose tokens are, by their hashes.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<HashMap<String, (Person, Timestamp)>>);

impl Kept {
    pub(crate) fn get(&self, hash: &str, now: Timestamp) -> Option<Person> {
        self.lock().get(hash).filter(|(_, until)| *until > now).map(|(person, _)| *person)
    }

    pub(crate) fn put(&self, hash: String, person: Person, now: Timestamp) {
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.retain(|_, (_, until)| *until > now);
        }
        if kept.len() < MOST {
            kept.insert(hash, (person, now.plus_ms(KEPT_MS)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Person, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
