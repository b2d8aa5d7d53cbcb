//! People on call.

use crate::{
    program::{Ended, Program},
    world::World,
};

async fn status(world: &World) -> serde_json::Value {
    let ended = Program::start(world.data(), &["status", "--json"]).ends().await;
    serde_json::from_str(&ended.printed).unwrap()
}

#[tokio::test]
async fn a_run_is_seen_followed_and_killed() {
    let world = World::start().await;
    let quiet = Program::start(world.data(), &["status"]).ends().await;
    assert_eq!(quiet.code, Some(0));
    assert!(quiet.printed.starts_with("0 running, "), "{}", quiet.printed);

    let mut chat = Program::start(world.data(), &["chat", "/say begun\n/stall 600000 after=1"]);
    chat.prints("begun").await;
    let mut tail = Program::start(world.data(), &["tail"]);
    tail.prints("prompting").await;
    let found = status(&world).await;
    assert_eq!(found["counts"]["running"], 1);
    let id = found["runs"][0]["chat_id"].as_str().unwrap().to_owned();

    let Ended { code, notices, .. } = Program::start(world.data(), &["kill", &id]).ends().await;
    assert_eq!(
        (code, notices.as_str()),
        (Some(1), "error: nobody is there to ask; --yes kills without asking\n")
    );
    let killed = Program::start(world.data(), &["kill", &id, "--yes"]).ends().await;
    let expected = format!("{id}  asked to stop; its step ends within a second\n");
    assert_eq!((killed.code, killed.printed), (Some(0), expected));
    chat.ends().await;
    tail.prints("ended").await;
    tail.interrupt().await;
    assert_eq!(tail.ends().await.code, Some(0));

    let again = Program::start(world.data(), &["kill", &id, "--yes"]).ends().await;
    assert_eq!(
        (again.code, again.notices.as_str()),
        (Some(1), "error: the chat is not running (not_running)\n")
    );
    world.end().await;
}

#[tokio::test]
async fn the_token_is_checked_and_a_stack_that_is_away_is_an_error_at_once() {
    let mut world = World::start().await;
    for verb in ["status", "tail"] {
        let ended = Program::start(world.data(), &[verb, "--token", "nope"]).ends().await;
        let said = "error: a valid bearer token is required (unauthorized)\n";
        assert_eq!((ended.code, ended.notices.as_str()), (Some(1), said), "{verb}");
    }
    world.stop().await;
    for verb in ["status", "tail"] {
        let nowhere = ["--url", "http://127.0.0.1:9", "--token", "t"];
        let ended = Program::start(world.data(), &[&[verb], &nowhere[..]].concat()).ends().await;
        assert!(ended.code == Some(1) && ended.notices.contains("http://127.0.0.1:9"), "{ended:?}");
        let ended = Program::start(world.data(), &[verb]).ends().await;
        assert!(ended.code == Some(1) && ended.notices.starts_with("error: no stack found"), "{ended:?}");
    }
    world.end().await;
}
