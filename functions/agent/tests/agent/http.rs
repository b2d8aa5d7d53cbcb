//! What goes over HTTP.

use chat::{
    call::Answerer,
    port::{Agent, Clock as _, EnrolAgents as _},
};
use edge::{Secret, request::Caller};
use kit::seed;
use serde_json::{Value, json};

use crate::world::{WORKSPACE, World, anothers, answer, of};

const EXCHANGE: &str = "POST /v1/agent/exchange";
const ARGS: &str = "GET /v1/agent/calls/{token}";
const ANSWERS: &str = "POST /v1/agent/answers";

#[tokio::test]
async fn an_enrolment_is_exchanged_once_and_says_where_to_dial() {
    let world = World::new();
    let agent = Agent { workspace_id: WORKSPACE, person: seed::person() };
    let until = world.clock.now().plus_ms(60_000);
    world.memory.put_enrolment(&Secret::new("qse_1").hash(), agent, until).await.unwrap();
    let (mine, other) = ("a".repeat(64), "b".repeat(64));
    let body = |token: &str, hash: &str| json!({"enrolment_token": token, "token_hash": hash});
    for _ in 0..2 {
        let exchanged = world.ask(Caller::Stranger, EXCHANGE, "", body("qse_1", &mine)).await;
        let expected = json!({"workspace_id": WORKSPACE, "socket_url": "wss://socket.example"});
        assert_eq!(exchanged, (200, expected));
    }
    assert_eq!(world.ask(Caller::Stranger, EXCHANGE, "", body("qse_1", &other)).await.0, 401);
    assert_eq!(world.ask(Caller::Stranger, EXCHANGE, "", body("qse_2", &mine)).await.0, 401);
    assert_eq!(world.ask(Caller::Stranger, EXCHANGE, "", body("qse_1", "AA")).await.0, 400);
}

#[tokio::test]
async fn arguments_are_read_and_answers_taken() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "write_file", 2).await;
    let first = tokens[0].to_string();
    assert_eq!(
        world.ask(of(WORKSPACE), ARGS, &first, Value::Null).await,
        (200, json!({"args": {"number": 0}}))
    );
    let large = "x".repeat(150_000);
    let body = || json!({"answers": [answer(&tokens[0], &large), answer(&tokens[1], "b")]});
    assert_eq!(world.ask(of(WORKSPACE), ANSWERS, "", body()).await.0, 204);
    assert_eq!(world.results(id).0[0], large);
    assert_eq!(world.ask(of(WORKSPACE), ANSWERS, "", body()).await.0, 204, "again");
    assert_eq!(world.ask(of(WORKSPACE), ARGS, &first, Value::Null).await.0, 404, "it is answered");
    assert_eq!(world.ask(anothers(), ANSWERS, "", body()).await.0, 404);
}

#[tokio::test]
async fn only_agents_are_heard() {
    let world = World::new();
    for route in [ARGS, ANSWERS] {
        assert_eq!(world.ask(Caller::Stranger, route, "x", Value::Null).await.0, 401);
        assert_eq!(world.ask(Caller::Known(seed::person()), route, "x", Value::Null).await.0, 403);
    }
    assert_eq!(world.ask(of(WORKSPACE), ARGS, "x", Value::Null).await.0, 404);
}
