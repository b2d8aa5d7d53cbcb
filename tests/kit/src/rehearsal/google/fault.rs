//! The provider's own status and text for a kind of failure.

use serde_json::{Value, json};

use super::super::{refusal::Refusal, script::Fault};

pub(crate) fn error(refusal: &Refusal) -> Value {
    json!({"error": {"code": refusal.status, "message": refusal.message, "status": status(refusal)}})
}

/// What every provider refuses alike is named by the statuses of this one.
fn status(refusal: &Refusal) -> &'static str {
    if refusal.kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
        refusal.kind
    } else {
        "INVALID_ARGUMENT"
    }
}

pub(crate) fn fault(fault: Fault) -> Refusal {
    let of = Refusal::new;
    match fault {
        Fault::Overloaded => of(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        Fault::RateLimit => of(
            429,
            "RESOURCE_EXHAUSTED",
            "Resource exhausted. Please try again later. Please refer to \
             https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.",
        ),
        Fault::Quota => of(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details. Quota exceeded for \
             metric: generate_content_requests, limit: 10. Please retry in 1.4s.",
        ),
        Fault::Auth => of(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
        Fault::Forbidden => {
            of(403, "PERMISSION_DENIED", "Your API key doesn't have the required permissions.")
        }
        Fault::NotFound => of(
            404,
            "NOT_FOUND",
            "models/gemini-unknown is not found for API version v1beta, or is not supported for generateContent.",
        ),
        Fault::TooLarge => {
            of(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes.")
        }
        Fault::Context => of(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
        ),
        Fault::Timeout => of(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
        Fault::Server => of(
            500,
            "INTERNAL",
            "An internal error has occurred. Please retry or report in \
             https://developers.generativeai.google/guide/troubleshooting",
        ),
        Fault::Invalid => of(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token."),
    }
}
