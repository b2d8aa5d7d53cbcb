//! Sealing that anybody can open, except for somebody else's owner.

use chat::{
    catalogue::Sealed,
    port::{KeyOwner, OpenError, OpenSecrets, SealSecrets, Unavailable},
};

/// Keeps secrets beside whose they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secrets;

impl SealSecrets for Secrets {
    async fn seal(&self, owner: KeyOwner, secret: &str) -> Result<Sealed, Unavailable> {
        Ok(Sealed(format!("{}{secret}", before(owner)).into_bytes()))
    }
}

impl OpenSecrets for Secrets {
    async fn open(&self, owner: KeyOwner, sealed: &Sealed) -> Result<String, OpenError> {
        let text = String::from_utf8_lossy(&sealed.0);
        text.strip_prefix(&before(owner)).map(str::to_owned).ok_or(OpenError::Unreadable)
    }
}

fn before(owner: KeyOwner) -> String {
    format!("{owner:?}: ")
}
