//! An empty directory beside one preset model, and the function.

use chat::{catalogue::Catalogue, id::UserId, port::ReadCatalogue as _};
use edge::{Function, Invocation, config::BaseUrls};
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::Memory,
    secrets::Secrets,
    seed,
    wakes::Wakes,
};
use serde_json::{Value, json};
use settings::App;
use turn::{Ports, catalogue::Catalogues};
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    faults: Faults,
    function: Function,
}

const ADMIN: UserId = UserId(Uuid::from_u128(0xad));

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    Admin,
    Member,
    Stranger,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::allowing(BaseUrls::Public)
    }

    pub(crate) fn allowing(base_urls: BaseUrls) -> Self {
        Self::with(base_urls, false)
    }

    /// In a deployment that lets Bedrock be asked by its functions' role, or not.
    pub(crate) fn with(base_urls: BaseUrls, bedrock_by_role: bool) -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
        let (memory, wakes) = (Memory::new(clock.port()), Wakes::default());
        let app = App {
            ports: Ports {
                chats: memory.with_faults(faults.clone()),
                directory: memory.with_faults(faults.clone()),
                wakes: wakes.clone(),
                sockets: (),
                clock: clock.clone(),
            },
            keys: Secrets,
            clock,
            catalogues: Catalogues::new(Catalogue { bedrock_by_role, ..seed::presets() }),
            base_urls,
            tls: kit::tls::nobody(),
            role: None,
        };
        Self { memory, wakes, faults, function: settings::serve(app) }
    }

    /// Somebody reads; `query` begins with its `?`.
    pub(crate) async fn read(&self, who: Who, route: &str, query: &str) -> Value {
        self.ask_as(who, None, (route, query), Value::Null).await
    }

    /// An administrator asks; `path` is filled into the route's one parameter, and may have a query.
    pub(crate) async fn ask(&self, route: &str, path: &str, body: Value) -> Value {
        self.ask_as(Who::Admin, None, (route, path), body).await
    }

    pub(crate) async fn ask_as(
        &self,
        who: Who,
        key: Option<&str>,
        (route, path): (&str, &str),
        body: Value,
    ) -> Value {
        let event = event(who, key, (route, path), &body);
        let mut reply = self.function.call(event, Invocation::new("request", 0)).await.unwrap();
        let body = reply["body"].as_str().unwrap();
        reply["body"] = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        reply
    }

    /// Status and code, or `done`.
    pub(crate) async fn told(&self, route: &str, path: &str, body: Value) -> String {
        told(&self.ask(route, path, body).await)
    }

    /// Makes a provider and returns its id.
    pub(crate) async fn provider(&self, name: &str) -> String {
        let body = json!({"type": "openai-compat", "name": name, "base_url": "https://llm.example.com/v1", "api_key": "sk-1"});
        let made = self.ask("POST /v1/providers", "", body).await;
        made["body"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    /// Makes a model and returns its id.
    pub(crate) async fn model(&self, provider: &str, more: Value) -> String {
        let mut body = json!({"provider_id": provider, "model": "llama", "context_limit": 100_000});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.ask("POST /v1/models", "", body).await;
        made["body"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    pub(crate) async fn stored(&self) -> Catalogue {
        self.memory.catalogue().await.unwrap()
    }

    pub(crate) fn break_store(&self) {
        self.faults.set(|_, _| Fault::FailBefore);
    }
}

pub(crate) fn told(reply: &Value) -> String {
    format!("{} {}", reply["statusCode"], reply["body"]["code"].as_str().unwrap_or("done"))
}

fn event(who: Who, key: Option<&str>, (route, path): (&str, &str), body: &Value) -> Value {
    let (method, pattern) = route.split_once(' ').unwrap();
    let (before, after) = pattern.split_once('{').unwrap_or((pattern, ""));
    let (name, after) = after.split_once('}').unwrap_or(("", after));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let raw = format!("{before}{path}{after}");
    let (user, org) = (seed::person().user_id, seed::person().org_id);
    let context = match who {
        Who::Admin => json!({ "user_id": ADMIN, "org_id": org, "role": "admin" }),
        Who::Member => json!({ "user_id": user, "org_id": org }),
        Who::Stranger => json!({ "user_id": "", "org_id": "" }),
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw,
        "rawQueryString": query,
        "headers": { "content-type": "application/json", "host": "api.example" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "stage": "$default", "requestId": "r", "routeKey": route,
            "authorizer": { "lambda": context },
            "http": { "method": method, "path": raw, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
        },
        "isBase64Encoded": false,
    });
    if !name.is_empty() {
        event["pathParameters"] = json!({ name: path });
    }
    if !body.is_null() {
        event["body"] = body.to_string().into();
    }
    if let Some(key) = key {
        event["headers"]["idempotency-key"] = key.into();
    }
    event
}
