//! Secrets: held, compared and sent, never printed.

use std::fmt;

use sha2::{Digest, Sha256};

/// A secret. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns a new one: `prefix` and 256 random bits, base64url.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn random(prefix: &str) -> Result<Self, getrandom::Error> {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Returns the secret itself, to be sent to whom it belongs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns its SHA-256 in lower-case hex: the name under which it is stored.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn random_ones_differ() {
        let (a, b) = (Secret::random("qs_").unwrap(), Secret::random("qs_").unwrap());
        assert!(a != b && a.reveal().starts_with("qs_") && a.reveal().len() == 46);
    }

    #[test]
    fn the_hash_is_sha_256_in_hex() {
        let hash = Secret::new("abc").hash();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
