use chat::{
    Draft,
    compaction::{Compaction, Source},
    id::{CallId, MessageId},
    message::{NewMessage, Role},
    part::{Part, ToolCall},
    port::Clock as _,
    record::Lease,
    transition::{CommitCompaction, Transition},
};
use serde_json::json;

use super::world::{Ask, World, chat_id, of};

const FORK: &str = "POST /v1/chats/{chat}/fork";

fn at(chat: &str, message_id: u64) -> Ask {
    Ask { body: Some(json!({ "message_id": message_id })), ..of(chat) }
}

#[tokio::test]
async fn a_fork_shows_the_history_up_to_its_message() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    let reply = world.ask(FORK, at(&id, 1)).await;
    insta::assert_json_snapshot!(reply);
    let fork = chat_id(reply["body"]["id"].as_str().unwrap());
    assert_eq!(world.memory.visible(fork).len(), 1);
    assert_eq!(world.snapshot(&id).chat.forked_through.0, 1);
    assert_eq!(world.watched(), ["chat_created"]);
}

#[tokio::test]
async fn a_fork_of_a_fork_outlives_both() {
    let world = World::new().await;
    let first = world.chat("hello").await;
    let second = world.ask(FORK, at(&first, 2)).await["body"]["id"].as_str().unwrap().to_owned();
    let third = world.ask(FORK, at(&second, 1)).await;
    assert_eq!(third["statusCode"], 201);
    for id in [&second, &first] {
        world.step(id, vec![chat::transition::Transition::SetArchived { archived: true }]).await;
        assert_eq!(world.told("DELETE /v1/chats/{chat}", of(id)).await, "204 done");
    }
    let third = chat_id(third["body"]["id"].as_str().unwrap());
    assert_eq!(world.memory.visible(third).len(), 1);
}

#[tokio::test]
async fn calls_that_a_fork_cuts_off_are_closed() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.step(&id, vec![kit::seed::send("look", kit::clock::EPOCH)]).await;
    world.answer(&id, calling(&["c1", "c2"])).await;
    let fork = world.ask(FORK, at(&id, 4)).await;
    assert_eq!(fork["body"]["status"], "waiting");
    assert_eq!(closed(&world, &fork), ["c1", "c2"]);
}

#[tokio::test]
async fn a_fork_between_two_results_closes_the_other_call() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.step(&id, vec![kit::seed::send("look", kit::clock::EPOCH)]).await;
    world.answer(&id, calling(&["c1", "c2"])).await;
    world.clock.advance_ms(chat::limit::LEASE_MS + 1);
    world.step(&id, vec![chat::transition::Transition::Interrupt]).await;
    let fork = world.ask(FORK, at(&id, 5)).await;
    assert_eq!(closed(&world, &fork), ["c1", "c2"]);
}

/// Returns the calls that have a result in a fork.
fn closed(world: &World, fork: &serde_json::Value) -> Vec<String> {
    let history = world.memory.visible(chat_id(fork["body"]["id"].as_str().unwrap()));
    history.iter().flat_map(|message| message.results()).map(|result| result.tool_call_id.0.clone()).collect()
}

#[tokio::test]
async fn what_is_not_shown_cannot_be_forked() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    for message_id in [0, 3, 99] {
        assert_eq!(world.told(FORK, at(&id, message_id)).await, "404 not_found");
    }
}

#[tokio::test]
async fn a_summary_is_forked_whole_with_what_was_still_to_be_answered() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    // Message 3 is not answered yet: 4 is the summary, 5 and 6 its call and result, 7 repeats message 3 for the model.
    compacted(&world, &id).await;
    for message_id in [5, 6, 7] {
        assert_eq!(forked(&world, &id, message_id).await, (7, MessageId(4), Vec::new()), "at {message_id}");
    }
}

#[tokio::test]
async fn before_a_summary_the_model_knows_what_was_said() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    compacted(&world, &id).await;
    for message_id in [3, 4] {
        assert_eq!(forked(&world, &id, message_id).await, (3, MessageId(1), Vec::new()), "at {message_id}");
    }
}

#[tokio::test]
async fn a_summary_that_was_cleared_at_once_is_forked_without_that() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    compacted(&world, &id).await;
    world.clock.advance_ms(chat::limit::LEASE_MS + 1);
    world.step(&id, vec![Transition::Interrupt, Transition::Clear]).await;
    assert_eq!(world.snapshot(&id).chat.boundary, MessageId(8));
    assert_eq!(forked(&world, &id, 6).await, (7, MessageId(4), Vec::new()));
    assert_eq!(forked(&world, &id, 8).await, (7, MessageId(4), Vec::new()));
    assert_eq!(forked(&world, &id, 9).await, (10, MessageId(8), vec![MessageId(4)]));
}

/// Returns through where a fork shares, where its context begins, and where it began before.
async fn forked(world: &World, id: &str, message_id: u64) -> (u64, MessageId, Vec<MessageId>) {
    let fork = world.ask(FORK, at(id, message_id)).await;
    assert_eq!(fork["statusCode"], 201, "{fork}");
    let chat = world.snapshot(fork["body"]["id"].as_str().unwrap()).chat;
    assert_eq!(chat.spans.last().map(MessageId::next), Some(chat.next_message_id), "nothing is closed");
    (chat.next_message_id.0 - 1, chat.boundary, chat.earlier_boundaries)
}

/// Has somebody say something, and a step replace all before it.
async fn compacted(world: &World, id: &str) {
    let now = world.clock.now();
    world.step(id, vec![kit::seed::send("look", now)]).await;
    let draft = Draft::open(Some(world.snapshot(id)), now);
    let lease = Lease::from(super::world::WORKER, now);
    let history_version = world.snapshot(id).chat.versions.history;
    let draft = draft.apply(Transition::RecordAttempt { lease, history_version }).unwrap();
    let step = CommitCompaction {
        fence: draft.fence(super::world::WORKER),
        context_tokens: 10,
        compaction: Compaction {
            call_id: CallId::from("s1"),
            source: Source::Automatic,
            threshold_percent: 70,
            context_tokens: 90,
            context_limit: 100,
            model_id: kit::seed::MODEL,
            usage: None,
            summary: "they said hello".into(),
        },
        pending: vec![kit::seed::said("look")],
    };
    let change = kit::seed::change(draft, [Transition::CommitCompaction(step)]);
    chat::port::CommitChats::commit(&world.memory, &change, None).await.unwrap();
}

#[tokio::test]
async fn a_key_forks_once() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    let ask = Ask { key: Some("k1"), ..at(&id, 2) };
    let (first, again) = (world.ask(FORK, ask.clone()).await, world.ask(FORK, ask).await);
    assert_eq!(first["body"], again["body"]);
    assert_eq!(world.memory.len(), 2);
}

#[tokio::test]
async fn a_key_answers_again_when_the_parent_is_gone() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    let ask = Ask { key: Some("k1"), ..at(&id, 2) };
    let first = world.ask(FORK, ask.clone()).await;
    world.step(&id, vec![chat::transition::Transition::SetArchived { archived: true }]).await;
    assert_eq!(world.told("DELETE /v1/chats/{chat}", of(&id)).await, "204 done");
    let again = world.ask(FORK, ask).await;
    assert_eq!((&again["statusCode"], &again["body"]), (&json!(201), &first["body"]));
    assert_eq!(world.told(FORK, Ask { key: Some("k1"), ..at(&id, 1) }).await, "409 idempotency_mismatch");
    let stranger = Some(uuid::Uuid::from_u128(0x1a));
    assert_eq!(
        world.told(FORK, Ask { key: Some("k1"), user: stranger, ..at(&id, 2) }).await,
        "404 not_found"
    );
}

fn calling(ids: &[&str]) -> NewMessage {
    let call = |id: &&str| {
        let call = ToolCall {
            tool_call_id: CallId::from(*id),
            tool_name: "look".into(),
            args: json!({}),
            provider_executed: false,
        };
        Part::ToolCall(call).into()
    };
    NewMessage::of(Role::Assistant, ids.iter().map(call).collect())
}
