//! The processes that run steps are killed in the middle of a turn.

use std::process::Command;

use chat::record::Status;
use serde_json::json;

use crate::support::{Follower, PATIENCE, Truth, World, said};

/// Where whoever started the stack says how (`infra/verify.sh` does). The local stack, which is one process, is killed in
/// `infra/local/tests`.
#[tokio::test]
async fn the_turn_of_a_killed_step_goes_on_and_each_tool_is_called_once() {
    let Some(kill) = World::kill_steps() else { return };
    let world = World::start().await;
    let api = &world.api;
    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    let id = api.create(&json!({"content": [], "client_tools": tools})).await;
    let mut follower = Follower::of(&world, id).await;
    api.say(id, "/pace 40\n/text 60\n/call ask\n/then /say answered").await;
    follower.until_streams().await;

    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "nothing was killed");
    let killed_at = std::time::Instant::now();
    follower.until_status(Status::RequiresAction).await;
    assert!(killed_at.elapsed() < PATIENCE, "{:?}", killed_at.elapsed());
    println!("the turn went on {:.1} s after its step was killed", killed_at.elapsed().as_secs_f64());

    let [call] = follower.view.content().pending.as_slice() else { panic!("one call is pending") };
    let results = json!([{"tool_call_id": call.tool_call_id, "output": "yes", "is_error": false}]);
    api.answer(id, &results).await.empty();
    follower.until_rest(4).await;
    let truth = Truth::of(api, id).await;
    truth.is_shown_by(&follower.view, "the one that was there all the time");
    assert_eq!(truth.roles(), ["user", "assistant", "tool", "assistant"]);
    assert_eq!(said(truth.history.values().last().unwrap()), "answered");
}
