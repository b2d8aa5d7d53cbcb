//! The stack goes away in the middle of an answer and comes back: nothing is lost, nothing is printed twice.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    program::{Ended, Program},
    world::World,
};

const ASKED: &str = "/pace 20\n/text 120";

/// The answer as another client reads it afterwards.
async fn answer(world: &World, chat: &str) -> String {
    let args = ["chat", "--json", "--id", chat, "/say end"];
    let ended = Program::start(world.data(), &args).ends().await;
    let events = ended.printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = events
        .filter(|event| event["message"]["role"] == "assistant")
        .map(|event| event["message"]["content"][0]["text"].as_str().unwrap().to_owned());
    text.take(1).collect()
}

/// What was printed over an outage. The rehearsal model says the same again, so nothing begins again.
fn printed(ended: &Ended) -> &str {
    assert_eq!(ended.count("reconnecting…"), 1, "{}", ended.notices);
    assert_eq!(ended.count("connected again"), 1, "{}", ended.notices);
    assert_eq!(ended.count("the answer starts again"), 0, "{}", ended.notices);
    assert_eq!(ended.code, Some(0), "{}", ended.notices);
    ended.printed.strip_suffix('\n').unwrap()
}

#[tokio::test]
async fn an_answer_survives_a_stop_and_a_start() {
    let mut world = World::start().await;
    let mut program = Program::start(world.data(), &["chat", ASKED]);
    program.prints("every line was written").await;
    world.stop().await;
    program.notices("reconnecting…").await;
    world.start_again().await;
    let ended = program.ends().await;
    assert_eq!(printed(&ended), answer(&world, ended.chat()).await);
    world.end().await;
}

#[tokio::test]
async fn an_answer_survives_a_kill_and_a_start() {
    let mut world = World::start().await;
    let mut program = Program::start(world.data(), &["chat", ASKED]);
    program.prints("every line was written").await;
    world.kill().await;
    program.notices("reconnecting…").await;
    world.start_again().await;
    let ended = program.ends().await;
    let text = answer(&world, ended.chat()).await;
    assert_eq!((printed(&ended), text.split(' ').count()), (text.as_str(), 120));
    world.end().await;
}

#[tokio::test]
async fn events_in_json_are_not_repeated_after_an_outage() {
    let mut world = World::start().await;
    let mut program = Program::start(world.data(), &["chat", "--json", ASKED]);
    program.prints("written").await;
    world.stop().await;
    program.notices("reconnecting…").await;
    world.start_again().await;
    let ended = program.ends().await;
    assert_eq!(ended.code, Some(0), "{}", ended.notices);
    let (mut parts, mut preview, mut messages) = (0, BTreeMap::new(), Vec::new());
    for line in ended.printed.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        match event["type"].as_str().unwrap() {
            "message" => messages.push(event["message"]["id"].clone()),
            "preview_reset" => preview.clear(),
            "message_part" => {
                parts += 1;
                let place = (event["generation_attempt"].as_u64(), event["seq"].as_u64());
                assert_eq!(preview.insert(place, event), None, "a part is printed once");
            }
            _ => {}
        }
    }
    assert_eq!(messages.len(), 2, "each message is printed once");
    assert!(parts > 1);
    world.end().await;
}
