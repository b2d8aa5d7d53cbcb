//! What a queue promises.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use edge::FunctionError;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::world::{Act, World};

const FAILS: Act = |_| Err(FunctionError { error_type: "Broken", message: "on purpose".into() });

async fn send(world: &World, body: &str) {
    let send = world.sqs().send_message().queue_url(world.queue(0)).message_body(body);
    send.send().await.unwrap();
}

fn count(event: &Value) -> &Value {
    &event["Records"][0]["attributes"]["ApproximateReceiveCount"]
}

#[tokio::test(start_paused = true)]
async fn a_delayed_wake_waits_for_its_time() {
    let world = World::new().await;
    let sent = Instant::now();
    let send = world.sqs().send_message().queue_url(world.queue(0)).message_body("later");
    send.delay_seconds(90).send().await.unwrap();
    world.heard("Step").await;
    assert_eq!(sent.elapsed().as_secs(), 90);
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delay_beyond_fifteen_minutes_is_refused() {
    let world = World::new().await;
    let send = world.sqs().send_message().queue_url(world.queue(0)).message_body("later");
    let refused = send.delay_seconds(901).send().await.unwrap_err().into_service_error();
    assert!(refused.to_string().contains("InvalidParameterValue"), "{refused}");
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_wake_comes_again_when_its_visibility_ends() {
    let world = World::acting(&[("Step", FAILS)]).await;
    send(&world, "again").await;
    assert_eq!(count(&world.heard("Step").await), "1");
    let failed = Instant::now();
    assert_eq!(count(&world.heard("Step").await), "2");
    assert_eq!(failed.elapsed().as_secs(), 900);
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_wake_that_reported_failure_comes_as_early_as_it_asked() {
    let reports: Act = |event| {
        let id = &event["Records"][0]["messageId"];
        Ok(json!({"batchItemFailures": [{"itemIdentifier": id}]}))
    };
    let world = World::acting(&[("Step", reports)]).await;
    send(&world, "again").await;
    let event = world.heard("Step").await;
    let asked = Instant::now();
    let receipt = event["Records"][0]["receiptHandle"].as_str().unwrap();
    let change = world.sqs().change_message_visibility().queue_url(world.queue(0));
    change.receipt_handle(receipt).visibility_timeout(30).send().await.unwrap();
    assert_eq!(count(&world.heard("Step").await), "2");
    assert_eq!(asked.elapsed().as_secs(), 30);
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_finished_wake_never_comes_again() {
    let world = World::new().await;
    send(&world, "once").await;
    world.heard("Step").await;
    send(&world, "other").await;
    assert_eq!(world.heard("Step").await["Records"][0]["body"], "other");
    tokio::time::advance(Duration::from_secs(3_600)).await;
    send(&world, "last").await;
    assert_eq!(world.heard("Step").await["Records"][0]["body"], "last");
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_failed_eight_times_is_buried() {
    let world = World::acting(&[("Step", FAILS)]).await;
    send(&world, "poison").await;
    for number in 1..=8 {
        assert_eq!(count(&world.heard("Step").await), &number.to_string());
    }
    let dead = world.sqs().get_queue_url().queue_name("quickstep-dead-letters").send().await.unwrap();
    let url = dead.queue_url().unwrap();
    tokio::time::sleep(Duration::from_secs(901)).await;
    let letters = world.sqs().receive_message().queue_url(url).send().await.unwrap();
    assert_eq!(letters.messages()[0].body(), Some("poison"));
    let attributes = world.sqs().get_queue_attributes().queue_url(world.queue(0)).send().await.unwrap();
    let visible = &attributes.attributes().unwrap()[&QueueAttributeName::ApproximateNumberOfMessages];
    assert_eq!(visible, "0");
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_is_a_failure() {
    let never = edge::Function::new(|_, _| std::future::pending());
    let world = World::with(|_| {}, local::Functions::from([("Step", never)])).await;
    send(&world, "stuck").await;
    assert_eq!(count(&world.heard("Step").await), "1");
    assert_eq!(count(&world.heard("Step").await), "2");
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_schedule_sweeps_once_a_minute() {
    let world = World::new().await;
    let started = Instant::now();
    let event = world.heard("Sweep").await;
    assert_eq!((&event["detail-type"], started.elapsed().as_secs()), (&json!("Scheduled Event"), 60));
    world.heard("Sweep").await;
    assert_eq!(started.elapsed().as_secs(), 120);
    world.stack.stop().await;
}
