//! Subscriptions in the middle of which something breaks.

use std::{collections::BTreeMap, pin::pin};

use chat::transition::Transition;
use edge::request::Caller;
use kit::{faults::Fault, seed};
use serde_json::json;

use crate::world::{World, message, once, types};

#[tokio::test]
async fn whatever_fails_a_client_is_told_to_come_again_and_never_that_it_is_caught_up() {
    let calls = {
        let world = World::streaming().await;
        world.subscribe().await;
        world.faults.calls()
    };
    let mut told = BTreeMap::new();
    for (index, name) in calls.iter().enumerate() {
        let world = World::streaming().await;
        world.faults.set(move |call, _| if call == index { Fault::FailBefore } else { Fault::Pass });
        let frames = world.subscribe().await;
        told.insert(format!("{index} {name}"), frames.last().unwrap()[0].clone());
        assert!(!types(&frames).contains(&"caught_up".to_owned()), "{name}");
    }
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn a_frame_that_does_not_go_out_ends_the_catch_up() {
    let world = World::after(3, 20_000).await;
    world.at_call("tell", 1, || Fault::FailBefore);
    let told = world.subscribe().await;
    let refused = json!([{
        "type": "refused", "action": "subscribe", "code": "unavailable",
        "message": "subscribe again", "chat_id": world.chat_id,
    }]);
    assert_eq!(told.len(), 2, "the first frame and the refusal");
    assert_eq!(told[1], refused);
}

#[tokio::test]
async fn a_catch_up_ends_before_the_host_would_end_it() {
    let world = World::after(60, 10).await;
    let clock = world.clock.clone();
    world.at_call("tell", 1, move || {
        clock.advance_ms(26_000);
        Fault::Pass
    });
    let told = world.subscribe().await;
    assert!(!types(&told).contains(&"caught_up".to_owned()));
    let last = &told.last().unwrap()[0];
    assert_eq!((&last["code"], &last["message"]), (&json!("unavailable"), &json!("subscribe again")));
}

#[tokio::test]
async fn a_socket_that_goes_away_in_the_middle_is_no_listener() {
    let world = World::after(3, 20_000).await;
    let (sockets, gone) = (world.sockets.clone(), crate::world::socket());
    world.at_call("tell", 1, move || {
        sockets.close(&gone);
        Fault::Pass
    });
    assert_eq!(world.subscribe().await.len(), 1);
    assert!(world.listeners().await.is_empty());
    assert_eq!(world.faults.calls().last(), Some(&"unlisten"), "nothing more is said");
}

#[tokio::test]
async fn a_chat_that_is_deleted_meanwhile_is_not_found() {
    let world = World::at_rest().await;
    world.step(vec![Transition::SetArchived { archived: true }]).await;
    {
        let said = json!({ "action": "subscribe", "chat_id": world.chat_id }).to_string();
        let mut subscribe = pin!(world.send(message(Caller::Known(seed::person()), &said)));
        while !world.faults.calls().contains(&"listen") {
            assert!(once(subscribe.as_mut()).await.is_none());
        }
        world.step(vec![Transition::Delete]).await;
        subscribe.await;
    }
    assert_eq!(world.heard()[0][0]["code"], "not_found");
    assert_eq!(world.faults.calls()[1..], ["listen", "snapshot", "unlisten", "tell"]);
}
