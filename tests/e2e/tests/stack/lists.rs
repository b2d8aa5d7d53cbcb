//! Lists of chats.

use std::collections::BTreeSet;

use chat::{id::ChatId, view::ChatView};
use serde_json::{Value, json};

use crate::support::{Follower, World};

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::start().await;
    let api = &world.api;
    let mut made = Vec::new();
    for number in 0..7 {
        let parity = if number % 2 == 0 { "even" } else { "odd" };
        let labels = json!({"parity": parity, "n": number.to_string(), "run": world.word});
        made.push(
            api.create(&json!({"content": [], "title": format!("Chat {number}"), "labels": labels})).await,
        );
    }
    let ids = |numbers: &[usize]| numbers.iter().map(|number| made[*number]).collect::<Vec<_>>();
    let change = |number: usize, body: Value| api.patch_owned(format!("/chats/{}", made[number]), body);
    change(6, json!({"archived": true})).await.json(200);
    change(1, json!({"pin_order": 2})).await.json(200);
    change(3, json!({"pin_order": 1})).await.json(200);
    change(2, json!({"title": "Something ELSE"})).await.json(200);

    let cases = [
        ("", &[3, 1, 5, 4, 2, 0][..]),
        ("?archived=true", &[6]),
        ("?archived=any&limit=200", &[3, 1, 6, 5, 4, 2, 0]),
        ("?label=parity:even", &[4, 2, 0]),
        ("?label=parity:odd&label=n:5", &[5]),
        ("?label=parity:odd&label=n:4", &[]),
        ("?q=else", &[2]),
        ("?q=chat%20&status=waiting", &[3, 1, 5, 4, 0]),
        ("?status=error", &[]),
    ];
    for (query, numbers) in cases {
        let (found, pages) = listed(&world, query).await;
        assert_eq!((found, pages), (ids(numbers), 1), "{query}");
    }
    let (found, pages) = listed(&world, "?limit=2").await;
    assert_eq!((found, pages), (ids(&[3, 1, 5, 4, 2, 0]), 3));
    let (found, _) = listed(&world, "?limit=1&archived=any").await;
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), made.iter().copied().collect());

    // Activity moves a chat to the front, behind those that are pinned.
    let mut follower = Follower::of(&world, made[0]).await;
    api.say(made[0], "/say hello").await;
    follower.until_rest(2).await;
    assert_eq!(listed(&world, "").await.0, ids(&[3, 1, 0, 5, 4, 2]));
    change(3, json!({"pin_order": 0})).await.json(200);
    assert_eq!(listed(&world, "").await.0[..2], ids(&[1, 0]));
}

/// A list, page by page, and how many pages had something on them.
async fn listed(world: &World, query: &str) -> (Vec<ChatId>, usize) {
    let query = format!("?label=run:{}&{}", world.word, query.trim_start_matches('?'));
    let (mut found, mut pages, mut next) = (Vec::new(), 0, query.clone());
    loop {
        let page = world.api.get(&format!("/chats{next}")).await.json(200);
        let chats: Vec<ChatView> = serde_json::from_value(page["chats"].clone()).unwrap();
        pages += usize::from(!chats.is_empty() || pages == 0);
        found.extend(chats.iter().map(|chat| chat.id));
        let Some(cursor) = page["next_cursor"].as_str() else { return (found, pages) };
        next = format!("{query}&cursor={cursor}");
    }
}
