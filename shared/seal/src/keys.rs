//! The ports over envelopes and KMS, with what a process remembers of data keys.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::aead::LessSafeKey;
use aws_types::SdkConfig;
use chat::{
    catalogue::Sealed,
    port::{Clock, KeyOwner, OpenError, OpenSecrets, SealSecrets, Unavailable},
};

use crate::{
    envelope::{self, Broken, Envelope},
    kms::{DataKey, Kms, KmsError},
};

/// Data keys that a process remembers; all are forgotten for one more.
const REMEMBERED: usize = 16;

/// Seals and opens keys. Clones share what they remember.
#[derive(Clone)]
pub struct Keys {
    kms: Arc<Kms>,
    remembered: Arc<Mutex<Remembered>>,
}

#[derive(Default)]
struct Remembered {
    /// What this process seals with.
    sealing: Option<(Vec<u8>, Arc<LessSafeKey>)>,
    /// What it has opened with, by the wrapped key.
    opening: HashMap<Vec<u8>, Arc<LessSafeKey>>,
}

impl Keys {
    /// Uses the key of KMS that `key_id`, an ARN, names. Nothing is asked before it is needed.
    pub fn connect(sdk: &SdkConfig, key_id: &str, clock: impl Clock + 'static) -> Self {
        Self { kms: Arc::new(Kms::new(sdk, key_id, clock)), remembered: Arc::default() }
    }

    async fn sealing(&self) -> Result<(Vec<u8>, Arc<LessSafeKey>), KmsError> {
        if let Some(known) = self.lock().sealing.clone() {
            return Ok(known);
        }
        let DataKey { plain, wrapped } = self.kms.generate().await?;
        let made =
            (wrapped, Arc::new(envelope::key(&plain).map_err(|_| KmsError::odd("a key of another size"))?));
        Ok(self.lock().sealing.get_or_insert(made).clone())
    }

    async fn opening(&self, wrapped: &[u8]) -> Result<Arc<LessSafeKey>, KmsError> {
        if let Some(known) = self.lock().opening.get(wrapped) {
            return Ok(Arc::clone(known));
        }
        let plain = self.kms.unwrap(wrapped).await?;
        let key =
            Arc::new(envelope::key(&plain).map_err(|_| KmsError::Refused("a key of another size".into()))?);
        let mut remembered = self.lock();
        if remembered.opening.len() >= REMEMBERED {
            remembered.opening.clear();
        }
        remembered.opening.insert(wrapped.to_vec(), Arc::clone(&key));
        Ok(key)
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SealSecrets for Keys {
    async fn seal(&self, owner: KeyOwner, secret: &str) -> Result<Sealed, Unavailable> {
        let (wrapped, key) = self.sealing().await.map_err(KmsError::unavailable)?;
        let sealed = envelope::seal(&key, &wrapped, owner, secret);
        sealed.map(Sealed).map_err(|broken| KmsError::odd(&broken.to_string()).unavailable())
    }
}

impl OpenSecrets for Keys {
    async fn open(&self, owner: KeyOwner, sealed: &Sealed) -> Result<String, OpenError> {
        let unreadable = |_: Broken| OpenError::Unreadable;
        let envelope = Envelope::read(&sealed.0).map_err(unreadable)?;
        let key = self.opening(envelope.wrapped).await.map_err(|error| match error {
            KmsError::Unknown => OpenError::Unreadable,
            error @ KmsError::Refused(_) => OpenError::Refused(error.unavailable()),
            error @ KmsError::Away(_) => OpenError::Unavailable(error.unavailable()),
        })?;
        envelope.open(&key, owner).map_err(unreadable)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
