//! What a failure shows: by its cause, its status, and the provider's words.
//!
//! The only place where anybody's words are matched.

use crate::fault::{Cause, Fault};

/// A sign that a failure bears. One failure may bear many; `classify` says which counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    MissingKey,
    Interrupted,
    BrokenHistory,
    EndedEarly,
    Silent,
    ChainBroken,
    Overloaded,
    UsageLimit,
    Auth,
    Forbidden,
    RateLimit,
    ProviderDisabled,
    ContentFilter,
    Timeout,
    ContextOverflow,
    Config,
    Server,
    NotFound,
    Malformed,
}

impl Signal {
    /// Returns whether `fault` bears this sign.
    pub(crate) fn shows(self, fault: &Fault) -> bool {
        self.by_cause(fault.cause)
            || fault.status.is_some_and(|status| self.by_status(status))
            // What is not what was promised is told in our words, and those of a parser: `EOF` is no lost connection.
            || (fault.cause != Cause::Malformed && self.by_words(&haystack(fault)))
    }

    fn by_cause(self, cause: Cause) -> bool {
        let sign = match cause {
            Cause::Refused => return false,
            Cause::Transport => Self::Timeout,
            Cause::Silent => Self::Silent,
            Cause::EndedEarly => Self::EndedEarly,
            Cause::Malformed | Cause::Useless => Self::Malformed,
            Cause::MissingKey => Self::MissingKey,
            Cause::Unsendable => Self::Config,
        };
        self == sign
    }

    fn by_status(self, status: u16) -> bool {
        match status {
            529 => self == Self::Overloaded,
            402 => self == Self::UsageLimit,
            401 => self == Self::Auth,
            403 => self == Self::Forbidden,
            429 => self == Self::RateLimit,
            408 | 502..=504 => self == Self::Timeout,
            404 => self == Self::NotFound,
            413 => self == Self::ContextOverflow,
            500 => self == Self::Server,
            _ => false,
        }
    }

    fn by_words(self, haystack: &str) -> bool {
        // The id between them is the provider's.
        if self == Self::ChainBroken && haystack.contains("previous response with id") {
            return haystack.contains("not found");
        }
        if self == Self::Timeout && is_reset_by_peer(haystack) {
            return true;
        }
        let words = WORDS.iter().filter(|(sign, _)| *sign == self).flat_map(|(_, words)| *words);
        words.into_iter().any(|word| haystack.contains(word))
    }
}

/// The words come from the providers' references and from failures that were seen.
const WORDS: [(Signal, &[&str]); 14] = [
    (Signal::Interrupted, &["chat interrupted", "request interrupted", "operation interrupted"]),
    (Signal::ChainBroken, &["previous_response_not_found"]),
    (
        Signal::BrokenHistory,
        &[
            "no tool output found for function call",
            "no tool call found for function call output",
            "without its required 'reasoning' item",
            "without its required following item",
            "items are not persisted when",
        ],
    ),
    (Signal::Overloaded, &["overloaded"]),
    (
        Signal::UsageLimit,
        &[
            "quota",
            "billing",
            "payment required",
            "credit balance",
            "usage limit",
            "spending limit",
            "insufficient credits",
        ],
    ),
    (
        Signal::Auth,
        &[
            "authentication",
            "unauthorized",
            "invalid api key",
            "incorrect api key",
            "invalid_api_key",
            "invalid x-api-key",
            "api key not valid",
            "api_key_invalid",
            // What signs a request for AWS does not last.
            "security token included in the request",
        ],
    ),
    (Signal::Forbidden, &["forbidden", "permission_error"]),
    (Signal::RateLimit, &["rate limit", "rate_limit", "rate limited", "rate-limited", "too many requests"]),
    (Signal::ProviderDisabled, &["provider_disabled"]),
    (
        Signal::ContentFilter,
        &["content_filter", "content_policy", "content management policy", "safety system"],
    ),
    (
        Signal::Timeout,
        &[
            "timeout",
            "timed out",
            "unavailable",
            "connection reset",
            "connection refused",
            " eof",
            "broken pipe",
            "bad gateway",
            "client conn",
            "goaway",
            "http2 stream closed",
            "use of closed network connection",
            "stream error received",
            "deadline_exceeded",
        ],
    ),
    (
        Signal::ContextOverflow,
        &[
            "context length",
            "context_length",
            "context window",
            "context limit",
            "context_exceeded",
            "prompt is too long",
            "input is too long",
            "input token count",
            "request_too_large",
            "payload size exceeds",
        ],
    ),
    (
        Signal::Config,
        &[
            "invalid model",
            "unsupported model",
            "model not found",
            "model_not_found",
            "unsupported_parameter",
            "unsupported_value",
            "malformed config",
        ],
    ),
    (Signal::Server, &["server error", "server_error", "api_error", "internal error"]),
];

/// A gateway's words for a stream that the provider reset, with a code that says that another may do.
fn is_reset_by_peer(haystack: &str) -> bool {
    let codes = ["no_error", "internal_error", "refused_stream", "cancel", "enhance_your_calm"];
    haystack.contains("stream error")
        && haystack.contains("received from peer")
        && codes.iter().any(|code| haystack.contains(code))
}

fn haystack(fault: &Fault) -> String {
    let code = fault.code.as_deref().unwrap_or_default();
    format!("{code} {}", fault.message).to_lowercase()
}
