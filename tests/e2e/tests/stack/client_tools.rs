//! Tools that clients run: the chat parks, a client answers, the turn goes on.

use chat::{id::ChatId, record::Status};
use serde_json::{Value, json};

use crate::support::{Follower, Reply, Truth, World, said, say};

/// A chat whose model has asked for these calls of the client's tool `ask`.
async fn asked(world: &World, calls: usize) -> (ChatId, Follower) {
    let tool = json!({"name": "ask", "description": "Asks", "input_schema": {"type": "object"}});
    let id = world.api.create(&json!({"content": [], "client_tools": [tool]})).await;
    let mut follower = Follower::of(world, id).await;
    let calls: String = (0..calls).map(|call| format!("/call ask {{\"n\": {call}}}\n")).collect();
    world.api.say(id, &format!("/pace 1\n/say wait\n{calls}")).await;
    follower.until_status(Status::RequiresAction).await;
    (id, follower)
}

fn pending(follower: &Follower) -> Vec<String> {
    follower.view.content().pending.iter().map(|call| call.tool_call_id.to_string()).collect()
}

fn result(call: &str, output: &Value) -> Value {
    json!({"tool_call_id": call, "output": output, "is_error": false})
}

#[tokio::test]
async fn a_client_answers_and_the_turn_goes_on() {
    let world = World::start().await;
    let (id, mut follower) = asked(&world, 2).await;
    let chat = world.api.chat(id).await;
    assert_eq!(chat.status, Status::RequiresAction);
    let asked: Vec<Value> = follower.view.content().pending.iter().map(|call| call.args.clone()).collect();
    assert_eq!(asked, [json!({"n": 0}), json!({"n": 1})]);

    let calls = pending(&follower);
    let results = json!([
        {"tool_call_id": calls[1], "output": "no", "is_error": true},
        result(&calls[0], &json!({"deep": [1, null, "yes"]})),
    ]);
    world.api.answer(id, &results).await.empty();
    follower.until_rest(5).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.roles(), ["user", "assistant", "tool", "tool", "assistant"]);
    let told: Vec<Value> = truth.history.values().map(|message| json!(message.content)).collect();
    // Results stand in the order of the calls, whatever the order of the answers.
    assert_eq!(
        told[2],
        json!([{
            "type": "tool_result", "tool_call_id": calls[0], "tool_name": "ask",
            "result": {"deep": [1, null, "yes"]}, "is_error": false,
        }])
    );
    assert_eq!(told[3][0]["is_error"], true);
    assert!(told[4][0]["text"].as_str().unwrap().contains("yes"), "the model heard it: {}", told[4]);
}

#[tokio::test]
async fn answers_are_checked_in_order() {
    let world = World::start().await;
    let rests = world.api.idle().await;
    let (id, follower) = asked(&world, 2).await;
    let calls = pending(&follower);
    let before = Truth::of(&world.api, id).await;
    let good = [result(&calls[0], &json!(1)), result(&calls[1], &json!(2))];
    let cases = [
        ("empty comes before the status", rests, json!([])),
        ("the status comes before doubles", rests, json!([good[0], good[0]])),
        ("empty", id, json!([])),
        ("doubles come before what is missing", id, json!([good[0], good[0]])),
        ("missing", id, json!([good[0]])),
        ("unexpected", id, json!([good[0], good[1], result("nobody", &json!(3))])),
        ("missing and unexpected", id, json!([good[0], result("nobody", &json!(3))])),
        ("no output", id, json!([{"tool_call_id": calls[0], "is_error": false}])),
        ("not a list", id, json!({"tool_call_id": calls[0]})),
    ];
    let mut seen = String::new();
    for (name, id, results) in cases {
        let reply = world.api.answer(id, &results).await;
        seen += &format!("{name}\n    {}\n", reply.shown());
    }
    let large = json!([result(&calls[0], &json!("x".repeat(256 * 1024))), good[1]]);
    seen += &format!("too large\n    {}\n", world.api.answer(id, &large).await.shown());
    for (index, call) in calls.iter().enumerate() {
        seen = seen.replace(call, &format!("<call {index}>"));
    }
    insta::assert_snapshot!(seen);
    assert_eq!(Truth::of(&world.api, id).await, before, "nothing changed");

    world.api.answer(id, &json!(good)).await.empty();
    let late = world.api.answer(id, &json!(good)).await;
    assert_eq!(late.refused(409), "not_requires_action");
}

#[tokio::test]
async fn of_two_answers_at_once_one_wins() {
    let world = World::start().await;
    let (id, mut follower) = asked(&world, 1).await;
    let call = &pending(&follower)[0];
    let (one, other) = (json!([result(call, &json!("one"))]), json!([result(call, &json!("other"))]));
    let (one, other) = tokio::join!(world.api.answer(id, &one), world.api.answer(id, &other));
    let statuses = |reply: &Reply| reply.status.as_u16();
    let mut both = [statuses(&one), statuses(&other)];
    both.sort_unstable();
    assert_eq!(both, [204, 409]);
    follower.until_rest(4).await;
    let truth = Truth::of(&world.api, id).await;
    let winner = if statuses(&one) == 204 { "one" } else { "other" };
    assert_eq!(json!(truth.history.values().nth(2).unwrap().content)[0]["result"], winner);
}

#[tokio::test]
async fn what_people_say_meanwhile_closes_the_call() {
    let world = World::start().await;
    let (id, mut follower) = asked(&world, 1).await;
    let call = pending(&follower).remove(0);
    let queued = world.api.say(id, "/say later").await;
    assert_eq!(queued["queued"], true);
    assert_eq!(world.api.chat(id).await.status, Status::RequiresAction, "a queued message waits");
    let now = json!({"content": say("/say now")["content"], "when_busy": "interrupt"});
    assert_eq!(world.api.send(id, &now).await.json(200)["queued"], false);
    follower.until_rest(7).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.roles(), ["user", "assistant", "tool", "user", "assistant", "user", "assistant"]);
    let closed = json!(truth.history.values().nth(2).unwrap().content)[0].clone();
    assert_eq!((&closed["tool_call_id"], &closed["is_error"]), (&json!(call), &json!(true)));
    assert_eq!(
        world.api.answer(id, &json!([result(&call, &json!(1))])).await.refused(409),
        "not_requires_action"
    );
}

#[tokio::test]
async fn an_interrupted_call_is_closed_and_the_chat_rests() {
    let world = World::start().await;
    let (id, mut follower) = asked(&world, 1).await;
    let chat = world.api.act(&format!("/chats/{id}/interrupt")).await.json(200);
    assert_eq!(chat["status"], "waiting");
    follower.until_rest(3).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.roles(), ["user", "assistant", "tool"]);
}

#[tokio::test]
async fn calls_that_cannot_be_made_fail_and_the_turn_goes_on() {
    let world = World::start().await;
    let tool = json!({"name": "ask", "input_schema": {"type": "object"}});
    let id = world.api.create(&json!({"content": [], "client_tools": [tool]})).await;
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/pace 1\n/call nobody {}\n/then /say unknown").await;
    follower.until_rest(4).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.roles(), ["user", "assistant", "tool", "assistant"]);
    let result = json!(truth.history.values().nth(2).unwrap().content)[0].clone();
    assert_eq!((&result["tool_name"], &result["is_error"]), (&json!("nobody"), &json!(true)));
}

#[tokio::test]
async fn what_steers_meanwhile_is_heard_after_the_answer() {
    let world = World::start().await;
    let (id, mut follower) = asked(&world, 1).await;
    let steer = json!({"content": say("/say steered")["content"], "when_busy": "steer"});
    assert_eq!(world.api.send(id, &steer).await.json(200)["queued"], true);
    assert_eq!(world.api.chat(id).await.status, Status::RequiresAction, "it does not close the call");
    let results = json!([result(&pending(&follower)[0], &json!("yes"))]);
    world.api.answer(id, &results).await.empty();
    follower.until_rest(5).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.roles(), ["user", "assistant", "tool", "user", "assistant"]);
    assert_eq!(truth.history.values().map(said).next_back().unwrap(), "steered");
}
