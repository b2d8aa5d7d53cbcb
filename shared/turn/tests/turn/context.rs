//! What a workspace says of how to work there, as chats keep it.

use chat::{
    agent::{InstructionFile, Report, SkillMeta},
    id::WorkspaceId,
    port::ReadChats as _,
    record::Status,
    transition::{Describe, Transition},
};
use kit::{faults::Fault, model::Script, replies::Replies};
use serde_json::json;
use turn::context::{newest, pin};
use uuid::Uuid;

use crate::world::{World, machine::WORKSPACE};

fn says(words: &str) -> Report {
    let path = "/w/AGENTS.md".to_owned();
    let file = InstructionFile { path, content: words.to_owned(), truncated: false };
    let skill = SkillMeta { name: "deploy".into(), description: "to deploy".into(), dir: "/s".into() };
    Report { instructions: vec![file], skills: vec![skill], git: None }
}

/// A chat with a workspace that has said something.
async fn settled(replies: impl IntoIterator<Item = Script>) -> World {
    let world = World::quiet(Replies::list(replies)).await;
    world.settle_in(|_| {}).await;
    world.reports(says("be brief")).await;
    world
}

/// Says something, and returns what the model was told before all messages, and which tools it has.
async fn told(world: &World) -> (String, Vec<String>) {
    world.send("hello").await;
    world.rest().await;
    let request = world.model.requests().pop().unwrap();
    (request.system.join("\n"), request.tools.into_iter().map(|tool| tool.name).collect())
}

#[tokio::test(start_paused = true)]
async fn the_first_step_keeps_what_the_workspace_says_and_later_ones_read_nothing() {
    let world = settled([Script::says("hi"), Script::says("ho")]).await;
    let (system, tools) = told(&world).await;
    assert!(system.contains("be brief") && system.contains("- deploy: to deploy"), "{system}");
    assert!(tools.contains(&"read_skill".to_owned()), "{tools:?}");
    let pin = world.chat().pinned().unwrap();
    assert_eq!((pin.workspace_id, pin.digest), (WORKSPACE, says("be brief").context_digest()));
    assert_eq!(pin.dirty_since, None);
    let reads = ["report", "workspace", "pin"].map(|name| world.trouble.count(name));
    assert_eq!(reads, [1; 3]);
    world.reports(says("be loud")).await;
    assert!(told(&world).await.0.contains("be brief"), "a chat keeps what it was told");
    assert_eq!(["report", "workspace", "pin"].map(|name| world.trouble.count(name)), reads);
}

#[tokio::test(start_paused = true)]
async fn a_chat_says_since_when_its_workspace_says_something_else() {
    let world = settled([Script::says("hi")]).await;
    told(&world).await;
    world.reports(says("be brief")).await;
    let before = world.snapshot();
    world.listen("one").await;
    world.pass_ms(5_000).await;
    world.reports(says("be loud")).await;
    let changed_at = world.now();
    assert_eq!(world.chat().pinned().unwrap().dirty_since, Some(changed_at));
    assert_eq!(world.chat().versions.snapshot, before.chat.versions.snapshot + 1);
    world.pass_ms(5_000).await;
    world.reports(says("be louder")).await;
    assert_eq!(world.chat().pinned().unwrap().dirty_since, Some(changed_at));
    world.reports(says("be brief")).await;
    assert_eq!(world.chat().pinned(), before.chat.pinned(), "it is as it was");
    assert_eq!(world.chat().updated_at, before.chat.updated_at, "nobody has done anything in it");
}

#[tokio::test(start_paused = true)]
async fn who_refreshes_is_told_the_last_word_from_the_next_turn_on() {
    let world = settled([Script::says("hi"), Script::says("ho")]).await;
    told(&world).await;
    world.reports(says("be loud")).await;
    let pinned = newest(&world.ports, &world.chat()).await.unwrap().unwrap();
    let spec = pinned.beside(world.ports.spec(world.chat_id).await.unwrap());
    world.commit(|draft| Ok(pin(draft, &pinned)?.with_spec(spec.clone()))).await.unwrap();
    let pin = world.chat().pinned().unwrap();
    assert_eq!((pin.digest, pin.dirty_since), (says("be loud").context_digest(), None));
    let (system, _) = told(&world).await;
    assert!(system.contains("be loud") && !system.contains("be brief"), "{system}");
    assert_eq!(world.ports.spec(world.chat_id).await.unwrap().client_tools.len(), 1, "the rest stays");
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_changes_its_workspace_forgets_what_the_other_said() {
    let world = settled([Script::says("hi"), Script::says("ho"), Script::says("hi")]).await;
    told(&world).await;
    let to = |id| Transition::Describe(Describe { workspace_id: Some(Some(id)), ..Describe::default() });
    world.apply(to(WorkspaceId(Uuid::from_u128(0x99)))).await;
    assert_eq!(world.chat().pinned(), None);
    let (system, tools) = told(&world).await;
    assert!(!system.contains("be brief") && !tools.contains(&"read_skill".to_owned()), "{system}");
    world.apply(to(WORKSPACE)).await;
    assert!(told(&world).await.0.contains("be brief"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_a_workspace_that_is_somebody_elses() {
    let world = World::quiet(Replies::list([Script::says("hi")])).await;
    world.settle_in(|workspace| workspace.person.user_id.0 = Uuid::from_u128(9)).await;
    world.reports(says("be brief")).await;
    assert!(!told(&world).await.0.contains("be brief"));
    assert_eq!(world.chat().pin, None);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_had_its_workspace_made_keeps_what_that_says_in_the_same_turn() {
    let calls = Script::calls([("c1", "create_workspace", json!({"template_id": "local"}))]);
    let world = World::told("hello", Replies::list([calls, Script::says("hi")])).await;
    world.until_parked().await;
    let id = world.chat().workspace_id.unwrap();
    world.ports.directory.seed_report(id, says("be brief"));
    world.comes_up(id, 2);
    let workspace = chat::port::ReadWorkspaces::workspace(&world.ports, id).await.unwrap().unwrap();
    turn::machine::settle(&world.ports, &workspace).await.unwrap();
    world.queue.poke();
    world.rest().await;
    assert!(world.model.requests()[1].system.join("").contains("be brief"));
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_while_a_chat_keeps_something_is_made_up_for() {
    let calm = settled([Script::says("hi")]).await;
    told(&calm).await;
    for index in 0..calm.trouble.calls().len() {
        for fault in Fault::ALL {
            let world = World::quiet(Replies::by(|_, _| Script::says("hi"))).await;
            world.settle_in(|_| {}).await;
            world.reports(says("be brief")).await;
            world.trouble.at(index, fault);
            told(&world).await;
            let at = format!("{fault:?} at {:?}", world.trouble.fired());
            assert_eq!(world.chat().status, Status::Waiting, "{at}");
            let spec = world.ports.spec(world.chat_id).await.unwrap();
            let kept = spec.context_of(&world.chat()).map(|context| context.report.clone());
            assert_eq!(kept, Some(says("be brief")), "{at}");
            assert_eq!(world.history(), ["user: hello", "assistant: hi"], "{at}");
        }
    }
}
