//! Tool servers that a message names.

use std::time::Duration;

use chat::{
    id::ServerId,
    port::ReadChats as _,
    record::Spec,
    transition::{Describe, Transition},
};
use kit::faults::Fault;
use serde_json::json;
use tokio::{task::yield_now, time::timeout};
use turn::Ports;
use uuid::Uuid;

use super::world::{Ask, World, saying};

const SEND: &str = "POST /v1/chats/{chat}/messages";
const WIKI: ServerId = ServerId(Uuid::from_u128(0x3c));
const NOBODY: ServerId = ServerId(Uuid::from_u128(0x4c));

fn naming(ids: &[ServerId]) -> Ask {
    let mut ask = saying("look it up");
    ask.body.as_mut().unwrap()["mcp_server_ids"] = json!(ids);
    ask
}

async fn spec(world: &World) -> Spec {
    world.memory.spec(world.chat_id).await.unwrap()
}

/// Has somebody else write the same item, after so many turns of others.
async fn prompted(world: &World, turns: usize) {
    for _ in 0..turns {
        yield_now().await;
    }
    let (chats, clock) = (world.memory.clone(), world.clock.clone());
    let ports = Ports { chats, directory: (), wakes: (), sockets: (), clock };
    let respec = |spec| Spec { system_prompt: Some("be brief".into()), ..spec };
    let described = |draft: chat::Draft| draft.apply(Transition::Describe(Describe::default()));
    turn::commit_spec(&ports, world.chat_id, None, Some(&respec), described).await.unwrap();
}

#[tokio::test]
async fn who_is_not_there_is_named_and_the_chat_stays_as_it_was() {
    let world = World::at_rest().await;
    let reply = world.ask(SEND, naming(&[WIKI, NOBODY])).await;
    assert_eq!(reply["statusCode"], 400);
    assert_eq!(reply["body"]["fields"][0]["field"], "mcp_server_ids[1]");
    assert_eq!((spec(&world).await, world.heard().len()), (Spec::default(), 0));
}

#[tokio::test]
async fn a_refused_message_leaves_the_chat_its_servers() {
    let world = World::new().await;
    let mut ask = naming(&[WIKI]);
    ask.body.as_mut().unwrap()["when_busy"] = "reject".into();
    assert_eq!(world.told(SEND, ask).await, "409 chat_busy");
    assert_eq!(spec(&world).await, Spec::default());
}

#[tokio::test]
async fn a_message_that_names_none_turns_off_those_that_are_not_for_every_chat() {
    let world = World::at_rest().await;
    assert_eq!(world.told(SEND, naming(&[])).await, "200 done");
    assert_eq!(spec(&world).await.mcp_server_ids, Some(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn servers_come_with_their_message_or_not_at_all_wherever_it_fails() {
    let calm = World::at_rest().await;
    calm.ask(SEND, naming(&[WIKI])).await;
    let calls = calm.faults.calls();
    let mut came = [false; 2];
    for index in 0..calls.len() {
        for fault in Fault::ALL {
            let world = World::at_rest().await;
            world.faults.set(move |call, _| if call == index { fault } else { Fault::Pass });
            let said_before = world.memory.visible(world.chat_id).len();
            // What hangs is a crash.
            let _ = timeout(Duration::from_mins(1), world.ask(SEND, naming(&[WIKI]))).await;
            let is_said = world.memory.visible(world.chat_id).len() > said_before;
            let named = spec(&world).await.mcp_server_ids;
            assert_eq!(named, is_said.then(|| vec![WIKI]), "{fault:?} at {index} of {calls:?}");
            came[usize::from(is_said)] = true;
        }
    }
    assert_eq!(came, [true; 2]);
}

#[tokio::test(start_paused = true)]
async fn what_others_write_beside_them_meanwhile_stays() {
    for turns in 0..20 {
        let world = World::at_rest().await;
        let (told, ()) = tokio::join!(world.told(SEND, naming(&[WIKI])), prompted(&world, turns));
        assert_eq!(told, "200 done");
        let Spec { mcp_server_ids, system_prompt, .. } = spec(&world).await;
        let kept = (mcp_server_ids, system_prompt.as_deref());
        assert_eq!(kept, (Some(vec![WIKI]), Some("be brief")), "after {turns} turns");
    }
}
