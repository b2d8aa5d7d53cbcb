//! What is sealed, as bytes: version, length of the wrapped data key, wrapped data key, nonce, ciphertext with its tag.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use chat::port::KeyOwner;

/// The only version there is.
const VERSION: u8 = 1;

/// It cannot be sealed or opened: a wrong key, a wrong owner, changed bytes, or no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key cannot be sealed or opened")]
pub(crate) struct Broken;

/// Makes a key of its 32 bytes.
pub(crate) fn key(bytes: &[u8]) -> Result<LessSafeKey, Broken> {
    UnboundKey::new(&AES_256_GCM, bytes).map(LessSafeKey::new).map_err(|_| Broken)
}

/// Seals a secret. The nonce is random: a process seals far fewer than the 2^32 that one key is good for.
pub(crate) fn seal(
    key: &LessSafeKey,
    wrapped: &[u8],
    owner: KeyOwner,
    secret: &str,
) -> Result<Vec<u8>, Broken> {
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| Broken)?;
    let length = u16::try_from(wrapped.len()).map_err(|_| Broken)?;
    let mut bytes = secret.as_bytes().to_vec();
    let nonce_used = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce_used, aad(owner), &mut bytes).map_err(|_| Broken)?;
    Ok([&[VERSION][..], &length.to_be_bytes(), wrapped, &nonce, &bytes].concat())
}

/// What is sealed, in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    /// The data key, as KMS gave it.
    pub(crate) wrapped: &'a [u8],
    nonce: [u8; NONCE_LEN],
    ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Broken> {
        let rest = bytes.strip_prefix(&[VERSION]).ok_or(Broken)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(Broken)?;
        let (wrapped, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(Broken)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Broken)?;
        Ok(Self { wrapped, nonce: *nonce, ciphertext })
    }

    pub(crate) fn open(&self, key: &LessSafeKey, owner: KeyOwner) -> Result<String, Broken> {
        let mut bytes = self.ciphertext.to_vec();
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let opened = key.open_in_place(nonce, aad(owner), &mut bytes).map_err(|_| Broken)?;
        String::from_utf8(opened.to_vec()).map_err(|_| Broken)
    }
}

fn aad(owner: KeyOwner) -> Aad<Vec<u8>> {
    let named = match owner {
        KeyOwner::Deployment(provider) => format!("deployment {provider}"),
        KeyOwner::Person(person, provider) => format!("person {person} {provider}"),
        KeyOwner::Server(server) => format!("server {server}"),
        KeyOwner::Grant(server) => format!("grant {server}"),
    };
    Aad::from([&[VERSION], named.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use chat::id::{ProviderId, UserId};
    use uuid::Uuid;

    use super::*;

    const ONE: KeyOwner = KeyOwner::Deployment(ProviderId(Uuid::from_u128(1)));
    const OTHER: KeyOwner = KeyOwner::Deployment(ProviderId(Uuid::from_u128(2)));
    const HERS: KeyOwner = KeyOwner::Person(UserId(Uuid::from_u128(3)), ProviderId(Uuid::from_u128(1)));
    const HIS: KeyOwner = KeyOwner::Person(UserId(Uuid::from_u128(4)), ProviderId(Uuid::from_u128(1)));

    fn sealed(owner: KeyOwner) -> Vec<u8> {
        seal(&key(&[7; 32]).unwrap(), b"wrapped", owner, "sk-secret").unwrap()
    }

    fn open(bytes: &[u8], with: u8, owner: KeyOwner) -> Result<String, Broken> {
        Envelope::read(bytes)?.open(&key(&[with; 32])?, owner)
    }

    #[test]
    fn what_was_sealed_opens_for_its_owner_and_nobody_else() {
        for owner in [ONE, HERS] {
            let sealed = sealed(owner);
            assert_eq!(Envelope::read(&sealed).unwrap().wrapped, b"wrapped");
            assert_eq!(open(&sealed, 7, owner).unwrap(), "sk-secret");
            assert_eq!(open(&sealed, 8, owner), Err(Broken), "another deployment's key");
            for other in [ONE, OTHER, HERS, HIS].into_iter().filter(|other| *other != owner) {
                assert_eq!(open(&sealed, 7, other), Err(Broken), "{other:?}");
            }
        }
    }

    #[test]
    fn a_changed_or_cut_byte_is_noticed_and_never_a_panic() {
        let sealed = sealed(ONE);
        for place in 0..sealed.len() {
            assert_eq!(open(&sealed[..place], 7, ONE), Err(Broken), "cut at {place}");
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            let opened = Envelope::read(&changed).and_then(|read| read.open(&key(&[7; 32]).unwrap(), ONE));
            // Only KMS can tell that the wrapped key was changed.
            assert_eq!(opened.is_ok(), (3..10).contains(&place), "changed at {place}");
        }
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time_and_shows_nothing() {
        let (one, two) = (sealed(ONE), sealed(ONE));
        assert_ne!(one, two);
        assert!(!one.windows(3).any(|bytes| bytes == b"sk-"));
    }
}
