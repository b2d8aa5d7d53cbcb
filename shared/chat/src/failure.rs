//! What went wrong, in words for people.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The kinds of failure that clients tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The provider has too much to do.
    Overloaded,
    /// Too many requests in too short a time.
    RateLimit,
    /// The provider did not answer in time, or hung up.
    Timeout,
    /// The provider fell silent in mid-stream.
    StreamSilenceTimeout,
    /// The provider does not accept the key.
    Auth,
    /// The model's settings are wrong, or the prompt does not fit.
    Config,
    /// A quota or a ceiling is used up.
    UsageLimit,
    /// No key is configured.
    MissingKey,
    /// The provider is switched off.
    ProviderDisabled,
    /// The provider refused the content.
    ContentFilter,
    /// Anything else.
    Generic,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Overloaded,
        Self::RateLimit,
        Self::Timeout,
        Self::StreamSilenceTimeout,
        Self::Auth,
        Self::Config,
        Self::UsageLimit,
        Self::MissingKey,
        Self::ProviderDisabled,
        Self::ContentFilter,
        Self::Generic,
    ];

    /// Returns its name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::RateLimit => "rate_limit",
            Self::Timeout => "timeout",
            Self::StreamSilenceTimeout => "stream_silence_timeout",
            Self::Auth => "auth",
            Self::Config => "config",
            Self::UsageLimit => "usage_limit",
            Self::MissingKey => "missing_key",
            Self::ProviderDisabled => "provider_disabled",
            Self::ContentFilter => "content_filter",
            Self::Generic => "generic",
        }
    }

    /// Returns the sentence that people read about a failure of this kind.
    ///
    /// `subject` names the provider, such as `Anthropic`, or is `the model provider`.
    #[must_use]
    pub fn sentence(self, subject: &str) -> String {
        match self {
            Self::Overloaded => format!("{subject} is overloaded"),
            Self::RateLimit => format!("{subject} is limiting the rate of requests"),
            Self::Timeout => format!("{subject} is temporarily unavailable"),
            Self::StreamSilenceTimeout => format!("{subject} stopped answering in mid-stream"),
            Self::Auth => format!("{subject} did not accept the API key"),
            Self::Config => {
                format!("{subject} rejected the model's configuration or the length of the prompt")
            }
            Self::UsageLimit => format!("the quota or the credit with {subject} is used up"),
            Self::MissingKey => format!("no API key is configured for {subject}"),
            Self::ProviderDisabled => format!("{subject} is switched off in this deployment"),
            Self::ContentFilter => format!("{subject} declined to answer for reasons of content"),
            Self::Generic => format!("{subject} failed to answer"),
        }
    }

    /// Returns what somebody can do about it, where there is something to do.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Auth | Self::MissingKey => Some("check the API key in the provider's settings"),
            Self::Config => Some("check the model's settings, or shorten the conversation"),
            Self::UsageLimit => Some("check the plan and billing with the provider"),
            Self::ProviderDisabled => Some("choose another model"),
            Self::ContentFilter => Some("rephrase the message"),
            Self::Overloaded
            | Self::RateLimit
            | Self::Timeout
            | Self::StreamSilenceTimeout
            | Self::Generic => None,
        }
    }
}

/// A failure that ended a turn; stored as `last_error` and sent as the `error` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened and what to do, for people.
    pub message: String,
    /// The provider's own words, at most [`crate::limit::FAILURE_DETAIL_CHARS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What kind it is.
    pub kind: Kind,
    /// The provider's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The HTTP status that it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Whether sending the message again may help.
    pub retryable: bool,
}

/// A retry that waits for its time; stored on the chat and sent as the `retry` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// Which attempt failed, from 1.
    pub attempt: u32,
    /// How long the wait is.
    pub delay_ms: u64,
    /// What happened, for people.
    pub error: String,
    /// What kind it is.
    pub kind: Kind,
    /// The provider's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The HTTP status that it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// When the next attempt starts.
    pub retrying_at: Timestamp,
}

/// Returns the wait before the attempt that follows `attempt` (from 1): 1 s doubling to 60 s, no less
/// than the provider asked for.
#[must_use]
pub fn backoff_ms(attempt: u32, retry_after_ms: Option<u64>) -> u64 {
    let doubled = 1_000_u64 << attempt.saturating_sub(1).min(6);
    doubled.min(60_000).max(retry_after_ms.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_minute() {
        let waits: Vec<_> = (1..=8).map(|attempt| backoff_ms(attempt, None) / 1_000).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn the_provider_may_ask_for_more_but_not_for_less() {
        assert_eq!(backoff_ms(1, Some(90_000)), 90_000);
        assert_eq!(backoff_ms(4, Some(10)), 8_000);
    }
}
