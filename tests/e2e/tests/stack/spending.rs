//! What people spend, and where that ends.

use chat::{id::ChatId, record::Status};
use serde_json::{Value, json};

use crate::support::{Follower, World};

/// A chat whose model has a price.
async fn dear(world: &World) -> ChatId {
    let api = &world.api;
    let body =
        json!({"type": "openai-compat", "name": "dear", "base_url": world.rehearsal_url(), "api_key": "sk"});
    let provider = api.post("/providers", &body).await.json(201)["id"].take();
    let cost = json!({"input": 1_000_000_000, "output": 1_000_000_000});
    let body =
        json!({"provider_id": provider, "model": "rehearsal-chat", "context_limit": 100_000, "cost": cost});
    let model = api.post("/models", &body).await.json(201)["id"].take();
    // With a title, so that nobody asks a model for one.
    api.create(&json!({"content": [], "title": "dear", "model_id": model})).await
}

async fn cost(world: &World) -> u64 {
    world.api.get("/usage?group_by=user").await.json(200)["total"]["cost_micros"].as_u64().unwrap()
}

async fn limits(world: &World) -> Value {
    world.api.get("/limits").await.json(200)
}

/// Says something in a chat that has not failed, and waits for what comes of it.
async fn turn(world: &World, id: ChatId, follower: &mut Follower) -> Status {
    let before = follower.view.content().history.len();
    world.api.say(id, "/say hello").await;
    let over = |view: &view::View| {
        let content = view.content();
        let said = content.history.len() - before;
        content.is_at_rest() && (said == 2 || said == 1 && content.status == Some(Status::Error))
    };
    follower.until("the end of the turn", over).await;
    follower.view.content().status.unwrap()
}

#[tokio::test]
async fn a_person_chats_up_to_her_ceiling_and_sees_what_she_spent() {
    // A ceiling holds for all of a stack's tests.
    let Some(world) = World::stoppable().await else { return };
    let id = dear(&world).await;
    let mut follower = Follower::of(&world, id).await;
    assert_eq!((cost(&world).await, limits(&world).await["spent"].clone()), (0, json!({"user_micros": 0})));

    assert_eq!(turn(&world, id, &mut follower).await, Status::Waiting);
    let one = cost(&world).await;
    assert!(one > 0);
    let ceiling = json!({"user_micros": one + 1, "org_micros": 100 * one, "period": "month"});
    assert_eq!(world.api.put("/limits", &ceiling).await.json(200), ceiling);

    let mut turns = 1;
    while turn(&world, id, &mut follower).await == Status::Waiting {
        turns += 1;
        assert!(turns < 10, "nothing stops it");
    }
    let failure = json!(world.api.chat(id).await.last_error);
    assert_eq!(failure["kind"], "usage_limit", "{failure}");
    let spent = cost(&world).await;
    assert!(spent > one && turns > 1, "{turns} turns cost {spent}");

    // Whoever sums it up comes to the same: the chat, the counts, the ceilings.
    let usage = world.api.get("/usage?group_by=model,day").await.json(200);
    let sums = usage["usage"].as_array().unwrap();
    let calls: u64 = sums.iter().map(|sum| sum["calls"].as_u64().unwrap()).sum();
    assert_eq!((calls, &usage["total"]["unpriced_calls"]), (turns, &json!(0)));
    assert_eq!(world.api.chat(id).await.usage.cost_micros, Some(spent));
    let seen = limits(&world).await;
    assert_eq!(seen["spent"], json!({"user_micros": spent, "org_micros": spent}));
    assert!(seen["resets_at"].as_str().unwrap().ends_with("-01T00:00:00.000Z"), "{seen}");

    world.api.put("/limits", &json!({"user_micros": 100 * one})).await.json(200);
    let before = follower.view.content().history.len();
    world.api.say(id, "/say hello").await;
    follower.until_rest(before + 2).await;
}
