//! What a chat keeps of its workspace, as people see it.

use chat::{
    agent::{InstructionFile, Report, SkillMeta},
    id::{ServerId, WorkspaceId},
    port::ReadChats as _,
    record::Spec,
    transition::{Describe, Transition},
    workspace::{Phase, Wanted, Workspace},
};
use kit::seed;
use serde_json::{Value, json};
use tokio::task::yield_now;
use turn::Ports;
use uuid::Uuid;

use super::world::{World, body, chat_id, of};

const REFRESH: &str = "PUT /v1/chats/{chat}/context";
const READ: &str = "GET /v1/chats/{chat}";
const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0x77));

fn workspace() -> Workspace {
    Workspace {
        id: WORKSPACE,
        person: seed::person(),
        name: "mine".into(),
        template_id: None,
        parameters: std::collections::BTreeMap::new(),
        wanted: Wanted::Running,
        phase: Phase::Running,
        machine: None,
        agent: None,
        failure: None,
        context_digest: None,
        edition: 1,
        last_used_at: kit::clock::EPOCH,
        created_at: kit::clock::EPOCH,
        updated_at: kit::clock::EPOCH,
    }
}

fn says(words: &str) -> Report {
    let path = "/w/AGENTS.md".to_owned();
    let file = InstructionFile { path, content: words.to_owned(), truncated: true };
    let skill = SkillMeta { name: "deploy".into(), description: "to deploy".into(), dir: "/s".into() };
    Report { instructions: vec![file], skills: vec![skill], git: None }
}

/// A world with a chat whose workspace has said something.
async fn bound() -> (World, String) {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.memory.seed_workspace(workspace());
    world.memory.seed_report(WORKSPACE, says("be brief"));
    let describe = Describe { workspace_id: Some(Some(WORKSPACE)), ..Describe::default() };
    world.step(&id, vec![Transition::Describe(describe)]).await;
    (world, id)
}

fn resources() -> Value {
    json!([
        { "type": "context_file", "path": "/w/AGENTS.md", "truncated": true },
        { "type": "skill", "name": "deploy", "description": "to deploy" },
    ])
}

#[tokio::test]
async fn a_refresh_takes_the_last_word_and_shows_what_it_is_made_of() {
    let (world, id) = bound().await;
    assert_eq!(world.ask(READ, of(&id)).await["body"]["context"].get("pinned_at"), None);
    let refreshed = world.ask(REFRESH, of(&id)).await;
    assert_eq!(refreshed["statusCode"], 200);
    let context = &refreshed["body"]["context"];
    assert_eq!(context["resources"], resources());
    assert!(context["pinned_at"].is_string() && context.get("dirty_since").is_none(), "{context}");
    assert_eq!(world.watched(), ["chat_updated"]);
    assert_eq!(world.ask(READ, of(&id)).await["body"], refreshed["body"]);
    assert_eq!(world.snapshot(&id).chat.pin.unwrap().digest, says("be brief").context_digest());
}

#[tokio::test(start_paused = true)]
async fn tool_servers_that_a_message_names_meanwhile_stay() {
    let named = || Some(vec![ServerId(Uuid::from_u128(0x3c))]);
    for turns in 0..20 {
        let (world, id) = bound().await;
        let message = async {
            for _ in 0..turns {
                yield_now().await;
            }
            let (chats, clock) = (world.memory.clone(), world.clock.clone());
            let ports = Ports { chats, directory: (), wakes: (), sockets: (), clock };
            let respec = |spec| Spec { mcp_server_ids: named(), ..spec };
            let described = |draft: chat::Draft| draft.apply(Transition::Describe(Describe::default()));
            turn::commit_spec(&ports, chat_id(&id), None, Some(&respec), described).await.unwrap();
        };
        let (told, ()) = tokio::join!(world.told(REFRESH, of(&id)), message);
        assert_eq!(told, "200 done");
        let spec = world.memory.spec(chat_id(&id)).await.unwrap();
        assert_eq!((spec.context.is_some(), spec.mcp_server_ids), (true, named()), "after {turns} turns");
    }
}

#[tokio::test]
async fn what_says_nothing_cannot_be_taken() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    assert_eq!(world.told(REFRESH, of(&id)).await, "409 no_context");
    let (world, id) = bound().await;
    world.step(&id, vec![Transition::SetArchived { archived: true }]).await;
    assert_eq!(world.told(REFRESH, of(&id)).await, "409 chat_archived");
}

#[tokio::test]
async fn a_fork_takes_what_the_workspace_says_itself() {
    let (world, id) = bound().await;
    world.ask(REFRESH, of(&id)).await;
    let ask = super::world::Ask { chat: id, ..body(json!({ "message_id": 2 })) };
    let fork = world.ask("POST /v1/chats/{chat}/fork", ask).await;
    let fork = fork["body"]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.snapshot(&fork).chat.pin, None);
    let spec = world.memory.spec(chat_id(&fork)).await.unwrap();
    assert_eq!(spec.context, None);
}
