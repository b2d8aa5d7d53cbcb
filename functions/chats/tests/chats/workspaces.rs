//! The workspaces that chats are given.

use chat::{
    call::Answerer,
    id::UserId,
    message::{NewMessage, Role},
    part::{Part, ToolCall},
    port::{Clock as _, Person},
    workspace::Wanted,
};
use kit::seed;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Ask, World, body, of, workspace};

const CREATE: &str = "POST /v1/chats";
const CHANGE: &str = "PATCH /v1/chats/{chat}";

fn on(id: u128) -> Value {
    json!({ "workspace_id": Uuid::from_u128(id) })
}

#[tokio::test]
async fn a_workspace_that_is_not_the_persons_is_as_one_that_is_not_there() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    let change = |body: Value| Ask { body: Some(body), ..of(&id) };
    let stranger = Person { user_id: UserId(Uuid::from_u128(0x99)), ..seed::person() };
    let missing = world.ask(CREATE, body(on(0x2d))).await;
    assert_eq!(missing["statusCode"], 422);
    insta::assert_json_snapshot!(missing["body"]);
    for unfit in [workspace(stranger, Wanted::Running), workspace(seed::person(), Wanted::Gone)] {
        world.memory.seed_workspace(unfit);
        assert_eq!(world.ask(CREATE, body(on(0x2c))).await["body"], missing["body"]);
        assert_eq!(world.ask(CHANGE, change(on(0x2c))).await["body"], missing["body"]);
    }
    assert_eq!(world.snapshot(&id).chat.workspace_id, None);
    world.memory.seed_workspace(workspace(seed::person(), Wanted::Stopped));
    assert_eq!(world.told(CHANGE, change(on(0x2c))).await, "200 done");
    assert_eq!(world.told(CHANGE, change(json!({ "workspace_id": null }))).await, "200 done");
}

#[tokio::test]
async fn a_replay_is_answered_again_though_its_workspace_is_gone() {
    let world = World::new().await;
    let ask = Ask { key: Some("k1"), ..body(on(0x2c)) };
    let first = world.ask(CREATE, ask.clone()).await;
    assert_eq!(first["statusCode"], 201);
    world.memory.seed_workspace(workspace(seed::person(), Wanted::Gone));
    assert_eq!(world.ask(CREATE, ask).await["body"], first["body"]);
}

#[tokio::test]
async fn a_chat_stays_on_a_workspace_that_is_to_answer_it() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.ask(CHANGE, Ask { body: Some(on(0x2c)), ..of(&id) }).await;
    world.step(&id, vec![seed::send("look", world.clock.now())]).await;
    let call = ToolCall {
        tool_call_id: "c".into(),
        tool_name: "execute".into(),
        args: json!({}),
        provider_executed: false,
    };
    let asks = NewMessage::of(Role::Assistant, vec![Part::ToolCall(call).into()]);
    world.answer_by(&id, asks, Answerer::Workspace).await;
    let unbind = || Ask { body: Some(json!({ "workspace_id": null })), ..of(&id) };
    assert_eq!(world.told(CHANGE, unbind()).await, "409 chat_busy");
    assert_eq!(world.told(CHANGE, Ask { body: Some(on(0x2c)), ..of(&id) }).await, "200 done");
}
