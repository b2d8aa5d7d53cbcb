//! Calls of tool servers' tools.

use std::sync::Arc;

use chat::{
    agent::CallToken,
    call::Answerer,
    catalogue::Catalogue,
    id::ServerId,
    limit::RESEND_MS,
    mcp::{Availability, Server, ServerTool, ServerTools},
    part::ToolResult,
    port::AcceptCalls as _,
    record::Status,
    time::Timestamp,
    transition::Transition,
    wake::Errand,
};
use kit::{model::Script, replies::Replies, seed};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{TOOL, World};

const ID: ServerId = ServerId(Uuid::from_u128(0x3c));

/// A deployment whose chats all have a server with these tools.
fn offering(slug: &str, tools: &[&str]) -> Catalogue {
    let server = Server { availability: Availability::ForceOn, ..seed::tool_server(ID.0.as_u128(), slug) };
    let tool = |name: &&str| ServerTool { name: (*name).into(), description: None, input_schema: json!({}) };
    let tools = ServerTools::of(ID, 1, tools.iter().map(tool).collect(), Timestamp(0));
    Catalogue { servers: vec![Arc::new(server)], tools: vec![Arc::new(tools)], ..seed::presets() }
}

async fn told(catalogue: Catalogue, replies: impl IntoIterator<Item = Script>) -> World {
    let world = World::offered(catalogue, Replies::list(replies)).await;
    world.send("hello").await;
    world
}

fn searches() -> Script {
    Script::calls([("c1", "wiki__search", json!({"query": "cursor"}))])
}

async fn answers(world: &World, call_id: &str, result: Value) {
    let result = ToolResult {
        tool_call_id: call_id.into(),
        tool_name: "wiki__search".into(),
        result,
        is_error: false,
        provider_executed: false,
        outcome: None,
    };
    world.apply(Transition::Answer { by: Answerer::Server, results: vec![result] }).await;
}

fn sent(world: &World) -> Vec<CallToken> {
    let call = |errand| match errand {
        Errand::Call(token) => token,
        Errand::Refresh(id) => panic!("nobody asks {id} what it can do"),
    };
    world.ports.wakes.take_errands().into_iter().map(call).collect()
}

#[tokio::test(start_paused = true)]
async fn a_servers_call_is_handed_out_and_nobody_works_meanwhile() {
    let world = told(offering("wiki", &["search"]), [searches(), Script::says("found")]).await;
    world.until_parked().await;
    let sent = sent(&world);
    assert_eq!((sent.len(), sent[0].chat_id, sent[0].call_id.0.as_str()), (1, world.chat_id, "c1"));
    assert_eq!((world.chat().status, world.chat().lease), (Status::Running, None));
    let entry = &world.snapshot().ledger[0];
    assert_eq!((entry.answerer, entry.call.args.clone()), (Answerer::Server, json!({"query": "cursor"})));
    answers(&world, "c1", json!("a page")).await;
    world.rest().await;
    assert_eq!(world.history()[2..], [r#"tool: c1 gave "a page""#, "assistant: found"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_took_is_sent_again_and_one_that_is_taken_is_not() {
    let world = told(offering("wiki", &["search"]), [searches(), Script::says("nothing came")]).await;
    world.until_parked().await;
    assert_eq!(sent(&world).len(), 1);
    world.pass_ms(RESEND_MS + 1_000).await;
    let again = sent(&world);
    assert_eq!(again.len(), 1);
    world.ports.chats.accept(&again[0], world.now()).await.unwrap();
    world.rest().await;
    assert!(sent(&world).is_empty());
    let late = "the tool server was asked and did not answer in time; whether it did this is not known";
    assert!(world.history()[2].contains(late), "{:?}", world.history());
}

#[tokio::test(start_paused = true)]
async fn servers_and_the_step_answer_one_answer_together() {
    let calls = [("c1", "wiki__search", json!({})), ("c2", "list_templates", json!({}))];
    let world = told(offering("wiki", &["search"]), [Script::calls(calls), Script::says("both")]).await;
    world.until_parked().await;
    assert_eq!(sent(&world).len(), 1);
    answers(&world, "c1", json!("a page")).await;
    world.rest().await;
    let history = world.history();
    assert!(
        history[3].starts_with("tool: c1 gave") && history[4].starts_with("tool: c2 gave"),
        "{history:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_server_does_not_have_is_nobodys_tool() {
    let call = Script::calls([("c1", "wiki__drop", json!({}))]);
    let world = told(offering("wiki", &["search"]), [call, Script::says("oh")]).await;
    world.rest().await;
    assert!(world.history()[2].contains("there is no tool named wiki__drop"), "{:?}", world.history());
    assert!(sent(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn servers_tools_stand_by_name_after_our_own_and_before_those_of_clients() {
    let world = told(offering("wiki", &["search", "edit"]), [Script::says("hello")]).await;
    world.rest().await;
    let asked = world.model.requests();
    let names: Vec<&str> = asked[0].tools.iter().map(|tool| tool.name.as_str()).collect();
    assert!(names.ends_with(&["wiki__edit", "wiki__search", TOOL]), "{names:?}");
    assert!(names.len() > 10, "{names:?}");
}
