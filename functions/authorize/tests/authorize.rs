//! Events of both APIs in, answers out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use authorize::Authorizer;
use chat::{
    id::{OrgId, UserId, WorkspaceId},
    port::{Agent, Clock as _, EnrolAgents as _, KeepTickets as _, KeepTokens as _, Person},
};
use edge::Secret;
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::Memory,
    seed,
};
use serde_json::{Value, json};

struct World {
    clock: ManualClock,
    memory: Memory,
    faults: Faults,
    authorizer: Authorizer<Memory, ManualClock>,
}

fn world() -> World {
    let (clock, faults) = (ManualClock::default(), Faults::default());
    let memory = Memory::new(clock.port()).with_faults(faults.clone());
    let admin = Some(Secret::new("the-first-administrators-own-token").hash());
    let authorizer = Authorizer::new(memory.clone(), clock.clone(), admin);
    World { clock, memory, faults, authorizer }
}

impl World {
    fn after_restart(&self, admin_token: &str) -> Authorizer<Memory, ManualClock> {
        Authorizer::new(self.memory.clone(), self.clock.clone(), Some(Secret::new(admin_token).hash()))
    }

    async fn http(&self, authorization: Option<&str>) -> Value {
        self.authorizer.answer(http_event(authorization)).await.unwrap()
    }

    async fn socket(&self, ticket: Option<&str>) -> Value {
        self.authorizer.answer(socket_event(ticket)).await.unwrap()
    }
}

fn http_event(authorization: Option<&str>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-central-1:1:api/$default/GET/v1/chats",
        "identitySource": null,
        "routeKey": "GET /v1/chats",
        "rawPath": "/v1/chats",
        "rawQueryString": "ticket=t",
        "headers": { "host": "api.example", "user-agent": "test" },
        "queryStringParameters": { "ticket": "t" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "domainName": "api.example", "requestId": "r",
            "http": { "method": "GET", "path": "/v1/chats", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "routeKey": "GET /v1/chats", "stage": "$default",
        },
    });
    if let Some(value) = authorization {
        event["headers"]["authorization"] = value.into();
    }
    event
}

fn socket_event(ticket: Option<&str>) -> Value {
    json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-central-1:1:api/socket/$connect",
        "headers": { "Host": "api.example", "Sec-WebSocket-Version": "13" },
        "multiValueHeaders": { "Host": ["api.example"] },
        "queryStringParameters": ticket.map(|ticket| json!({ "ticket": ticket })),
        "multiValueQueryStringParameters": null,
        "stageVariables": {},
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "connectionId": "c=", "stage": "socket",
            "apiId": "api", "domainName": "api.example", "requestId": "r",
        },
    })
}

#[tokio::test]
async fn a_known_token_is_somebody_on_both_apis() {
    let world = world();
    world.memory.put_token(&Secret::new("t1").hash(), seed::person()).await.unwrap();
    insta::assert_json_snapshot!("http", world.http(Some("Bearer t1")).await);
    let mut event = socket_event(None);
    event["headers"]["Authorization"] = "bearer  t1".into();
    insta::assert_json_snapshot!("socket", world.authorizer.answer(event).await.unwrap());
}

#[tokio::test]
async fn an_agent_is_its_workspaces_and_nobody_among_people() {
    let world = world();
    let workspace_id = WorkspaceId(uuid::Uuid::from_u128(5));
    let agent = Agent { workspace_id, person: seed::person() };
    let until = world.clock.now().plus_ms(60_000);
    world.memory.put_enrolment("e", agent, until).await.unwrap();
    world.memory.exchange("e", &Secret::new("a1").hash()).await.unwrap();
    insta::assert_json_snapshot!("agent", world.http(Some("Bearer a1")).await);
    let mut event = socket_event(None);
    event["headers"]["Authorization"] = "Bearer a1".into();
    let answer = world.authorizer.answer(event).await.unwrap();
    assert_eq!(answer["principalId"], workspace_id.to_string());
    world.memory.revoke(workspace_id).await.unwrap();
    assert_eq!(world.http(Some("Bearer a1")).await["context"], json!({ "user_id": "", "org_id": "" }));
}

#[tokio::test]
async fn strangers_pass_as_nobody() {
    let world = world();
    let long = format!("Bearer {}", "x".repeat(10_000));
    for header in
        [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic t1"), Some("Bearer t1"), Some(&long)]
    {
        let answer = world.http(header).await;
        assert_eq!(answer, json!({ "isAuthorized": true, "context": { "user_id": "", "org_id": "" } }));
    }
    insta::assert_json_snapshot!("stranger", world.socket(None).await);
}

#[tokio::test]
async fn a_ticket_opens_one_socket_and_no_http() {
    let world = world();
    let expires_at = world.clock.now().plus_ms(60_000);
    world.memory.put_ticket(&Secret::new("t").hash(), seed::person(), expires_at).await.unwrap();
    assert_eq!(world.http(None).await["context"]["user_id"], "");
    assert_eq!(world.socket(Some("t")).await["context"]["user_id"], seed::person().user_id.to_string());
    assert_eq!(world.socket(Some("t")).await["context"]["user_id"], "");
}

#[tokio::test]
async fn a_late_ticket_opens_nothing() {
    let world = world();
    let expires_at = world.clock.now().plus_ms(60_000);
    world.memory.put_ticket(&Secret::new("t").hash(), seed::person(), expires_at).await.unwrap();
    world.clock.advance_ms(60_001);
    assert_eq!(world.socket(Some("t")).await["context"]["user_id"], "");
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let world = world();
    let token = Some("Bearer the-first-administrators-own-token");
    let first = world.http(token).await;
    assert_ne!(first["context"]["user_id"], "");
    let again = world.after_restart("the-first-administrators-own-token");
    assert_eq!(again.answer(http_event(token)).await.unwrap(), first);
}

#[tokio::test]
async fn the_first_administrators_token_makes_an_administrator_and_no_other_does() {
    let world = world();
    let admin = world.http(Some("Bearer the-first-administrators-own-token")).await;
    assert_eq!(admin["context"]["role"], "admin");
    let id = |name: &str| admin["context"][name].as_str().unwrap().parse().unwrap();
    let same = Person { user_id: UserId(id("user_id")), org_id: OrgId(id("org_id")) };
    world.memory.put_token(&Secret::new("t1").hash(), same).await.unwrap();
    let other = world.http(Some("Bearer t1")).await;
    assert_eq!(other["context"], json!({ "user_id": same.user_id, "org_id": same.org_id }));
}

#[tokio::test]
async fn another_token_is_the_same_administrator_and_the_old_one_is_nobody() {
    let world = world();
    let old = Some("Bearer the-first-administrators-own-token");
    let first = world.http(old).await;
    let rotated = world.after_restart("the-first-administrators-new-token");
    let new = Some("Bearer the-first-administrators-new-token");
    assert_eq!(rotated.answer(http_event(new)).await.unwrap(), first);
    assert_eq!(rotated.answer(http_event(old)).await.unwrap()["context"]["user_id"], "");
}

#[tokio::test]
async fn a_token_is_looked_up_once_a_minute() {
    let world = world();
    world.memory.put_token(&Secret::new("t1").hash(), seed::person()).await.unwrap();
    world.faults.clear();
    for _ in 0..3 {
        world.http(Some("Bearer t1")).await;
    }
    assert_eq!(world.faults.calls(), ["person"]);
    world.clock.advance_ms(60_000);
    world.http(Some("Bearer t1")).await;
    assert_eq!(world.faults.calls(), ["person", "person"]);
}

#[tokio::test]
async fn an_outage_is_not_a_wrong_token() {
    let world = world();
    world.faults.set(|_, _| Fault::FailBefore);
    assert_eq!(world.http(Some("Bearer t1")).await["context"]["outage"], "true");
}

#[tokio::test]
async fn other_events_are_failures() {
    assert!(world().authorizer.answer(json!([])).await.is_err());
}
