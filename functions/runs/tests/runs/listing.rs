use chat::{call::Answerer, record::Status};
use serde_json::Value;

use super::world::{LIST, Who, World};

fn titles(page: &Value) -> Vec<&str> {
    page["runs"].as_array().unwrap().iter().map(|run| run["title"].as_str().unwrap()).collect()
}

/// A run of every kind, from oldest to newest, and a chat at rest.
async fn every_kind() -> World {
    let world = World::new();
    world.said("waking").await;
    let lost = world.asked("lost").await;
    world.clock.advance_ms(40_000);
    world.queued(lost, "and then?").await;
    world.at_rest("at rest").await;
    world.asked("prompting").await;
    let stopping = world.asked("stopping").await;
    world.apply(stopping, chat::transition::Transition::Interrupt).await;
    world.parked("parked", Answerer::Workspace).await;
    world.parked("asking", Answerer::Client).await;
    world.retrying("retrying").await;
    world.clock.advance_ms(2_000);
    world
}

#[tokio::test]
async fn everything_that_is_not_at_rest_is_listed_the_oldest_first() {
    let world = every_kind().await;
    let page = world.list("").await;
    insta::assert_json_snapshot!(page);
}

#[tokio::test]
async fn a_status_filters_and_does_not_change_the_counts() {
    let world = every_kind().await;
    let all = world.list("").await;
    let cases = [
        ("running", vec!["waking", "lost", "prompting", "parked", "retrying"]),
        ("interrupting", vec!["stopping"]),
        ("requires_action", vec!["asking"]),
    ];
    for (status, expect) in cases {
        let page = world.list(&format!("status={status}")).await;
        assert_eq!((titles(&page), &page["counts"]), (expect, &all["counts"]), "{status}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_double() {
    let world = every_kind().await;
    let whole = world.list("").await;
    for limit in 1..=8 {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.list(&format!("limit={limit}{cursor}")).await;
            seen.extend(titles(&page).into_iter().map(str::to_owned));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, titles(&whole), "by {limit}");
    }
}

#[tokio::test]
async fn what_nobody_looks_at_is_overdue_and_then_stuck() {
    let world = World::new();
    let id = world.said("forgotten").await;
    let due = world.snapshot(id).chat.due_at.unwrap();
    world.clock.advance_to(due.plus_ms(119_999));
    let page = world.list("").await;
    assert_eq!((&page["runs"][0]["overdue_ms"], &page["counts"]["stuck"]), (&119_999.into(), &0.into()));
    world.clock.advance_ms(1);
    let page = world.list("").await;
    assert_eq!((&page["counts"]["running"], &page["counts"]["stuck"]), (&1.into(), &1.into()));
}

#[tokio::test]
async fn a_state_that_cannot_be_is_stuck_at_once() {
    let world = World::new();
    let id = world.parked("odd", Answerer::Client).await;
    let mut change = kit::seed::change(
        chat::Draft::open(Some(world.snapshot(id)), chat::port::Clock::now(&world.clock)),
        [chat::transition::Transition::Describe(chat::transition::Describe::default())],
    );
    change.chat.status = Status::Running;
    chat::port::CommitChats::commit(&world.memory, &change, None).await.unwrap();
    let page = world.list("").await;
    assert_eq!(
        (&page["runs"][0]["phase"], &page["runs"][0]["state"]),
        (&"invalid".into(), &"Invalid".into())
    );
    assert_eq!(page["counts"]["stuck"], 1);
}

#[tokio::test]
async fn one_request_looks_at_a_bounded_number_of_runs() {
    let world = World::new();
    for index in 0..1_001 {
        let created = kit::seed::created(&world.clock, &format!("chat {index}"));
        chat::port::CommitChats::commit(&world.memory, &created, None).await.unwrap();
    }
    let page = world.list("limit=5").await;
    assert_eq!((&page["complete"], &page["counts"]["running"]), (&false.into(), &1_000.into()));
    assert_eq!(titles(&page).len(), 5);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let world = every_kind().await;
    let next = world.list("limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    let other_list = format!("status=running&cursor={next}");
    let queries = ["limit=0", "limit=201", "status=waiting", "status=busy", "cursor=x", &other_list];
    for query in queries {
        let reply = world.ask(Who::Admin, LIST, "", query, None).await;
        let field = reply["body"]["fields"][0]["field"].as_str().unwrap();
        assert!(reply["statusCode"] == 400 && query.contains(&format!("{field}=")), "{query}: {reply}");
    }
}
