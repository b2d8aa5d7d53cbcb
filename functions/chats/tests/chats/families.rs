//! A chat and the chats that it made.

use chat::{
    port::{Clock as _, EraseChats as _},
    transition::Transition,
    wake::Reason,
};
use kit::faults::Fault;
use serde_json::{Value, json};

use super::world::{Ask, World, chat_id, of};

const READ: &str = "GET /v1/chats/{chat}";
const LIST: &str = "GET /v1/chats";
const CHANGE: &str = "PATCH /v1/chats/{chat}";
const DELETE: &str = "DELETE /v1/chats/{chat}";

fn archived(chat: &str, archived: bool) -> Ask {
    Ask { body: Some(json!({ "archived": archived })), ..of(chat) }
}

/// A chat with two children, the older first.
async fn family(world: &World) -> (String, Vec<String>) {
    let root = world.chat("hello").await;
    let children = world.children(&root, &["older", "younger"]).await;
    (root, children)
}

fn are_archived(world: &World, root: &str, children: &[String]) -> Vec<bool> {
    let all = std::iter::once(root).chain(children.iter().map(String::as_str));
    all.map(|id| world.snapshot(id).chat.archived).collect()
}

fn titles(chat: &Value) -> Vec<&str> {
    chat["children"].as_array().unwrap().iter().map(|child| child["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_chat_shows_its_children_the_newest_first() {
    let world = World::new().await;
    let (root, children) = family(&world).await;
    let alone = world.chat("alone").await;
    let shown = world.ask(READ, of(&root)).await["body"].take();
    assert_eq!(titles(&shown), ["younger", "older"]);
    assert_eq!(shown["children"][0]["parent_chat_id"], root.as_str());
    assert_eq!(world.ask(READ, of(&alone)).await["body"].get("children"), None);
    assert_eq!(world.ask(READ, of(&children[0])).await["body"].get("children"), None);
    let page = world.ask(LIST, Ask::default()).await["body"].take();
    let ids: Vec<&str> =
        page["chats"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&alone.as_str()) && !ids.contains(&children[0].as_str()), "{ids:?}");
    let listed = page["chats"].as_array().unwrap().iter().find(|chat| chat["id"] == root.as_str()).unwrap();
    assert_eq!(titles(listed), ["younger", "older"]);
}

#[tokio::test]
async fn a_list_shows_those_children_that_belong_into_it() {
    let world = World::new().await;
    let (root, children) = family(&world).await;
    assert_eq!(world.told(CHANGE, archived(&children[0], true)).await, "200 done");
    for (query, expect) in [("archived=false", vec!["younger"]), ("archived=any", vec!["younger", "older"])] {
        let page = world.ask(LIST, Ask { query: query.into(), ..Ask::default() }).await["body"].take();
        assert_eq!(titles(&page["chats"][0]), expect, "{query}");
    }
    assert_eq!(titles(&world.ask(READ, of(&root)).await["body"]), ["younger", "older"]);
}

#[tokio::test]
async fn a_family_is_put_away_and_comes_back_together() {
    let world = World::new().await;
    let (root, children) = family(&world).await;
    world.watched();
    for away in [true, false] {
        let reply = world.ask(CHANGE, archived(&root, away)).await;
        assert_eq!((&reply["statusCode"], &reply["body"]["archived"]), (&json!(200), &json!(away)));
        assert_eq!(are_archived(&world, &root, &children), [away; 3]);
        assert_eq!(world.watched(), ["chat_updated"; 3]);
    }
}

#[tokio::test]
async fn nobody_is_put_away_while_one_of_the_family_works() {
    let world = World::new().await;
    let (root, children) = family(&world).await;
    world.step(&children[1], vec![kit::seed::send("count", world.clock.now())]).await;
    assert_eq!(world.told(CHANGE, archived(&root, true)).await, "409 chat_busy");
    assert_eq!(are_archived(&world, &root, &children), [false; 3]);
}

#[tokio::test]
async fn whatever_call_fails_a_family_is_put_away_whole_or_not_at_all() {
    for fault in [Fault::FailBefore, Fault::FailAfter] {
        for index in 0.. {
            let world = World::new().await;
            let (root, children) = family(&world).await;
            world.fault(move |call, _| if call == index { fault } else { Fault::Pass });
            let told = world.told(CHANGE, archived(&root, true)).await;
            let calls = world.calls().len();
            let away = are_archived(&world, &root, &children);
            assert!(away == [true; 3] || away == [false; 3], "{fault:?} {index}: {away:?}");
            assert!(told != "200 done" || away[0], "{fault:?} {index}");
            world.fault(|_, _| Fault::Pass);
            assert_eq!(world.told(CHANGE, archived(&root, true)).await, "200 done", "{fault:?} {index}");
            assert_eq!(are_archived(&world, &root, &children), [true; 3]);
            if index >= calls {
                break;
            }
        }
    }
}

#[tokio::test]
async fn who_was_left_behind_is_put_away_by_asking_again() {
    let world = World::new().await;
    let (root, children) = family(&world).await;
    world.step(&root, vec![Transition::SetArchived { archived: true }]).await;
    assert_eq!(world.told(CHANGE, archived(&root, true)).await, "200 done");
    assert_eq!(are_archived(&world, &root, &children), [true; 3]);
}

#[tokio::test]
async fn a_child_is_put_away_alone_and_comes_back_only_to_a_chat_that_is_there() {
    let world = World::new().await;
    let (root, children) = family(&world).await;
    assert_eq!(world.told(CHANGE, archived(&children[0], true)).await, "200 done");
    assert_eq!(are_archived(&world, &root, &children), [false, true, false]);
    assert_eq!(world.told(CHANGE, archived(&children[0], false)).await, "200 done");
    assert_eq!(world.told(CHANGE, archived(&root, true)).await, "200 done");
    assert_eq!(world.told(CHANGE, archived(&children[0], false)).await, "409 chat_archived");
    assert_eq!(are_archived(&world, &root, &children), [true; 3]);
}

#[tokio::test]
async fn a_family_goes_together_and_each_of_it_is_erased() {
    let world = World::new().await;
    let (root, children) = family(&world).await;
    assert_eq!(world.told(DELETE, of(&root)).await, "409 not_archived");
    world.ask(CHANGE, archived(&root, true)).await;
    assert_eq!(world.told(DELETE, of(&children[0])).await, "409 is_child");
    while world.wakes.take().is_some() {}
    world.watched();
    assert_eq!(world.told(DELETE, of(&root)).await, "204 done");
    assert_eq!(world.watched(), ["chat_deleted"; 3]);
    for id in children.iter().chain([&root]) {
        assert_eq!(world.told(READ, of(id)).await, "404 not_found");
        let woken = world.wakes.take().unwrap();
        assert_eq!(woken.due.reason, Reason::Erase);
        assert!(world.memory.erase(woken.chat_id).await.unwrap());
    }
    assert!(world.memory.is_empty());
}

#[tokio::test]
async fn whatever_call_fails_a_family_goes_whole_or_not_at_all() {
    for fault in [Fault::FailBefore, Fault::FailAfter] {
        for index in 0.. {
            let world = World::new().await;
            let (root, children) = family(&world).await;
            world.ask(CHANGE, archived(&root, true)).await;
            world.fault(move |call, _| if call == index { fault } else { Fault::Pass });
            let told = world.told(DELETE, of(&root)).await;
            let calls = world.calls().len();
            let all = children.iter().chain([&root]);
            let left: Vec<bool> = all.map(|id| world.memory.peek(chat_id(id)).is_some()).collect();
            assert!(left == [true; 3] || left == [false; 3], "{fault:?} {index}: {left:?}");
            assert!(told != "204 done" || !left[0], "{fault:?} {index}");
            if index >= calls {
                break;
            }
        }
    }
}
