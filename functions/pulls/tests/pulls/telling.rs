//! What chats say of their working trees.

use chat::{
    Draft,
    agent::GitState,
    port::{Clock as _, CommitChats as _},
    transition::{Describe, Transition},
    wake::{Look, PullWake},
};
use kit::{faults::Fault, seed};
use serde_json::Value;

use crate::world::{WORKSPACE, World, tree};

fn local(additions: u64) -> GitState {
    GitState { remote: String::new(), ..tree("work", additions) }
}

#[tokio::test]
async fn a_chat_that_works_there_says_what_there_is_and_watchers_hear_it() {
    let world = World::new().await;
    let (chat, stranger) = (world.bound().await, world.chat(None).await);
    let watcher = world.watch().await;
    world.report(Some(local(3))).await;
    let status = world.status(chat).unwrap();
    assert_eq!((status.additions, status.deletions, status.changed_files), (3, 1, 1));
    assert_eq!((status.head_branch.as_deref(), status.url), (Some("work"), None));
    assert_eq!(world.status(stranger), None);
    let frames = world.sockets.take_frames(&watcher);
    let heard: Vec<Value> =
        frames.iter().flat_map(|frame| serde_json::from_str::<Vec<Value>>(frame).unwrap()).collect();
    let kinds: Vec<_> = heard.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["chat_updated", "diff_status"]);
    assert_eq!(heard[0]["chat"]["diff_status"], heard[1]["diff_status"]);
    assert_eq!(heard[1]["chat_id"], chat.to_string());
}

#[tokio::test]
async fn nothing_is_written_where_nothing_is_new() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.report(Some(local(3))).await;
    let (version, edition) = (world.version(chat), world.checkout().await.edition);
    world.report(Some(local(3))).await;
    assert_eq!((world.version(chat), world.checkout().await.edition), (version, edition));
    world.report(Some(local(4))).await;
    assert_eq!(world.version(chat), version + 1);
}

#[tokio::test]
async fn it_is_said_long_after_the_call_and_until_the_tree_is_gone() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.report(Some(local(3))).await;
    world.clock.advance_ms(86_400_000);
    world.report(Some(local(5))).await;
    assert_eq!(world.status(chat).unwrap().additions, 5);
    world.report(None).await;
    assert_eq!(world.status(chat), None);
}

#[tokio::test]
async fn a_family_says_it_by_its_root_and_whoever_asks_does_too() {
    let world = World::new().await;
    let (root, reader) = (world.chat(None).await, world.chat(None).await);
    let child = world.chat(Some(root)).await;
    chat::port::BindChats::bind(&world.memory, WORKSPACE, child, world.clock.now().plus_ms(60_000))
        .await
        .unwrap();
    world.report(Some(local(3))).await;
    assert!(world.status(child).is_some() && world.status(root).is_some());
    assert_eq!(world.status(reader), None);
    let wake = PullWake { chat_id: Some(reader), ..PullWake::new(WORKSPACE, Look::Wanted) };
    assert!(world.look(wake).await);
    assert!(world.status(reader).is_some());
}

#[tokio::test]
async fn a_chat_that_turns_to_another_workspace_says_nothing_of_this_one() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.report(Some(local(3))).await;
    let unbound = Describe { workspace_id: Some(None), ..Describe::default() };
    let draft = Draft::open(world.memory.peek(chat), world.clock.now());
    let change = seed::change(draft, [Transition::Describe(unbound)]);
    world.memory.commit(&change, None).await.unwrap();
    assert_eq!(world.status(chat), None);
    world.report(Some(local(9))).await;
    assert_eq!(world.status(chat), None);
}

#[tokio::test]
async fn a_chat_that_could_not_be_written_says_it_with_the_next_delivery() {
    let world = World::new().await;
    let (first, second) = (world.bound().await, world.bound().await);
    world.faults.set(|_, called| if called == "commit" { Fault::FailBefore } else { Fault::Pass });
    world.report(Some(local(3))).await;
    assert_eq!((world.status(first), world.status(second)), (None, None));
    let wake = PullWake::new(WORKSPACE, Look::Wanted);
    assert!(!world.look(wake).await, "it is delivered again");
    world.faults.set(|_, _| Fault::Pass);
    assert!(world.look(wake).await);
    assert!(world.status(first).is_some() && world.status(second).is_some());
}

#[tokio::test]
async fn what_an_earlier_look_saw_is_not_said_over_a_later_one() {
    let world = World::new().await;
    let chat = world.bound().await;
    world.report(Some(local(3))).await;
    world.report(Some(local(4))).await;
    let status = world.status(chat);
    let draft = Draft::open(world.memory.peek(chat), world.clock.now());
    let late = draft.apply(Transition::NoteDiff { edition: 1, status: status.clone() });
    assert!(late.is_err() && status.unwrap().additions == 4);
}
