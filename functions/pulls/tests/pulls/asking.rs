//! What GitHub is asked, and when.

use chat::{
    agent::GitState,
    diff::PullState,
    wake::{Look, PullWake},
};
use serde_json::json;

use crate::world::{WORKSPACE, World, tree};

const AGAIN: PullWake = PullWake::new(WORKSPACE, Look::Again);

#[tokio::test]
async fn a_pull_request_is_found_and_followed_until_it_is_merged() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.report(Some(tree("work", 3))).await;
    assert_eq!(world.status(chat).unwrap().url, None);
    world.fake.open("ann/fence", "work", &json!({}));
    assert_eq!(world.next_look().await, Some(600_000), "the repository was not shown");
    let status = world.status(chat).unwrap();
    assert_eq!((status.pr_number, status.pull_request_state), (Some(7), Some(PullState::Open)));
    assert_eq!((status.additions, status.commits), (10, Some(3)), "the pull request's numbers");
    let version = world.version(chat);
    let _ = world.fake.take_asked();
    assert_eq!(world.next_look().await, Some(120_000));
    let asked = world.fake.take_asked();
    assert_eq!((asked.len(), asked[0].status, world.version(chat)), (1, 304, version), "nothing is new");
    world.fake.open("ann/fence", "work", &json!({"state": "closed", "merged": true}));
    assert_eq!(world.next_look().await, Some(120_000));
    assert_eq!(world.status(chat).unwrap().pull_request_state, Some(PullState::Merged));
    assert_eq!(world.next_look().await, None, "nothing becomes of it any more");
}

#[tokio::test]
async fn after_a_push_it_is_looked_for_often() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.fake.open("ann/fence", "other", &json!({}));
    world.report(Some(tree("work", 3))).await;
    let mut waits = Vec::new();
    for _ in 0..9 {
        waits.push(world.next_look().await.unwrap());
    }
    assert_eq!(waits, [[15_000; 8].as_slice(), &[300_000]].concat());
    let pushed = GitState { pushed: "b".repeat(40), ..tree("work", 3) };
    world.fake.open("ann/fence", "work", &json!({}));
    world.report(Some(pushed)).await;
    assert_eq!(world.status(chat).unwrap().pr_number, Some(7), "at once");
}

#[tokio::test]
async fn an_hour_after_the_last_interest_nobody_asks() {
    let world = World::new().await;
    world.bound().await;
    world.fake.open("ann/fence", "work", &json!({}));
    world.report(Some(tree("work", 3))).await;
    let mut passed = 0;
    while let Some(delay_ms) = world.next_look().await {
        passed += delay_ms;
        assert!(passed <= 3_600_000, "somebody still asks");
    }
    let _ = world.fake.take_asked();
    world.clock.advance_ms(120_000);
    world.look(PullWake::new(WORKSPACE, Look::Wanted)).await;
    assert_eq!(world.fake.take_asked().len(), 1, "a reader is a reason to ask");
    assert_eq!(world.wakes.take_pulls().len(), 1, "and to go on");
}

#[tokio::test]
async fn wakes_that_come_twice_or_early_ask_nothing() {
    let world = World::new().await;
    world.bound().await;
    world.fake.open("ann/fence", "work", &json!({}));
    world.report(Some(tree("work", 3))).await;
    let _ = (world.fake.take_asked(), world.wakes.take_pulls());
    world.look(AGAIN).await;
    world.look(PullWake::new(WORKSPACE, Look::Wanted)).await;
    world.clock.advance_ms(120_000);
    world.look(AGAIN).await;
    assert_eq!(world.fake.take_asked().len(), 1);
    world.look(AGAIN).await;
    assert!(world.fake.take_asked().is_empty());
    assert_eq!(world.wakes.take_pulls().len(), 1, "one goes on");
}

#[tokio::test]
async fn nobody_is_asked_about_what_is_not_kept_there() {
    let world = World::new().await;
    world.bound().await;
    for remote in ["", "https://169.254.169.254/ann/fence", "https://github.com/ann/../fence", "/srv/fence"] {
        world.report(Some(GitState { remote: remote.into(), ..tree("work", 3) })).await;
        assert_eq!(world.checkout().await.look_at, None, "{remote}");
    }
    world.report(Some(tree("", 3))).await;
    assert!(world.fake.take_asked().is_empty() && world.wakes.take_pulls().is_empty());
}

#[tokio::test]
async fn a_limit_is_kept_and_what_is_known_stays() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.fake.open("ann/fence", "work", &json!({}));
    world.report(Some(tree("work", 3))).await;
    world.fake.refuse(Some((429, vec![("retry-after", "600".to_owned())])));
    assert_eq!(world.next_look().await, Some(120_000));
    assert_eq!(world.status(chat).unwrap().pr_number, Some(7));
    world.fake.refuse(None);
    assert_eq!(world.next_look().await, Some(600_000));
}

#[tokio::test]
async fn another_branch_has_another_pull_request() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.fake.open("ann/fence", "work", &json!({}));
    world.report(Some(tree("work", 3))).await;
    assert!(world.status(chat).unwrap().url.is_some());
    world.report(Some(tree("other", 3))).await;
    assert_eq!(world.status(chat).unwrap().url, None);
    assert_eq!(world.checkout().await.tree.unwrap().remote, "https://github.com/ann/fence.git");
}
