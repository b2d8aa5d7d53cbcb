//! What invokes functions by itself: the queues' event source and the minute's sweep.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{
    Defect, World,
    caller::{Caller, Ended},
    queues::{Delivery, is_of_machines, is_of_sweeps},
};
use crate::{fault::Kind, plan::OnceIn};

const MINUTE: Duration = Duration::from_secs(60);

/// Starts both; they end with the runtime.
pub(super) fn start(world: &Arc<World>) {
    tokio::spawn(deliver_all(Arc::clone(world)));
    if world.ground.defect != Some(Defect::DeafQueue) {
        tokio::spawn(sweep(Arc::clone(world)));
    }
}

async fn deliver_all(world: Arc<World>) {
    loop {
        while let Some(delivery) = world.queues.take(world.now()) {
            receive(&world, delivery);
        }
        let changed = world.queues.changed.notified();
        match world.queues.next_at() {
            Some(at) => {
                let wait = Duration::from_millis(at.saturating_sub(world.now().0));
                // A message that was taken twice may be visible already: time must pass all the same.
                let _ = timeout(wait.max(Duration::from_millis(1)), changed).await;
            }
            None => changed.await,
        }
    }
}

fn receive(world: &Arc<World>, delivery: Delivery) {
    if is_of_sweeps(&delivery.arn) {
        drop(tokio::spawn(sweep_between(Arc::clone(world), delivery)));
        return;
    }
    if is_of_machines(&delivery.arn) {
        drop(tokio::spawn(provision(Arc::clone(world), delivery)));
        return;
    }
    let offered = [Kind::WakeLost, Kind::WakeDoubled, Kind::WakeDelayed];
    let struck = world.strikes(&offered, OnceIn(12));
    if let Some(kind) = struck {
        world.disturb(kind.name());
    }
    let deaf = world.ground.defect == Some(Defect::DeafQueue) && delivery.received.message.receive_count > 1;
    match struck {
        _ if deaf => world.queues.delete(&delivery),
        Some(Kind::WakeLost) => world.queues.delete(&delivery),
        Some(Kind::WakeDelayed) => {
            let until = world.now().plus_ms(world.roll(1_000, 60_000));
            world.queues.put_off(&delivery, until);
        }
        Some(Kind::WakeDoubled) => {
            tokio::spawn(step(Arc::clone(world), delivery.clone()));
            tokio::spawn(step(Arc::clone(world), delivery));
        }
        Some(_) | None => drop(tokio::spawn(step(Arc::clone(world), delivery))),
    }
}

async fn step(world: Arc<World>, delivery: Delivery) {
    world.pause(1, 5).await;
    world.working.fetch_add(1, Ordering::Relaxed);
    let event = json!({"Records": [delivery.received.record(&delivery.arn)]});
    let chat = serde_json::from_str::<Value>(&delivery.received.message.letter.body).unwrap_or_default();
    world.note(|| format!("wake: {}", chat["reason"]));
    let caller = Caller { chat: chat["chat_id"].as_str().map(str::to_owned), ..Caller::of("Step") };
    let ended = world.invoke(caller, event).await;
    let done = matches!(&ended, Ended::Answered(reply) if !fails(reply));
    if done && world.strikes(&[Kind::WakeUndeleted], OnceIn(20)).is_none() {
        world.queues.delete(&delivery);
    }
    world.working.fetch_sub(1, Ordering::Relaxed);
}

/// One that fails is delivered again.
async fn provision(world: Arc<World>, delivery: Delivery) {
    let event = json!({"Records": [delivery.received.record(&delivery.arn)]});
    let ended = world.invoke(Caller::of("Provision"), event).await;
    if matches!(&ended, Ended::Answered(reply) if !fails(reply)) {
        world.queues.delete(&delivery);
    }
}

/// One that fails is not tried again.
async fn sweep_between(world: Arc<World>, delivery: Delivery) {
    let event = json!({"Records": [delivery.received.record(&delivery.arn)]});
    drop(world.invoke(Caller::of("Sweep"), event).await);
    world.queues.delete(&delivery);
}

fn fails(reply: &Value) -> bool {
    reply["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty())
}

async fn sweep(world: Arc<World>) {
    loop {
        // Who fails is invoked again in a minute.
        drop(world.invoke(Caller::of("Sweep"), json!({})).await);
        sleep(MINUTE).await;
    }
}
