//! A directory, two templates, two people, and the function.

use chat::{
    id::{OrgId, UserId, WorkspaceId},
    port::{Person, ReadWorkspaces as _},
    workspace::{Template, Workspace},
};
use edge::{Function, Invocation};
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::Memory,
    wakes::Wakes,
};
use serde_json::{Value, json};
use uuid::Uuid;
use workspaces::App;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    faults: Faults,
    function: Function,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    Ann,
    Bob,
    Agent,
    Stranger,
}

pub(crate) fn person(who: Who) -> Person {
    let number = match who {
        Who::Ann | Who::Agent | Who::Stranger => 1,
        Who::Bob => 2,
    };
    Person { user_id: UserId(Uuid::from_u128(number)), org_id: OrgId(Uuid::from_u128(7)) }
}

fn templates() -> Vec<Template> {
    let repo = json!({"name": "repo", "description": "What to clone."});
    let size = json!({"name": "size", "default": "s", "options": ["s", "m"]});
    let list = json!([
        {"id": "small", "name": "small", "display_name": "Small", "description": "For little things.",
         "kind": "microvm", "parameters": [size]},
        {"id": "clone", "name": "clone", "display_name": "Clone", "kind": "microvm", "image": "i",
         "parameters": [repo]},
    ]);
    serde_json::from_value(list).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
        let memory = Memory::new(clock.port());
        let wakes = Wakes::new(clock.port(), faults.clone());
        let app = App {
            ports: memory.with_faults(faults.clone()),
            machines: wakes.clone(),
            clock: clock.clone(),
            templates: templates(),
        };
        let chats = memory.with_faults(faults.clone());
        Self { clock, memory, wakes, faults, function: workspaces::serve(app, chats) }
    }

    /// Ann asks; `path` is filled into the route's one parameter, and may have a query.
    pub(crate) async fn ask(&self, route: &str, path: &str, body: Value) -> Value {
        self.ask_as(Who::Ann, None, (route, path), body).await
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

    /// Makes a workspace of Ann's and returns its id.
    pub(crate) async fn made(&self) -> String {
        let made = self.ask("POST /v1/workspaces", "", json!({"template_id": "small"})).await;
        made["body"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    pub(crate) async fn stored(&self, id: &str) -> Workspace {
        let id: WorkspaceId = id.parse().unwrap();
        self.memory.workspace(id).await.unwrap().unwrap()
    }

    pub(crate) fn break_call(&self, name: &'static str) {
        self.faults.set(move |_, called| if called == name { Fault::FailBefore } else { Fault::Pass });
    }

    pub(crate) fn mend(&self) {
        self.faults.set(|_, _| Fault::Pass);
    }
}

pub(crate) fn told(reply: &Value) -> String {
    format!("{} {}", reply["statusCode"], reply["body"]["code"].as_str().unwrap_or("done"))
}

fn context(who: Who) -> Value {
    let Person { user_id, org_id } = person(who);
    match who {
        Who::Ann | Who::Bob => json!({ "user_id": user_id, "org_id": org_id }),
        Who::Agent => json!({
            "user_id": "", "org_id": "", "workspace_id": Uuid::from_u128(9),
            "agent_user_id": user_id, "agent_org_id": org_id,
        }),
        Who::Stranger => json!({ "user_id": "", "org_id": "" }),
    }
}

fn event(who: Who, key: Option<&str>, (route, path): (&str, &str), body: &Value) -> Value {
    let (method, pattern) = route.split_once(' ').unwrap();
    let (before, after) = pattern.split_once('{').unwrap_or((pattern, ""));
    let (name, after) = after.split_once('}').unwrap_or(("", after));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let raw = format!("{before}{path}{after}");
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw,
        "rawQueryString": query,
        "headers": { "content-type": "application/json", "host": "api.example" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "stage": "$default", "requestId": "r", "routeKey": route,
            "authorizer": { "lambda": context(who) },
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
