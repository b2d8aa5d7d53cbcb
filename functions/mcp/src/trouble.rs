//! Why a tool server was of no use.

use std::error::Error;

use chat::port::{OpenError, Unavailable};
use rmcp::model::ErrorData;

/// Most characters of a server's own words that are kept.
const WORDS_CHARS: usize = 500;

/// Why a tool server was of no use. As text it may stand in a log: the server's own words are not in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Nothing came of the attempt to reach it: what it was to do was not begun. The words are for who administers.
    #[error("{0}")]
    Unreached(String),
    /// It does not want to be asked what to do: that was not begun.
    #[error(transparent)]
    Unwelcome(Refusal),
    /// It was told what to do, and said nothing that could be understood.
    #[error("{0}")]
    Unheard(String),
    /// It says that it cannot.
    #[error(transparent)]
    Refused(Refusal),
    /// It says that it wants something first which no server is offered.
    #[error("it asked for something that is not offered to servers")]
    Unoffered,
    /// What we need ourselves is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What a server refuses with.
#[derive(Debug, thiserror::Error)]
#[error("it refused with code {code}")]
pub(crate) struct Refusal {
    code: i32,
    /// Its own words, for who is to know them.
    pub(crate) words: String,
}

impl Trouble {
    /// Returns that a server was not reached, with all reasons that there are.
    pub(crate) fn unreached(error: &dyn Error) -> Self {
        Self::Unreached(words(error))
    }

    /// Returns it for who administers the server: in its own words, no longer than they may be.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Unwelcome(refusal) | Self::Refused(refusal) => {
                refusal.words.chars().take(WORDS_CHARS).collect()
            }
            Self::Unreached(_) | Self::Unheard(_) | Self::Unoffered | Self::Unavailable(_) => {
                self.to_string()
            }
        }
    }
}

impl From<ErrorData> for Refusal {
    fn from(error: ErrorData) -> Self {
        Self { code: error.code.0, words: error.message.into_owned() }
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
