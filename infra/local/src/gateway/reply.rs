//! From a function's reply to HTTP, and the gateway's own refusals.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

/// A refusal of API Gateway's own, in its words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Refusal {
    NotFound,
    TooLarge,
    HeadersTooLarge,
    Forbidden,
    Failed,
    TimedOut,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::NotFound => (404, "Not Found"),
            Self::TooLarge => (413, "Request Entity Too Large"),
            Self::HeadersTooLarge => (431, "Request Header Fields Too Large"),
            Self::Forbidden => (403, "Forbidden"),
            Self::Failed => (500, "Internal Server Error"),
            Self::TimedOut => (503, "Service Unavailable"),
        };
        built(status, "application/json", format!(r#"{{"message":"{message}"}}"#).into())
    }
}

/// Reads a reply in payload format 2.0; one without a status is the body of a 200.
pub(super) fn http(reply: &Value) -> Response {
    let Some(status) = reply.get("statusCode") else {
        let body = reply.as_str().map_or_else(|| reply.to_string(), str::to_owned);
        return built(200, "application/json", body.into());
    };
    let body = reply["body"].as_str().unwrap_or_default();
    let body = match reply["isBase64Encoded"].as_bool() {
        Some(true) => STANDARD.decode(body).ok(),
        Some(false) | None => Some(body.as_bytes().to_vec()),
    };
    match (status_code(status), body) {
        (Some(status), Some(body)) => {
            with_headers(built(status, "text/plain;charset=UTF-8", body.into()), reply)
        }
        (None, _) | (_, None) => Refusal::Failed.into_response(),
    }
}

/// The status of a reply to a handshake; a reply without one accepts.
pub(super) fn status_of(reply: &Value) -> Option<u16> {
    reply.get("statusCode").map_or(Some(200), status_code)
}

fn status_code(status: &Value) -> Option<u16> {
    let number = status.as_u64().or_else(|| status.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|number| (100..600).contains(number))
}

fn with_headers(mut response: Response, reply: &Value) -> Response {
    let headers = response.headers_mut();
    for (name, value) in reply["headers"].as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), text.parse::<HeaderValue>()) {
            headers.insert(name, value);
        }
    }
    for cookie in reply["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if let Ok(cookie) = cookie.parse() {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn built(status: u16, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
