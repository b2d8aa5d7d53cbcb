//! Ids of an answer, derived from one seed, and seals by which this server recognises what any rehearsal
//! issued, also before a restart.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

const MAC_BYTES: usize = 16;

/// Everything that is arbitrary in an answer comes from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed([u8; 32]);

impl Seed {
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        Self(digest(parts))
    }

    /// Names something within this answer: `len` hexadecimal digits, 64 at most.
    pub(crate) fn token(&self, label: &str, len: usize) -> String {
        let mut token = hex(&digest(&[&self.0, label.as_bytes()]));
        token.truncate(len);
        token
    }

    fn number(&self) -> u64 {
        self.0.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// A moment in the past, in seconds since 1970: no clock is asked.
    pub(crate) fn created(&self) -> u64 {
        1_750_000_000 + self.number() % 10_000_000
    }
}

/// Signs a thinking text.
pub(crate) fn sign(text: &str) -> String {
    let first = digest(&[b"thinking", text.as_bytes()]);
    STANDARD.encode([first, digest(&[&first])].concat())
}

/// Hides a text in a form that [`is_sealed`] recognises.
pub(crate) fn seal(text: &str) -> String {
    let mut sealed = text.as_bytes().to_vec();
    sealed.reverse();
    let mac = digest(&[b"seal", &sealed]);
    sealed.extend_from_slice(&mac[..MAC_BYTES]);
    STANDARD.encode(sealed)
}

/// Says whether [`seal`] made this.
pub(crate) fn is_sealed(data: &str) -> bool {
    let Ok(sealed) = STANDARD.decode(data) else { return false };
    let Some(at) = sealed.len().checked_sub(MAC_BYTES) else { return false };
    let (text, mac) = sealed.split_at(at);
    digest(&[b"seal", text]).starts_with(mac)
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|n| char::from(DIGITS[usize::from(n)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_seal_is_recognised() {
        assert!(is_sealed(&seal("a thought")));
    }

    #[test]
    fn foreign_seal_is_not_recognised() {
        for data in ["", "not base64!", "YSB0aG91Z2h0", &sign("a thought")] {
            assert!(!is_sealed(data), "{data}");
        }
    }

    #[test]
    fn same_seed_gives_the_same_tokens() {
        let seed = Seed::of(&[b"a", b"b"]);
        assert_eq!(seed.token("id", 24), Seed::of(&[b"a", b"b"]).token("id", 24));
        assert_ne!(seed.token("id", 24), Seed::of(&[b"ab"]).token("id", 24));
    }
}
