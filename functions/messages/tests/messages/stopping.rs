use chat::record::Status;

use super::world::{Ask, World};

const INTERRUPT: &str = "POST /v1/chats/{chat}/interrupt";
const COMPACT: &str = "POST /v1/chats/{chat}/compact";
const CLEAR: &str = "POST /v1/chats/{chat}/clear";

#[tokio::test]
async fn a_working_step_is_asked_to_stop_once() {
    let world = World::new().await;
    world.step(|world| vec![world.attempt()]).await;
    let reply = world.ask(INTERRUPT, Ask::default()).await;
    assert_eq!(reply["body"]["status"], "interrupting");
    assert_eq!(world.heard(), ["3 status interrupting"]);
    assert_eq!(world.ask(INTERRUPT, Ask::default()).await["body"]["status"], "interrupting");
    assert!(world.heard().is_empty(), "the second one changes nothing");
}

#[tokio::test]
async fn what_only_waits_comes_to_rest_at_once() {
    let world = World::asking().await;
    assert_eq!(world.ask(INTERRUPT, Ask::default()).await["body"]["status"], "waiting");
    assert_eq!(world.snapshot().chat.status, Status::Waiting);
}

#[tokio::test]
async fn at_rest_there_is_nothing_to_stop() {
    assert_eq!(World::at_rest().await.told(INTERRUPT, Ask::default()).await, "409 not_running");
}

#[tokio::test]
async fn the_model_forgets_and_people_do_not() {
    let world = World::at_rest().await;
    assert_eq!(world.told(CLEAR, Ask::default()).await, "200 done");
    assert_eq!(world.heard(), ["5 message …", "5 message …", "5 chat"]);
    assert_eq!(world.memory.visible(world.chat_id).len(), 5);
    assert_eq!(world.told(CLEAR, Ask::default()).await, "409 nothing_to_clear");
    assert_eq!(World::new().await.told(CLEAR, Ask::default()).await, "409 chat_busy");
}

#[tokio::test]
async fn a_summary_is_asked_for_from_rest_where_there_is_something_to_summarise() {
    let world = World::at_rest().await;
    let reply = world.ask(COMPACT, Ask::default()).await;
    assert_eq!((&reply["statusCode"], &reply["body"]["status"]), (&202.into(), &"running".into()));
    assert!(world.snapshot().chat.compaction_requested);
    assert_eq!(world.told(COMPACT, Ask::default()).await, "409 chat_busy");
    let cleared = World::at_rest().await;
    cleared.told(CLEAR, Ask::default()).await;
    assert_eq!(cleared.told(COMPACT, Ask::default()).await, "409 nothing_to_compact");
}
