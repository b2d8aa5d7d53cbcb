//! Calls are made once, and answered whatever becomes of them.

use chat::{
    mcp::{Server, Transport},
    part::Outcome,
    port::{ClaimCalls as _, Clock as _},
    transition::Transition,
    wake::Errand,
};
use edge::config::BaseUrls;
use serde_json::json;
use uuid::Uuid;

use crate::world::World;

async fn ready() -> World {
    let world = World::new().await;
    world.refresh().await;
    world
}

#[tokio::test]
async fn a_call_is_made_and_its_answer_wakes_the_chat() {
    let world = ready().await;
    let result = world.called("kit__echo", json!({"text": "hello"})).await;
    assert_eq!((result.result, result.is_error), (json!("echo: hello"), false));
    assert_eq!(world.server.called(), [json!({"name": "echo", "arguments": {"text": "hello"}})]);
    assert_eq!(world.wakes.waiting().len(), 1);
}

#[tokio::test]
async fn the_older_transport_does_the_same() {
    let world = World::new().await;
    world.put(world.known(world.server.sse_url(), Transport::Sse)).await;
    world.refresh().await;
    let result = world.called("kit__echo", json!({"text": "hello"})).await;
    assert_eq!(result.result, json!("echo: hello"));
}

#[tokio::test]
async fn errors_are_the_servers_own_words_and_images_are_named() {
    let world = ready().await;
    let failed = world.called("kit__fail", json!({})).await;
    assert_eq!((failed.result, failed.is_error), (json!({"error": "it did not work"}), true));
    let refused = world.called("kit__refuse", json!({})).await;
    assert_eq!((refused.result, refused.outcome), (json!({"error": "there is no such tool"}), None));
    let picture = world.called("kit__picture", json!({})).await;
    assert_eq!(picture.result, json!("look\n\n[image, image/png, about 3 bytes; not shown]"));
}

#[tokio::test]
async fn a_second_delivery_makes_no_second_call() {
    let world = ready().await;
    let (id, tokens) = world.parked(&[("kit__echo", json!({})), ("kit__echo", json!({}))]).await;
    let errand = Errand::Call(tokens[0].clone());
    assert!(world.deliver(&errand).await && world.deliver(&errand).await);
    assert_eq!(world.server.called().len(), 1);
    assert!(world.results(id).is_empty(), "the other call is not answered yet");
    assert!(world.deliver(&Errand::Call(tokens[1].clone())).await);
    assert_eq!((world.server.called().len(), world.results(id).len()), (2, 2));
}

#[tokio::test]
async fn a_call_whose_maker_died_is_not_made_again_and_said_to_be_unknown() {
    let world = ready().await;
    let (id, tokens) = world.parked(&[("kit__echo", json!({}))]).await;
    world.memory.claim(&tokens[0], Uuid::nil(), world.clock.now()).await.unwrap();
    let errand = Errand::Call(tokens[0].clone());
    world.clock.advance_ms(120_000);
    assert!(!world.deliver(&errand).await, "whoever has it may be at it still");
    world.clock.advance_ms(5_000);
    assert!(world.deliver(&errand).await);
    let result = world.results(id).pop().unwrap();
    assert_eq!((result.outcome, result.is_error), (Some(Outcome::Unknown), true));
    assert!(world.server.called().is_empty());
}

#[tokio::test]
async fn nobody_asks_for_a_chat_that_has_turned_away() {
    let world = ready().await;
    let (id, tokens) = world.parked(&[("kit__echo", json!({}))]).await;
    world.apply(id, |_| Transition::Interrupt).await;
    assert!(world.deliver(&Errand::Call(tokens[0].clone())).await);
    assert!(world.server.called().is_empty());
}

#[tokio::test]
async fn what_cannot_be_called_any_more_is_an_error_and_no_call() {
    let world = ready().await;
    let server = world.known(world.server.url(), Transport::StreamableHttp);
    world.put(Server { tool_deny: vec!["echo".into()], ..server.clone() }).await;
    let denied = world.called("kit__echo", json!({})).await;
    assert!(denied.result["error"].as_str().unwrap().contains("not there any more"), "{denied:?}");
    world.put(Server { enabled: false, ..server }).await;
    assert!(world.called("kit__picture", json!({})).await.is_error);
    assert!(world.server.called().is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_costs_its_calls_and_not_the_turn() {
    let mut world = ready().await;
    let server = world.known(world.server.url(), Transport::StreamableHttp);
    world.server = kit::toolserver::ToolServer::start().await.unwrap();
    world.put(server).await;
    let result = world.called("kit__echo", json!({})).await;
    let said = result.result["error"].as_str().unwrap();
    assert_eq!(said, "the tool server kit could not be reached; it was not asked to do this");
    assert_eq!(result.outcome, None);
}

#[tokio::test]
async fn a_server_that_does_not_answer_within_a_minute_may_have_done_it() {
    let world = ready().await;
    let asked = async {
        while world.server.called().is_empty() {
            tokio::task::yield_now().await;
        }
        // From here on nothing happens but that time goes by.
        tokio::time::pause();
    };
    let (result, ()) = tokio::join!(world.called("kit__hang", json!({})), asked);
    assert_eq!(result.outcome, Some(Outcome::Unknown));
    assert_eq!(world.server.called().len(), 1);
}

#[tokio::test]
async fn nothing_inside_the_network_is_reached_unless_that_is_allowed() {
    let world = World::allowing(BaseUrls::Public).await;
    world.refresh().await;
    let failure = world.listed().await.unwrap().failure.clone().unwrap();
    assert!(failure.contains("inside the network"), "{failure}");
    let by_name = world.server.url().replace("127.0.0.1", "localhost");
    world.put(world.known(by_name, Transport::Sse)).await;
    world.refresh().await;
    let failure = world.listed().await.unwrap().failure.clone().unwrap();
    assert!(failure.contains("inside the network"), "{failure}");
    assert_eq!(world.server.listed(), 0);
}

#[tokio::test]
async fn what_is_no_errand_is_dropped() {
    let world = ready().await;
    assert!(
        world.deliver_text("{}").await
            && world.deliver_text("{\"v\": 9, \"errand\": {\"refresh\": \"x\"}}").await
    );
}
