//! `$connect` and `$disconnect`.

use chat::port::{Clock as _, KeepSockets as _};
use edge::request::Caller;
use kit::seed;
use serde_json::json;

use crate::world::{World, connect, disconnect, socket};

#[tokio::test]
async fn somebody_known_gets_in_and_is_remembered() {
    let world = World::new().await;
    assert_eq!(world.send(connect(Caller::Known(seed::person()))).await, json!({ "statusCode": 200 }));
    assert_eq!(world.memory.holder(&socket()).await.unwrap(), Some(seed::person()));
    // API Gateway ends every socket after two hours; what nobody removed goes by itself.
    world.clock.advance_ms(3 * 3_600_000);
    assert_eq!(world.memory.holder(&socket()).await.unwrap(), None);
}

#[tokio::test]
async fn a_stranger_is_turned_away() {
    let world = World::new().await;
    assert_eq!(world.send(connect(Caller::Stranger)).await, json!({ "statusCode": 401 }));
    assert!(world.faults.calls().is_empty());
}

#[tokio::test]
async fn an_outage_is_not_taken_for_a_stranger() {
    let world = World::new().await;
    assert_eq!(world.send(connect(Caller::Unclear)).await, json!({ "statusCode": 503 }));
    world.fail("open");
    let known = connect(Caller::Known(seed::person()));
    assert_eq!(world.send(known).await, json!({ "statusCode": 503 }));
}

#[tokio::test]
async fn a_socket_that_closes_is_forgotten() {
    let world = World::new().await;
    let caller = Caller::Known(seed::person());
    world.send(connect(caller)).await;
    world.say(json!({ "action": "watch" })).await;
    assert_eq!(world.send(disconnect(caller)).await, json!({ "statusCode": 200 }));
    assert_eq!(world.memory.holder(&socket()).await.unwrap(), None);
    assert!(world.watchers().await.is_empty());
}

#[tokio::test]
async fn nothing_is_wrong_when_a_closed_socket_cannot_be_forgotten() {
    let world = World::new().await;
    let caller = Caller::Known(seed::person());
    world.send(connect(caller)).await;
    world.fail("unwatch");
    assert_eq!(world.send(disconnect(caller)).await, json!({ "statusCode": 200 }));
    assert_eq!(
        world.memory.holder(&socket()).await.unwrap(),
        None,
        "the one failure does not stop the other"
    );
    world.fail("close");
    assert_eq!(world.send(disconnect(caller)).await, json!({ "statusCode": 200 }));
}

#[tokio::test]
async fn what_is_no_event_of_the_socket_is_an_error() {
    let world = World::new().await;
    let mut strange = connect(Caller::Stranger);
    strange["requestContext"]["eventType"] = "RECONNECT".into();
    for event in [json!({}), json!({ "Records": [] }), strange] {
        assert_eq!(
            socket::handle(&world.ports, event, world.clock.now()).await.unwrap_err().error_type,
            "BadEvent"
        );
    }
    assert!(world.clock.now() == kit::clock::EPOCH && world.heard().is_empty());
}
