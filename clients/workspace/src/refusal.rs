//! Why a tool did not do what it was asked.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a tool did not do what it was asked, for the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Refusal {
    /// Says what could not be done with what, and why.
    pub fn of(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

/// Reads a tool's arguments.
///
/// # Errors
/// Some are missing or of another kind.
pub fn read<T: DeserializeOwned>(args: Value) -> Result<T, Refusal> {
    serde_json::from_value(args)
        .map_err(|error| Refusal::of("the arguments are not as they should be", error))
}

/// Runs what blocks where it may.
///
/// # Errors
/// It was refused, or panicked.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Refusal::of("the tool broke down", error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_refusal() {
        let refusal = blocking::<()>(|| panic!("on purpose")).await.unwrap_err();
        assert!(refusal.to_string().starts_with("the tool broke down"), "{refusal}");
    }
}
