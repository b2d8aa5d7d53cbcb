//! The event as API Gateway sends it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use super::{Caller, Query, Request};
use crate::function::FunctionError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    route_key: String,
    #[serde(default)]
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    request_context: Context,
    #[serde(default)]
    path_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    #[serde(default)]
    authorizer: Option<Authorizer>,
}

#[derive(Default, Deserialize)]
struct Authorizer {
    #[serde(default)]
    lambda: Value,
}

pub(super) fn read(event: Value) -> Result<Request, FunctionError> {
    let event: Event = serde_json::from_value(event).map_err(|error| not_an_event(&error.to_string()))?;
    let headers = event.headers.unwrap_or_default();
    Ok(Request {
        query: Query::parse(&event.raw_query_string),
        caller: Caller::read(&event.request_context.authorizer.unwrap_or_default().lambda),
        path: event.raw_path,
        params: event.path_parameters.unwrap_or_default(),
        headers: headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
        body: body(event.body, event.is_base64_encoded)?,
        route: event.route_key,
    })
}

fn body(text: Option<String>, is_base64: bool) -> Result<Vec<u8>, FunctionError> {
    let text = text.unwrap_or_default();
    if !is_base64 {
        return Ok(text.into_bytes());
    }
    STANDARD.decode(text).map_err(|error| not_an_event(&error.to_string()))
}

fn not_an_event(why: &str) -> FunctionError {
    FunctionError { error_type: "InvalidEvent", message: why.to_owned() }
}
