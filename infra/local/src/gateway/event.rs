//! The events that API Gateway gives to functions.

use std::{collections::BTreeMap, net::SocketAddr};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header, request::Parts};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::route::Match;
use crate::{
    clock::{Clock, request_time},
    host::random,
    template::{ACCOUNT, ApiSpec, arn},
};

/// A request in payload format 2.0, without its body: also the authorizer's event but for a few fields.
pub(super) fn request(
    api: &ApiSpec,
    found: &Match<'_>,
    parts: &Parts,
    peer: SocketAddr,
    clock: Clock,
) -> Value {
    let (query, key) = (parts.uri.query().unwrap_or_default(), &found.route.key);
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": parts.uri.path(),
        "rawQueryString": query,
        "headers": headers(&parts.headers),
        "requestContext": context(api, key, parts, peer, clock),
        "isBase64Encoded": false,
    });
    let cookies = cookies(&parts.headers);
    let optional = [
        ("cookies", json!(cookies), cookies.is_empty()),
        ("queryStringParameters", json!(joined_query(query)), query.is_empty()),
        ("pathParameters", json!(found.variables), found.variables.is_empty()),
    ];
    for (name, value, is_empty) in optional {
        if !is_empty {
            event[name] = value;
        }
    }
    event
}

/// The authorizer's event for `request`.
pub(super) fn authorize_request(api: &ApiSpec, request: &Value) -> Value {
    let mut event = request.clone();
    let http = &request["requestContext"]["http"];
    let method = http["method"].as_str().unwrap_or_default();
    let path = http["path"].as_str().unwrap_or_default();
    event["type"] = "REQUEST".into();
    event["identitySource"] = Value::Null;
    event["routeArn"] = arn("execute-api", &format!("{}/{}/{method}{path}", api.id, api.stage)).into();
    if let Some(event) = event.as_object_mut() {
        event.remove("isBase64Encoded");
    }
    event
}

/// Puts the body into `event`: text as it is, anything else in base64.
pub(super) fn put_body(event: &mut Value, headers: &HeaderMap, body: &[u8]) {
    if body.is_empty() {
        return;
    }
    match std::str::from_utf8(body).ok().filter(|_| is_text(headers)) {
        Some(text) => event["body"] = text.into(),
        None => {
            event["body"] = STANDARD.encode(body).into();
            event["isBase64Encoded"] = true.into();
        }
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || ["application/json", "application/javascript", "application/xml"].contains(&kind.as_str())
}

fn context(api: &ApiSpec, key: &str, parts: &Parts, peer: SocketAddr, clock: Clock) -> Value {
    let now = clock.now_ms();
    json!({
        "accountId": ACCOUNT,
        "apiId": api.id,
        "domainName": host(&parts.headers),
        "domainPrefix": api.id,
        "http": {
            "method": parts.method.as_str(),
            "path": parts.uri.path(),
            "protocol": "HTTP/1.1",
            "sourceIp": peer.ip(),
            "userAgent": text(&parts.headers, header::USER_AGENT),
        },
        "requestId": request_id(),
        "routeKey": key,
        "stage": api.stage,
        "time": request_time(now),
        "timeEpoch": now,
    })
}

/// Names in lower case, repeated ones joined; cookies have a list of their own.
fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    multi_headers(headers)
        .into_iter()
        .filter(|(name, _)| name != header::COOKIE.as_str())
        .map(|(name, values)| (name, values.join(",")))
        .collect()
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split("; ")).map(str::to_owned).collect()
}

fn multi_headers(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        all.entry(name.as_str().to_owned()).or_default().push(value);
    }
    all
}

fn multi_query(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        all.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    all
}

fn joined_query(query: &str) -> BTreeMap<String, String> {
    multi_query(query).into_iter().map(|(name, values)| (name, values.join(","))).collect()
}

/// What every event of a connection says of it.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) id: String,
    pub(super) api: String,
    pub(super) stage: String,
    pub(super) domain: String,
    pub(super) connected_ms: u64,
    pub(super) source_ip: String,
    pub(super) user_agent: String,
    /// What the authorizer said, as text.
    pub(super) authorizer: Map<String, Value>,
}

impl Connection {
    pub(super) fn new(id: String, api: &ApiSpec, parts: &Parts, peer: SocketAddr, clock: Clock) -> Self {
        Self {
            id,
            api: api.id.clone(),
            stage: api.stage.clone(),
            domain: host(&parts.headers),
            connected_ms: clock.now_ms(),
            source_ip: peer.ip().to_string(),
            user_agent: text(&parts.headers, header::USER_AGENT),
            authorizer: Map::new(),
        }
    }

    /// The handshake's event, for the authorizer and for `$connect`.
    pub(super) fn connect(&self, parts: &Parts, clock: Clock) -> Value {
        let (headers, query) =
            (multi_headers(&parts.headers), multi_query(parts.uri.query().unwrap_or_default()));
        let mut event = json!({
            "headers": last(&headers),
            "multiValueHeaders": headers,
            "requestContext": self.context("$connect", "CONNECT", clock),
            "isBase64Encoded": false,
        });
        if !query.is_empty() {
            event["queryStringParameters"] = json!(last(&query));
            event["multiValueQueryStringParameters"] = json!(query);
        }
        event
    }

    pub(super) fn authorize(&self, connect: &Value) -> Value {
        let mut event = connect.clone();
        event["type"] = "REQUEST".into();
        event["methodArn"] = arn("execute-api", &format!("{}/{}/$connect", self.api, self.stage)).into();
        if let Some(event) = event.as_object_mut() {
            event.remove("isBase64Encoded");
        }
        event
    }

    pub(super) fn message(&self, route: &str, body: &str, clock: Clock) -> Value {
        let mut context = self.context(route, "MESSAGE", clock);
        context["messageId"] = request_id().into();
        json!({"requestContext": context, "body": body, "isBase64Encoded": false})
    }

    pub(super) fn disconnect(&self, code: u16, reason: &str, clock: Clock) -> Value {
        let mut context = self.context("$disconnect", "DISCONNECT", clock);
        context["disconnectStatusCode"] = code.into();
        context["disconnectReason"] = reason.into();
        json!({
            "headers": {"Host": self.domain},
            "multiValueHeaders": {"Host": [self.domain]},
            "requestContext": context,
            "isBase64Encoded": false,
        })
    }

    fn context(&self, route: &str, kind: &str, clock: Clock) -> Value {
        let (now, request_id) = (clock.now_ms(), request_id());
        let mut context = json!({
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": request_id,
            "requestTime": request_time(now),
            "messageDirection": "IN",
            "stage": self.stage,
            "connectedAt": self.connected_ms,
            "requestTimeEpoch": now,
            "identity": {"sourceIp": self.source_ip, "userAgent": self.user_agent},
            "requestId": request_id,
            "domainName": self.domain,
            "connectionId": self.id,
            "apiId": self.api,
        });
        if !self.authorizer.is_empty() {
            context["authorizer"] = self.authorizer.clone().into();
        }
        context
    }
}

fn last(all: &BTreeMap<String, Vec<String>>) -> BTreeMap<&str, &str> {
    all.iter().filter_map(|(name, values)| Some((name.as_str(), values.last()?.as_str()))).collect()
}

fn host(headers: &HeaderMap) -> String {
    text(headers, header::HOST)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

pub(super) fn request_id() -> String {
    Uuid::from_u128(random()).to_string()
}
