//! What chats could be called.

use crate::{program::Program, world::World};

#[tokio::test]
async fn a_title_is_suggested_and_printed() {
    let world = World::start().await;
    let answered = Program::start(world.data(), &["chat", "/say hello"]).ends().await;
    assert_eq!(answered.code, Some(0), "{answered:?}");
    let listed = Program::start(world.data(), &["list"]).ends().await;
    let id = listed.printed.split_whitespace().next().unwrap().to_owned();

    let told = Program::start(world.data(), &["title", &id]).ends().await;
    assert_eq!((told.code, told.printed.as_str()), (Some(0), "/say hello\n"));
    let told = Program::start(world.data(), &["title", &id, "--json"]).ends().await;
    assert_eq!((told.code, told.printed.as_str()), (Some(0), "{\"title\":\"/say hello\"}\n"));

    let nowhere = "0190a0a0-0000-7000-8000-000000000000";
    let told = Program::start(world.data(), &["title", nowhere]).ends().await;
    assert_eq!((told.code, told.notices.as_str()), (Some(1), "error: there is no such chat (not_found)\n"));
    world.end().await;
}
