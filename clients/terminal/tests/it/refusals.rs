//! What cannot be done is said at once, in words.

use crate::{
    program::{Ended, Program},
    world::World,
};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn refused(world: &World, args: &[&str]) -> String {
    let Ended { code, printed, notices } = Program::start(world.data(), args).ends().await;
    assert_eq!((code, printed.as_str()), (Some(1), ""), "{args:?}: {notices}");
    notices
}

#[tokio::test]
async fn a_bad_token_ends_everything_at_once() {
    let world = World::start().await;
    for verb in [&["list"][..], &["chat", "hi"]] {
        let said = refused(&world, &[verb, &["--token", "nope"]].concat()).await;
        assert_eq!(said, "error: a valid bearer token is required (unauthorized)\n");
    }
    for verb in [&["watch"][..], &["chat", "--id", ID, "hi"]] {
        let said = refused(&world, &[verb, &["--token", "nope"]].concat()).await;
        assert_eq!(said, "error: the stack does not accept the token (401 Unauthorized)\n");
    }
    world.end().await;
}

#[tokio::test]
async fn an_unknown_chat_is_refused() {
    let world = World::start().await;
    let said = refused(&world, &["chat", "--id", ID, "hi"]).await;
    assert_eq!(said, "error: there is no such chat (not_found)\n");
    let said = refused(&world, &["interrupt", "--id", ID]).await;
    assert_eq!(said, "error: there is no such chat (not_found)\n");
    world.end().await;
}

#[tokio::test]
async fn a_stack_that_does_not_run_is_not_waited_for() {
    let mut world = World::start().await;
    world.kill().await;
    for verb in [&["list"][..], &["chat", "hi"], &["interrupt", "--id", ID]] {
        let said = refused(&world, verb).await;
        assert!(said.starts_with("error: nothing answers at http://127.0.0.1:"), "{said}");
    }
    for verb in [&["watch"][..], &["chat", "--id", ID, "hi"]] {
        let said = refused(&world, verb).await;
        assert!(said.starts_with("error: the stack cannot be reached: Connection refused"), "{said}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_folder_without_a_stack_says_how_to_start_one() {
    let world = World::start().await;
    let nowhere = world.data().join("nowhere");
    let ended = Program::start(&nowhere, &["chat", "hi"]).ends().await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.notices.starts_with("error: no stack found: start one with `cargo run`"));
    world.end().await;
}

#[tokio::test]
async fn an_address_that_is_none_is_said_to_be_none() {
    let world = World::start().await;
    let said = refused(&world, &["list", "--url", "nonsense", "--token", "t"]).await;
    assert_eq!(said, "error: nonsense is not an HTTP address\n");
    world.end().await;
}

#[tokio::test]
async fn nothing_is_nothing_to_say() {
    let world = World::start().await;
    assert_eq!(refused(&world, &["chat"]).await, "error: there is nothing to say\n");
    world.end().await;
}
