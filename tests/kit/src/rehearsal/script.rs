//! What a rehearsal plays for one request: pieces, pace, ending and mishaps.

use std::time::Duration;

use serde_json::Value;

use super::hold::{self, Gate, Hold};

/// One block of an answer, in the order in which it is streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Reasoning that the provider shows: a thinking block, a reasoning summary, `reasoning_content`.
    Reason(String),
    /// Reasoning that the provider hides: `redacted_thinking`, or a reasoning item without a summary.
    Redacted(String),
    /// Words for the user.
    Text(String),
    /// A request to run a tool. The input is JSON text, sent as it is, so it may be broken on purpose.
    Call {
        /// The tool's name.
        name: String,
        /// The arguments as JSON text.
        input: String,
    },
}

/// Why the model stops, in words that every provider has its own spelling for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// The answer is complete, or it ends in calls.
    #[default]
    Natural,
    /// The output limit was reached.
    MaxTokens,
    /// The model declined; the text is the refusal.
    Refusal,
    /// The provider's filter cut the answer.
    ContentFilter,
    /// The provider wants to be asked again before it goes on; only Anthropic does.
    Pause,
}

/// A kind of failure. Each provider has its own status, type, code and text for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The provider has no capacity at the moment.
    Overloaded,
    /// Too many requests or tokens a minute.
    RateLimit,
    /// The account has no money or quota left.
    Quota,
    /// The key is wrong.
    Auth,
    /// The key is right and may not do this.
    Forbidden,
    /// The model does not exist.
    NotFound,
    /// The body is larger than the provider takes.
    TooLarge,
    /// The prompt is longer than the model's context.
    Context,
    /// The provider gave up waiting.
    Timeout,
    /// The provider broke.
    Server,
    /// The request is malformed.
    Invalid,
}

impl Fault {
    /// The failure that a status usually means.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Auth,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            408 | 504 => Self::Timeout,
            413 => Self::TooLarge,
            429 => Self::RateLimit,
            503 | 529 => Self::Overloaded,
            500.. => Self::Server,
            _ => Self::Invalid,
        }
    }

    /// The failure of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "overloaded" | "overloaded_error" => Self::Overloaded,
            "rate_limit" | "rate_limit_error" => Self::RateLimit,
            "quota" | "insufficient_quota" => Self::Quota,
            "auth" | "authentication_error" => Self::Auth,
            "forbidden" | "permission_error" => Self::Forbidden,
            "not_found" | "not_found_error" => Self::NotFound,
            "too_large" | "request_too_large" => Self::TooLarge,
            "context" | "context_length_exceeded" => Self::Context,
            "timeout" | "timeout_error" => Self::Timeout,
            "server" | "server_error" | "api_error" => Self::Server,
            "invalid" | "invalid_request_error" => Self::Invalid,
            _ => return None,
        })
    }
}

/// An HTTP failure instead of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub fault: Fault,
    /// The status to send instead of the provider's usual one.
    pub status: Option<u16>,
    /// Sent as `retry-after` (whole seconds) or `retry-after-ms` (anything finer).
    pub retry_after: Option<Duration>,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, status: None, retry_after: None }
    }
}

/// Something that goes wrong on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The request fails before anything is streamed.
    Fail(Failure),
    /// Nothing is sent for a while, in mid-stream.
    Stall(Duration),
    /// The connection is dropped, in mid-stream.
    Cut,
    /// The provider reports an error, in mid-stream.
    ErrorEvent(Fault),
}

/// A mishap with its place and how many attempts it spoils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happens.
    pub mishap: Mishap,
    /// After how many chunks it happens. Beyond the end: just before the end.
    pub after: usize,
    /// How many first attempts are spoiled; none: every attempt.
    pub times: Option<u32>,
}

/// The answer to one request.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) pace: Duration,
    pub(crate) stop: Stop,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) gate: Option<Gate>,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// An empty answer at full speed, to be built up.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pieces: Vec::new(),
            pace: Duration::ZERO,
            stop: Stop::Natural,
            troubles: Vec::new(),
            gate: None,
        }
    }

    /// Answers with one text at full speed.
    #[must_use]
    pub fn say(text: impl Into<String>) -> Self {
        Self::new().piece(Piece::Text(text.into()))
    }

    /// Fails with the provider's own status and body.
    #[must_use]
    pub fn fail(failure: impl Into<Failure>) -> Self {
        Self::new().trouble(Mishap::Fail(failure.into()), 0)
    }

    /// Appends a piece.
    #[must_use]
    pub fn piece(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }

    /// Appends reasoning.
    #[must_use]
    pub fn reason(self, text: impl Into<String>) -> Self {
        self.piece(Piece::Reason(text.into()))
    }

    /// Appends text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.piece(Piece::Text(text.into()))
    }

    /// Appends a tool call.
    #[must_use]
    pub fn call(self, name: impl Into<String>, input: &Value) -> Self {
        self.piece(Piece::Call { name: name.into(), input: input.to_string() })
    }

    /// Waits this long before every chunk.
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Ends for this reason.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Goes wrong after this many chunks.
    #[must_use]
    pub fn trouble(mut self, mishap: Mishap, after: usize) -> Self {
        self.troubles.push(Trouble { mishap, after, times: None });
        self
    }

    /// The mishaps that befall this attempt at a request, counted from 1.
    pub(crate) fn troubles_of(&self, attempt: u32) -> Vec<Trouble> {
        let hits = |trouble: &&Trouble| trouble.times.is_none_or(|times| attempt <= times);
        self.troubles.iter().filter(hits).copied().collect()
    }

    /// Whether it matters which attempt this is.
    pub(crate) fn counts_attempts(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.times.is_some())
    }

    /// Holds the stream before its first chunk; the hold lets chunks pass.
    #[must_use]
    pub fn held(mut self) -> (Self, Hold) {
        let (gate, hold) = hold::pair();
        self.gate = Some(gate);
        (self, hold)
    }
}
