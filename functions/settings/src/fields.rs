//! What is wrong with the fields of a request, all of it.

use edge::{FieldError, Rejection};
use serde::{Deserialize, Deserializer};

/// Most bytes of a key.
pub(crate) const KEY_BYTES: usize = 10_240;
/// Most bytes of a prompt.
pub(crate) const PROMPT_BYTES: usize = 131_072;
/// Most characters of a name.
const NAME_CHARS: usize = 200;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    pub(crate) fn wrong(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    /// Notes a value that breaks a rule.
    pub(crate) fn must(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.wrong(field, message);
        }
    }

    /// Returns a value, and notes that it is missing.
    pub(crate) fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        self.must(value.is_some(), field, "is required");
        value
    }

    /// Notes a name that is empty, too long or has control characters.
    pub(crate) fn name(&mut self, field: &str, name: &str) {
        let fits = name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control);
        let message = format!("must be 1 to {NAME_CHARS} characters, none of them a control character");
        self.must(fits && !name.trim().is_empty(), field, &message);
    }

    /// Notes a key that no header could carry, or that is too long.
    pub(crate) fn key(&mut self, field: &str, key: &str) {
        let fits = (1..=KEY_BYTES).contains(&key.len());
        let plain = key.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        let message = format!("must be 1 to {KEY_BYTES} printable ASCII characters without spaces");
        self.must(fits && plain, field, &message);
    }

    /// Notes a prompt that is too long.
    pub(crate) fn prompt(&mut self, field: &str, prompt: &str) {
        self.must(prompt.len() <= PROMPT_BYTES, field, &format!("must be at most {PROMPT_BYTES} bytes"));
    }

    /// Returns whether nothing is wrong so far.
    ///
    /// # Errors
    /// Something is: 400, naming each field.
    pub(crate) fn done(self) -> Result<(), Rejection> {
        if self.0.is_empty() { Ok(()) } else { Err(Rejection::Invalid(self.0)) }
    }
}

/// Tells a field that is `null` from one that is not there.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
