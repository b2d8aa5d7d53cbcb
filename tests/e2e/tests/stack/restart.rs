//! The stack is stopped in the middle of everything, and started again on the same data.

use chat::record::Status;
use serde_json::{Value, json};

use crate::support::{Follower, Truth, World, said};

#[tokio::test]
async fn everything_goes_on_after_a_stop_in_mid_turn() {
    let Some(world) = World::stoppable().await else { return };
    let api = &world.api;
    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    let asks = api.create(&json!({"content": [], "client_tools": tools})).await;
    let mut asking = Follower::of(&world, asks).await;
    api.say(asks, "/pace 1\n/call ask\n/then /say answered").await;
    asking.until_status(Status::RequiresAction).await;

    let streams = api.idle().await;
    let mut streaming = Follower::of(&world, streams).await;
    api.say(streams, "/pace 20\n/text 60").await;
    api.say(streams, "/say next").await;
    streaming.until_streams().await;
    // A client that comes back with an old cursor, and one that knows nothing.
    let (old, asking) = (streaming.into_parts().1, asking.into_parts().1);

    let world = world.restarted().await;
    let api = &world.api;
    let mut asking = Follower::resuming(&world, asking).await;
    let call = asking.view.content().pending[0].tool_call_id.clone();
    let results = json!([{"tool_call_id": call, "output": "yes", "is_error": false}]);
    api.answer(asks, &results).await.empty();
    asking.until_rest(4).await;
    Truth::of(api, asks).await.is_shown_by(&asking.view, "the one that was asked");

    let mut old = Follower::resuming(&world, old).await;
    let mut new = Follower::of(&world, streams).await;
    for follower in [&mut old, &mut new] {
        follower.until_rest(4).await;
    }
    let truth = Truth::of(api, streams).await;
    truth.is_shown_by(&old.view, "the one with an old cursor");
    truth.is_shown_by(&new.view, "the one that comes new");
    let talk: Vec<String> = truth.history.values().map(said).collect();
    assert_eq!(truth.roles(), ["user", "assistant", "user", "assistant"]);
    assert_eq!((talk[1].split(' ').count(), talk[3].as_str()), (60, "next"));
}

#[tokio::test]
async fn what_is_at_rest_is_as_it_was() {
    let Some(world) = World::stoppable().await else { return };
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/pace 1\n/reason 3\n/say hello").await;
    follower.until_rest(2).await;
    let before = Truth::of(&world.api, id).await;
    let list: Value = world.api.get("/chats").await.json(200);
    let world = world.restarted().await;
    assert_eq!(Truth::of(&world.api, id).await, before);
    assert_eq!(world.api.get("/chats").await.json(200), list);
    let mut follower = Follower::resuming(&world, follower.into_parts().1).await;
    world.api.say(id, "/say on").await;
    follower.until_rest(4).await;
    Truth::of(&world.api, id).await.is_shown_by(&follower.view, "the follower");
}
