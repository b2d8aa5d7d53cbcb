use chat::transition::{Describe, Transition};
use serde_json::Value;

use super::world::{Ask, World};

const LIST: &str = "GET /v1/chats";

async fn list(world: &World, query: &str) -> Value {
    world.ask(LIST, Ask { query: query.into(), ..Ask::default() }).await["body"].take()
}

fn titles(page: &Value) -> Vec<&str> {
    page["chats"].as_array().unwrap().iter().map(|chat| chat["title"].as_str().unwrap()).collect()
}

/// Five chats, from oldest to newest; `two` is pinned, `four` archived, `one` and `three` labelled.
async fn five() -> World {
    let world = World::new().await;
    for title in ["one", "two", "three", "four", "five"] {
        let id = world.chat(title).await;
        let label = |value: &str| Some([("size".to_owned(), value.to_owned())].into());
        let change = match title {
            "two" => Transition::Describe(Describe { pin_order: Some(1), ..Describe::default() }),
            "four" => Transition::SetArchived { archived: true },
            "one" => Transition::Describe(Describe { labels: label("a:b"), ..Describe::default() }),
            _ => Transition::Describe(Describe { labels: label("x"), ..Describe::default() }),
        };
        world.step(&id, vec![change]).await;
    }
    world
}

#[tokio::test]
async fn pinned_come_first_then_the_newest() {
    let world = five().await;
    let pages = [
        ("", vec!["two", "five", "three", "one"]),
        ("archived=true", vec!["four"]),
        ("archived=any", vec!["two", "five", "four", "three", "one"]),
        ("q=O", vec!["two", "one"]),
        ("status=waiting&label=size%3Aa%3Ab", vec!["one"]),
        ("label=size:x&label=size:y", vec![]),
        ("status=error", vec![]),
    ];
    for (query, expect) in pages {
        assert_eq!(titles(&list(&world, query).await), expect, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_double() {
    let world = five().await;
    for limit in 1..=6 {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&world, &format!("archived=any&limit={limit}{cursor}")).await;
            seen.extend(titles(&page).into_iter().map(str::to_owned));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, ["two", "five", "four", "three", "one"], "by {limit}");
    }
}

#[tokio::test]
async fn the_last_full_page_says_that_it_is_the_last() {
    let world = five().await;
    assert!(list(&world, "limit=4").await.get("next_cursor").is_none());
    assert!(list(&world, "limit=3").await["next_cursor"].is_string());
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let world = five().await;
    let next = list(&world, "limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    let queries = [
        "limit=0",
        "limit=201",
        "limit=ten",
        "archived=maybe",
        "status=busy",
        "label=a",
        "label=:a",
        "label=a:",
        "cursor=",
        "cursor=x",
        "cursor=eyJ9",
    ];
    let other_list = format!("archived=true&cursor={next}");
    for query in queries.iter().copied().chain([other_list.as_str()]) {
        let reply = world.ask(LIST, Ask { query: query.into(), ..Ask::default() }).await;
        let field = reply["body"]["fields"][0]["field"].as_str().unwrap();
        assert!(reply["statusCode"] == 400 && query.contains(&format!("{field}=")), "{query}: {reply}");
    }
}

#[tokio::test]
async fn one_request_reads_a_bounded_number_of_chats() {
    let world = World::new().await;
    for index in 0..1_005 {
        let created = kit::seed::created(&world.clock, &format!("chat {index}"));
        chat::port::CommitChats::commit(&world.memory, &created, None).await.unwrap();
    }
    let page = list(&world, "q=nothing").await;
    assert!(titles(&page).is_empty());
    let next = page["next_cursor"].as_str().unwrap();
    let last = list(&world, &format!("q=nothing&cursor={next}")).await;
    assert!(titles(&last).is_empty() && last.get("next_cursor").is_none());
}
