//! What changed in a chat's workspace.

use chat::{
    Draft,
    agent::{GitState, Report},
    diff::{Checkout, FileChange, PullRequest, PullState, Tree},
    id::{ChatId, WorkspaceId},
    port::{Clock as _, CommitChats as _, KeepCheckouts as _, KeepReports as _},
    record::Chat,
    time::Timestamp,
    wake::{Look, PullWake},
};
use kit::seed;
use serde_json::{Value, json};

use crate::world::{Who, World, person, told};

const DIFF: &str = "GET /v1/chats/{chat}/diff";

async fn chat(world: &World, workspace_id: Option<WorkspaceId>) -> ChatId {
    let owner_id = person(Who::Ann).user_id;
    let chat = Chat { workspace_id, owner_id, ..seed::chat(ChatId(world.clock.new_id())) };
    let id = chat.id;
    let made = seed::change(Draft::open(None, world.clock.now()), [seed::create(chat, None)]);
    world.memory.commit(&made, None).await.unwrap();
    id
}

fn git() -> GitState {
    GitState {
        branch: "work".into(),
        remote: "https://me:secret@github.com/ann/fence.git".into(),
        additions: 2,
        deletions: 1,
        changed_files: 1,
        files: vec![FileChange { path: "a.rs".into(), additions: Some(2), deletions: Some(1) }],
        diff: "diff --git a/a.rs b/a.rs\n".into(),
        ..GitState::default()
    }
}

fn pull() -> PullRequest {
    PullRequest {
        url: "https://github.com/ann/fence/pull/7".into(),
        number: 7,
        state: PullState::Open,
        title: "Mend the fence".into(),
        draft: false,
        author_login: Some("ann".into()),
        author_avatar_url: None,
        base_branch: "main".into(),
        head_branch: "work".into(),
        additions: 10,
        deletions: 4,
        changed_files: 2,
        commits: 3,
        approved: true,
        changes_requested: false,
        reviewer_count: 1,
    }
}

/// Ann's workspace with a working tree, as its agent reported it.
async fn reported(world: &World) -> WorkspaceId {
    let id = world.made().await.parse().unwrap();
    let report = Report { git: Some(git()), ..Report::default() };
    world.memory.put_report(id, &report, world.clock.now()).await.unwrap();
    id
}

#[tokio::test]
async fn the_tree_is_told_with_its_pull_request_and_without_credentials() {
    let world = World::new();
    let workspace = reported(&world).await;
    let now = world.clock.now();
    let checkout = Checkout {
        edition: 1,
        tree: Some(Tree::from(&git())),
        pull: Some(pull()),
        refreshed_at: Some(now),
        look_at: Some(now.plus_ms(120_000)),
        ..Checkout::begun(workspace)
    };
    world.memory.put_checkout(&checkout).await.unwrap();
    let id = chat(&world, Some(workspace)).await;
    let reply = world.ask(DIFF, &id.to_string(), Value::Null).await;
    insta::assert_json_snapshot!(reply["body"], {
        ".chat_id" => "[chat]", ".workspace_id" => "[workspace]",
        ".seen_at" => "[now]", ".refreshed_at" => "[now]", ".stale_at" => "[later]",
    });
}

#[tokio::test]
async fn what_is_not_fresh_is_looked_at_again() {
    let world = World::new();
    let workspace = reported(&world).await;
    let id = chat(&world, Some(workspace)).await;
    let reply = world.ask(DIFF, &id.to_string(), Value::Null).await;
    assert_eq!((&reply["body"]["branch"], reply["body"].get("pull_request")), (&"work".into(), None));
    let wake = PullWake { chat_id: Some(id), ..PullWake::new(workspace, Look::Wanted) };
    assert_eq!(world.wakes.take_pulls(), [(wake, 0)]);
    world.break_call("look");
    let reply = world.ask(DIFF, &id.to_string(), Value::Null).await;
    assert_eq!(reply["statusCode"], 200, "nobody waits for it");
}

#[tokio::test]
async fn what_is_known_of_another_branch_is_not_told() {
    let world = World::new();
    let workspace = reported(&world).await;
    let tree = Tree { branch: "other".into(), ..Tree::from(&git()) };
    let checkout = Checkout {
        edition: 1,
        tree: Some(tree),
        pull: Some(pull()),
        look_at: Some(Timestamp(1)),
        ..Checkout::begun(workspace)
    };
    world.memory.put_checkout(&checkout).await.unwrap();
    let id = chat(&world, Some(workspace)).await;
    let body = &world.ask(DIFF, &id.to_string(), Value::Null).await["body"];
    assert_eq!((body.get("pull_request"), body.get("stale_at")), (None, None));
}

#[tokio::test]
async fn where_there_is_nothing_the_answer_says_so() {
    let world = World::new();
    let without_tree = world.made().await.parse().unwrap();
    let chats = [chat(&world, None).await, chat(&world, Some(without_tree)).await];
    for id in chats {
        let mut body = world.ask(DIFF, &id.to_string(), Value::Null).await["body"].clone();
        assert_eq!(body["chat_id"], id.to_string());
        let body = body.as_object_mut().unwrap();
        body.retain(|name, _| !["chat_id", "workspace_id"].contains(&name.as_str()));
        let empty = json!({
            "additions": 0, "deletions": 0, "changed_files": 0, "files": [], "diff": "", "truncated": false,
        });
        assert_eq!(json!(body), empty);
    }
    assert!(world.wakes.take_pulls().is_empty());
}

#[tokio::test]
async fn a_chat_of_somebody_else_is_not_there() {
    let world = World::new();
    let id = chat(&world, Some(reported(&world).await)).await.to_string();
    assert_eq!(told(&world.ask_as(Who::Bob, None, (DIFF, &id), Value::Null).await), "404 not_found");
    assert_eq!(told(&world.ask_as(Who::Agent, None, (DIFF, &id), Value::Null).await), "401 unauthorized");
    assert_eq!(world.told(DIFF, "nonsense", Value::Null).await, "404 not_found");
}
