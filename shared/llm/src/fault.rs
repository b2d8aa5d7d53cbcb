//! A failed call before anybody said what it means.

use std::error::Error as _;

use chat::model::ModelError;

use crate::{endpoint::Secret, reach::Inside, sse::TooLong};

/// Bytes of a provider's words that are kept.
pub(crate) const WORDS_BYTES: usize = 2_048;

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The provider said no, with a status or in its stream.
    Refused,
    /// No connection, or one that broke.
    Transport,
    /// No word for as long as a stream may be silent.
    Silent,
    /// The stream ended before its terminal event.
    EndedEarly,
    /// What arrived is not what the wire format promises.
    Malformed,
    /// What arrived is whole, and nothing can be done with it.
    Useless,
    /// No endpoint or no key.
    MissingKey,
    /// The request could not be built, as with a wrong base URL.
    Unsendable,
}

/// A failed call: what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) cause: Cause,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) retry_after_ms: Option<u64>,
}

impl Fault {
    pub(crate) fn new(cause: Cause, message: impl Into<String>) -> Self {
        let message = bounded(message.into());
        Self { cause, status: None, code: None, message, retry_after_ms: None }
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(Cause::Malformed, message)
    }

    pub(crate) fn useless(message: impl Into<String>) -> Self {
        Self::new(Cause::Useless, message)
    }

    pub(crate) fn ended_early() -> Self {
        Self::new(Cause::EndedEarly, "the stream ended before the answer was complete")
    }
}

/// Takes a key out of the words of a failure: some servers echo what they were sent. What the failure means is judged
/// before, by all of its words: a short key may be one of them.
pub(crate) fn without(error: ModelError, key: &Secret) -> ModelError {
    let clean = |text: String| if key.is_blank() { text } else { text.replace(key.reveal(), "…") };
    ModelError { message: clean(error.message), code: error.code.map(clean), ..error }
}

impl From<TooLong> for Fault {
    fn from(error: TooLong) -> Self {
        Self::malformed(error.to_string())
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let cause =
            if error.is_builder() || leads_inside(&error) { Cause::Unsendable } else { Cause::Transport };
        Self::new(cause, words(&error))
    }
}

fn leads_inside(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error.is::<Inside>() {
            return true;
        }
        source = error.source();
    }
    false
}

fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

/// Cuts words to what is kept, between characters.
pub(crate) fn bounded(mut words: String) -> String {
    words.truncate(words.floor_char_boundary(WORDS_BYTES));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    use chat::failure::Kind;

    use crate::classify::classify;

    #[test]
    fn an_echoed_key_is_taken_out() {
        let fault = Fault::new(Cause::Refused, "wrong key: sk-1");
        assert_eq!(without(classify(fault, "openai"), &Secret::new("sk-1\n")).message, "wrong key: …");
    }

    #[test]
    fn a_key_that_is_a_common_word_spoils_no_judgement() {
        let fault = Fault { status: Some(400), ..Fault::new(Cause::Refused, "API key not valid") };
        let error = without(classify(fault, "google"), &Secret::new("key"));
        assert_eq!((error.kind, error.message.as_str()), (Kind::Auth, "API … not valid"));
    }
}
