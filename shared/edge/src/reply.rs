//! What goes back to an HTTP client.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::rejection::{FieldError, Rejection};

/// What goes back to an HTTP client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// JSON text; none for a reply without a body.
    pub body: Option<String>,
    headers: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct ErrorBody {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldError>,
}

impl Reply {
    /// Returns a reply with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(text) => Self::text(status, text),
            Err(error) => Self::from(&Rejection::Internal(error.to_string())),
        }
    }

    /// Returns a reply with a body that is JSON text already.
    #[must_use]
    pub const fn text(status: u16, body: String) -> Self {
        Self { status, body: Some(body), headers: BTreeMap::new() }
    }

    /// Returns a 204 without a body.
    #[must_use]
    pub const fn empty() -> Self {
        Self { status: 204, body: None, headers: BTreeMap::new() }
    }

    /// Adds a header; names are lower-case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// Returns it as API Gateway takes it, payload format 2.0.
    #[must_use]
    pub fn into_event(mut self) -> Value {
        self.headers.insert("cache-control", "no-store".into());
        if self.body.is_some() {
            self.headers.insert("content-type", "application/json".into());
        }
        let body = self.body.unwrap_or_default();
        json!({ "statusCode": self.status, "headers": self.headers, "body": body, "isBase64Encoded": false })
    }
}

impl From<&Rejection> for Reply {
    fn from(rejection: &Rejection) -> Self {
        let said = rejection.said();
        let body = ErrorBody { code: said.code, message: said.message, fields: rejection.fields() };
        let reply = Self::text(said.status, serde_json::to_string(&body).unwrap_or_default());
        match said.retry_after_s {
            Some(seconds) => reply.with_header("retry-after", seconds.to_string()),
            None => reply,
        }
    }
}
