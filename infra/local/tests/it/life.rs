//! Starts, stops and what outlives them.

use std::{fs, os::unix::fs::PermissionsExt};

use local::{Functions, Options, Stack};
use serde_json::Value;

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn queued_wakes_outlive_the_stack() {
    let mut world = World::new().await;
    let folder = world.folder.take().unwrap();
    let send = world.sqs().send_message().queue_url(world.queue(1)).message_body("kept");
    send.delay_seconds(60).send().await.unwrap();
    world.stack.stop().await;
    let world = World::at(folder.path().to_owned(), |_| {}, Functions::new()).await;
    assert_eq!(world.heard("Step").await["Records"][0]["body"], "kept");
    world.stack.stop().await;
}

#[tokio::test]
async fn a_wake_that_was_being_worked_on_is_delivered_at_the_next_start() {
    let never = edge::Function::new(|_, _| std::future::pending());
    let impatient = |options: &mut Options| options.grace = std::time::Duration::ZERO;
    let mut world = World::with(impatient, Functions::from([("Step", never)])).await;
    let folder = world.folder.take().unwrap();
    world.sqs().send_message().queue_url(world.queue(1)).message_body("held").send().await.unwrap();
    world.heard("Step").await;
    world.stack.stop().await;
    let world = World::at(folder.path().to_owned(), |_| {}, Functions::new()).await;
    assert_eq!(world.heard("Step").await["Records"][0]["body"], "held");
    world.stack.stop().await;
}

#[tokio::test]
async fn a_second_stack_on_the_same_data_is_refused() {
    let world = World::new().await;
    let refused = Stack::start(Options::new(&world.stack.data), |_| Ok(Functions::new())).await;
    assert!(refused.unwrap_err().to_string().contains("is in use by another local stack"));
    world.stack.stop().await;
}

#[tokio::test]
async fn a_missing_function_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Stack::start(Options::new(folder.path()), |_| Ok(Functions::new())).await;
    assert_eq!(refused.unwrap_err().to_string(), "nothing runs Agent");
}

#[tokio::test]
async fn the_stack_is_announced_to_its_owner_only() {
    let mut world = World::new().await;
    let folder = world.folder.take().unwrap();
    let path = folder.path().join("stack.json");
    let announced: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(announced, serde_json::to_value(&world.stack).unwrap());
    for file in ["stack.json", "admin-token"] {
        assert_eq!(fs::metadata(folder.path().join(file)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let hash = edge::Secret::new(&world.stack.token).hash();
    assert_eq!(world.wiring.environment("Authorize").unwrap()["ADMIN_TOKEN_HASH"], hash);
    let token = world.stack.token.clone();
    world.stack.stop().await;
    assert!(!path.exists());
    let world = World::at(folder.path().to_owned(), |_| {}, Functions::new()).await;
    assert_eq!(world.stack.token, token);
    world.stack.stop().await;
}
