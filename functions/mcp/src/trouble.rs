//! Why a tool server was of no use.

use std::error::Error;

use chat::port::{OpenError, Unavailable};

/// Most characters of a server's own words that are kept.
const WORDS_CHARS: usize = 500;

/// Why a tool server was of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Nothing came of the attempt to reach it: what it was to do was not begun. The words are for who administers.
    #[error("{0}")]
    Unreached(String),
    /// It was told what to do, and said nothing that could be understood.
    #[error("{0}")]
    Unheard(String),
    /// It says that it cannot, in its own words.
    #[error("{0}")]
    Refused(String),
    /// What we need ourselves is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Trouble {
    /// Returns that a server was not reached, with all reasons that there are.
    pub(crate) fn unreached(error: &dyn Error) -> Self {
        Self::Unreached(words(error))
    }
}

impl From<OpenError> for Trouble {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unavailable(unavailable) => Self::Unavailable(unavailable),
            OpenError::Unreadable | OpenError::Refused(_) => {
                tracing::warn!(?error, "a stored secret was not opened");
                Self::Unreached(error.to_string())
            }
        }
    }
}

/// Returns an error with what caused it, no longer than it may be.
pub(crate) fn words(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said.chars().take(WORDS_CHARS).collect()
}
