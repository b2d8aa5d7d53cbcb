//! Where a provider is reached, and with which key.

use std::fmt;

/// The base URL of Anthropic; `/v1/messages` is appended.
pub const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";
/// The base URL of OpenAI; `/responses` or `/chat/completions` is appended.
pub const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";

/// Where a provider is reached.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The base URL, as the provider's own libraries take it.
    pub base_url: String,
    /// The key.
    pub api_key: Secret,
}

impl Endpoint {
    /// Returns the address of `path` below the base URL; a `/v1` that both carry is said once.
    pub(crate) fn url(&self, path: &str) -> String {
        let base = self.base_url.trim_end_matches('/');
        let base = if path.starts_with("/v1/") { base.strip_suffix("/v1").unwrap_or(base) } else { base };
        format!("{base}{path}")
    }
}

/// A text that no log shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A key copied with its line break is still that key.
    pub(crate) fn reveal(&self) -> &str {
        self.0.trim()
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.reveal().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"…\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base_url: &str, path: &str) -> String {
        Endpoint { base_url: base_url.to_owned(), api_key: Secret::default() }.url(path)
    }

    #[test]
    fn paths_are_appended_as_the_providers_libraries_do() {
        assert_eq!(url(ANTHROPIC_BASE_URL, "/v1/messages"), "https://api.anthropic.com/v1/messages");
        assert_eq!(url("http://x/v1/", "/v1/messages"), "http://x/v1/messages");
        assert_eq!(url(OPENAI_BASE_URL, "/responses"), "https://api.openai.com/v1/responses");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let endpoint = Endpoint { base_url: "http://x".to_owned(), api_key: Secret::new("sk-1") };
        assert_eq!(format!("{endpoint:?}"), r#"Endpoint { base_url: "http://x", api_key: "…" }"#);
    }
}
