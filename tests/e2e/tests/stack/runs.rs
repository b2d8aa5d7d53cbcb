//! What people on call see and do.

use chat::{
    id::ChatId,
    record::Status,
    run::{Counts, Phase, RunView},
};
use serde::Deserialize;
use serde_json::{Value, json};
use view::View;

use crate::support::{Follower, World, said, within};

/// Words of a turn that goes on until it is stopped.
const LONG: &str = "/pace 50\n/text 600";

#[derive(Deserialize)]
struct Page {
    runs: Vec<RunView>,
    counts: Counts,
    complete: bool,
}

impl Page {
    fn of(self, id: ChatId) -> Option<RunView> {
        self.runs.into_iter().find(|run| run.chat_id == id)
    }
}

async fn runs(world: &World) -> Page {
    world.api.get("/runs?limit=200").await.read(200)
}

async fn kill(world: &World, id: ChatId, body: Value) -> RunView {
    world.api.post(&format!("/runs/{id}/kill"), &body).await.read(200)
}

/// A chat whose model has begun to answer.
async fn running(world: &World) -> (ChatId, Follower) {
    let id = world.api.idle().await;
    let mut follower = Follower::of(world, id).await;
    world.api.say(id, LONG).await;
    follower.until_streams().await;
    (id, follower)
}

#[tokio::test]
async fn a_run_is_listed_while_it_goes_on_and_killed_from_outside() {
    let world = World::start().await;
    let (id, mut follower) = running(&world).await;
    let page = runs(&world).await;
    assert!(page.complete && page.counts.running >= 1);
    let run = page.of(id).unwrap();
    assert_eq!((run.status, run.phase, run.attempt), (Status::Running, Phase::Prompting, 1));
    assert!(run.lease_until.is_some() && run.overdue_ms.is_none());
    assert!(run.step_age_ms.unwrap() <= run.age_ms && run.age_ms < 40_000, "{run:?}");

    assert_eq!(kill(&world, id, json!({})).await.phase, Phase::Stopping);
    follower.until_rest(2).await;
    let page = world.api.page(id, "").await;
    assert!(said(&page.messages[0]).split(' ').count() < 600, "what was said by then is kept");
    assert_eq!(runs(&world).await.of(id), None);
    assert_eq!(world.api.act(&format!("/runs/{id}/kill")).await.refused(409), "not_running");
}

#[tokio::test]
async fn what_is_queued_runs_after_a_kill_unless_it_is_killed_too() {
    let world = World::start().await;
    let (id, mut follower) = running(&world).await;
    world.api.say(id, LONG).await;
    world.api.say(id, "/say third").await;
    kill(&world, id, json!({})).await;
    let second = |view: &View| view.content().history.len() >= 3 && !view.preview().is_empty();
    follower.until("the second turn", second).await;
    assert_eq!(kill(&world, id, json!({"clear_queue": true})).await.queued_count, 0);
    follower.until_rest(4).await;
    assert!(world.api.page(id, "").await.queued_messages.is_empty());
}

#[tokio::test]
async fn a_heartbeat_tells_how_far_a_turn_is() {
    let world = World::start().await;
    let (id, mut follower) = running(&world).await;
    let told = within("a heartbeat", async {
        loop {
            // Some come in a second.
            follower.frame().await;
            let run = runs(&world).await.of(id).unwrap();
            if run.phase != Phase::Prompting {
                return run;
            }
        }
    });
    let run = told.await;
    assert_eq!(run.phase, Phase::Answering);
    // Twelve seconds of 128 MB, and the flushes and pushes of twelve seconds.
    assert!((30..300).contains(&run.cost_micros), "{} millionths of a dollar", run.cost_micros);
    kill(&world, id, json!({})).await;
}

#[tokio::test]
async fn strangers_and_nonsense_are_refused() {
    let world = World::start().await;
    let stranger = world.api.with_token("nobody's");
    assert_eq!(stranger.get("/runs").await.refused(401), "unauthorized");
    let unknown = uuid::Uuid::from_u128(7);
    assert_eq!(world.api.act(&format!("/runs/{unknown}/kill")).await.refused(404), "not_found");
    assert_eq!(world.api.get("/runs?status=waiting").await.refused(400), "invalid_request");
}
