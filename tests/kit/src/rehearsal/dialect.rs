//! The providers' wire formats, as one choice.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{
    anthropic, completions, google, openai, refusal::Refusal, responses, script::Fault, talk::Talk,
    wire::Wire,
};

/// Which wire format a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Responses.
    Responses,
    /// OpenAI Chat Completions.
    Completions,
    /// Google's Generate Content.
    Generate,
}

impl Dialect {
    /// Looks at the credentials and the version.
    pub(crate) fn admit(self, headers: &HeaderMap) -> Result<(), Refusal> {
        match self {
            Self::Anthropic => anthropic::admit(headers),
            Self::Responses | Self::Completions => openai::admit(headers),
            Self::Generate => google::admit(headers),
        }
    }

    /// Understands a request, or refuses it as the provider does.
    pub(crate) fn read(self, body: &Value) -> Result<Talk, Refusal> {
        match self {
            Self::Anthropic => anthropic::read(body),
            Self::Responses => responses::read(body),
            Self::Completions => completions::read(body),
            Self::Generate => google::read(body),
        }
    }

    /// The answer's format, as this request wants it.
    pub(crate) fn wire(self, body: &Value) -> Box<dyn Wire> {
        match self {
            Self::Anthropic => Box::new(anthropic::wire::Messages),
            Self::Responses => Box::new(responses::wire::Responses::new(body)),
            Self::Completions => Box::new(completions::wire::Completions::new(body)),
            Self::Generate => Box::new(google::wire::Generate),
        }
    }

    /// The provider's own status and words for a kind of failure.
    pub(crate) fn fault(self, fault: Fault) -> Refusal {
        match self {
            Self::Anthropic => anthropic::fault(fault),
            Self::Responses | Self::Completions => openai::fault(fault),
            Self::Generate => google::fault(fault),
        }
    }

    /// The body of a refused request.
    pub(crate) fn error(self, refusal: &Refusal, request_id: &str) -> Value {
        match self {
            Self::Anthropic => json!({
                "type": "error",
                "error": {"type": refusal.kind, "message": refusal.message},
                "request_id": request_id,
            }),
            Self::Responses | Self::Completions => json!({"error": openai::error(refusal)}),
            Self::Generate => google::error(refusal),
        }
    }

    /// The header that carries the request's id, if the provider says one.
    pub(crate) fn request_id(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("request-id"),
            Self::Responses | Self::Completions => Some("x-request-id"),
            Self::Generate => None,
        }
    }

    /// The request with what its address says of it.
    pub(crate) fn addressed(self, path: &str, body: Value) -> Value {
        match self {
            Self::Anthropic | Self::Responses | Self::Completions => body,
            Self::Generate => google::addressed(path, body),
        }
    }
}
