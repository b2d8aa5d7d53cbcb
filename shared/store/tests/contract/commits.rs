//! Writing changes and reading chats.

use chat::{
    call::Answerer,
    limit::{FAMILY, RESULTS_BYTES},
    message::Message,
    part::ToolResult,
    port::{CommitError, Receipt, Scope},
    record::{Snapshot, Spec},
    transition::{Describe, Transition},
};
use kit::seed;

use super::world::{Chats, World, result_of};

pub(crate) async fn a_new_chat_reads_back_whole<C: Chats, D>(world: World<C, D>) {
    let change = seed::created(&world.clock, "hello");
    world.chats.commit(&change, None).await.unwrap();
    let expected = Snapshot { chat: change.chat.clone(), queue: Vec::new(), ledger: Vec::new() };
    assert_eq!(world.snapshot(change.chat.id).await, expected);
    assert_eq!(world.kept(change.chat.id).await, change.messages);
    assert_eq!(world.chats.spec(change.chat.id).await.unwrap(), Spec::default());
}

pub(crate) async fn a_chat_is_made_once<C: Chats, D>(world: World<C, D>) {
    let change = seed::created(&world.clock, "hello");
    world.chats.commit(&change, None).await.unwrap();
    let again = world.chats.commit(&change, None).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
}

pub(crate) async fn second_writer_loses<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let rename =
        |title: &str| Transition::Describe(Describe { title: Some(title.to_owned()), ..Describe::default() });
    let (first, second) = (world.draft(id, rename("one")).await, world.draft(id, rename("two")).await);
    world.chats.commit(&first, None).await.unwrap();
    let lost = world.chats.commit(&second, None).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    assert_eq!(world.chat(id).await, first.chat);
}

pub(crate) async fn of_many_writers_one_wins_at_a_time<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let (chats, clock) = (world.chats.clone(), world.clock.clone());
        writers.spawn(async move {
            let world = World { chats, directory: (), clock };
            loop {
                let now = kit::clock::EPOCH;
                let change = world.draft(id, seed::send(&format!("{writer}"), now)).await;
                match world.chats.commit(&change, None).await {
                    Ok(()) => return,
                    Err(CommitError::Conflict) => {}
                    Err(CommitError::Unavailable(error)) => panic!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
    let Snapshot { chat, queue, .. } = world.snapshot(id).await;
    assert_eq!((chat.versions.snapshot, queue.len()), (9, 8));
    let mut said: Vec<_> = queue.into_iter().map(|queued| queued.content).collect();
    said.dedup();
    assert_eq!(said.len(), 8);
}

pub(crate) async fn a_commit_is_all_or_nothing<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let first = world.draft(id, seed::send("a", kit::clock::EPOCH)).await;
    let late = world.draft(id, seed::send("b", kit::clock::EPOCH)).await;
    world.chats.commit(&first, None).await.unwrap();
    let receipt = Receipt {
        scope: Scope::Chat(id),
        key: "k".into(),
        fingerprint: "f".into(),
        status: 200,
        body: "{}".into(),
        expires_at: kit::clock::EPOCH.plus_ms(60_000),
    };
    let lost = world.chats.commit(&late, Some(&receipt)).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    assert_eq!(world.chats.receipt(Scope::Chat(id), "k").await.unwrap(), None);
    let Snapshot { chat, queue, .. } = world.snapshot(id).await;
    assert_eq!((chat, queue), (first.chat, first.queue_put));
}

pub(crate) async fn a_queue_reads_in_its_order<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    for text in ["a", "b", "c"] {
        world.apply(id, seed::send(text, kit::clock::EPOCH)).await;
    }
    let first = world.chat(id).await.queue[0].id;
    let last = world.chat(id).await.queue[2].id;
    world.attempt(id).await;
    world.apply(id, Transition::Promote { id: last }).await;
    world.apply(id, Transition::DeleteQueued { id: first }).await;
    let Snapshot { chat, queue, .. } = world.snapshot(id).await;
    let order: Vec<_> = chat.queue.iter().map(|entry| entry.id).collect();
    assert_eq!(queue.iter().map(|queued| queued.id).collect::<Vec<_>>(), order);
    assert_eq!((order.len(), order[0]), (2, last));
}

pub(crate) async fn a_ledger_reads_with_its_chat<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let calls = world.parked(id, 11).await;
    let Snapshot { chat, ledger, .. } = world.snapshot(id).await;
    assert_eq!(ledger, calls, "in call order");
    let order: Vec<_> = chat.calls.iter().map(|call| call.id.clone()).collect();
    assert_eq!(ledger.iter().map(|call| call.call.tool_call_id.clone()).collect::<Vec<_>>(), order);
    let results = calls.iter().map(result_of).collect();
    world.apply(id, Transition::Answer { by: Answerer::Client, results }).await;
    let Snapshot { chat, ledger, .. } = world.snapshot(id).await;
    assert_eq!((chat.calls, ledger), (Vec::new(), Vec::new()));
    assert_eq!(world.kept(id).await.len(), 1 + 1 + 11);
}

pub(crate) async fn more_calls_are_answered_than_a_transaction_has_room_for<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let calls = world.parked(id, 80).await;
    let results = calls.iter().map(result_of).collect();
    world.apply(id, Transition::Answer { by: Answerer::Client, results }).await;
    assert_eq!(world.kept(id).await.iter().flat_map(Message::results).count(), 80);
    // The same names again: nothing of the first round is left.
    world.parked(id, 3).await;
    let ledger = world.snapshot(id).await.ledger;
    assert_eq!(ledger.iter().filter(|call| call.result.is_none()).count(), 3);
}

pub(crate) async fn large_answers_of_one_turn_share_their_room<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let calls = world.parked(id, 64).await;
    let noise: String = (0..200_000_u64).map(noise).collect();
    let large = |call| ToolResult { result: noise.as_str().into(), ..result_of(call) };
    let results = calls.iter().map(large).collect();
    world.apply(id, Transition::Answer { by: Answerer::Client, results }).await;
    let kept = world.kept(id).await;
    let sizes: Vec<usize> = kept.iter().flat_map(Message::results).map(ToolResult::bytes).collect();
    let share = RESULTS_BYTES / 64 - 256..=RESULTS_BYTES / 64;
    assert!(sizes.len() == 64 && sizes.iter().all(|size| share.contains(size)), "{sizes:?}");
}

/// Letters that no compression makes much smaller.
fn noise(place: u64) -> char {
    let mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    char::from(b' ' + u8::try_from(mixed >> 58).unwrap())
}

pub(crate) async fn a_spec_is_replaced_whole<C: Chats, D>(world: World<C, D>) {
    let id = world.idle(|_| {}).await;
    let spec = |prompt: &str| Spec { system_prompt: Some(prompt.repeat(5_000)), ..Spec::default() };
    for prompt in ["a", "b"] {
        let mut change = world.draft(id, Transition::Describe(Describe::default())).await;
        change.spec = Some(spec(prompt));
        world.chats.commit(&change, None).await.unwrap();
    }
    assert_eq!(world.chats.spec(id).await.unwrap(), spec("b"));
}

pub(crate) async fn a_deleted_chat_is_there_for_nobody<C: Chats, D>(world: World<C, D>) {
    let id = world.idle(|_| {}).await;
    let early = world.draft(id, seed::send("late", kit::clock::EPOCH)).await;
    world.delete(id).await;
    assert_eq!(world.chats.snapshot(id).await.unwrap(), None);
    assert_eq!(world.chats.observe(id).await.unwrap(), None);
    let mut late = chat::Change { expected: 3, ..early.clone() };
    late.chat.versions.snapshot = 4;
    for change in [early, late] {
        let refused = world.chats.commit(&change, None).await;
        assert!(matches!(refused, Err(CommitError::Conflict)), "{refused:?}");
    }
}

fn put_away() -> Transition {
    Transition::SetArchived { archived: true }
}

pub(crate) async fn a_family_is_written_whole_or_not_at_all<C: Chats, D>(world: World<C, D>) {
    let (root, child) = (world.idle(|_| {}).await, world.idle(|_| {}).await);
    let changes = [world.draft(root, put_away()).await, world.draft(child, put_away()).await];
    world.apply(child, Transition::Describe(Describe::default())).await;
    let lost = world.chats.commit_all(&changes).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    assert!(!world.chat(root).await.archived && !world.chat(child).await.archived);
    let changes = [world.draft(root, put_away()).await, world.draft(child, put_away()).await];
    world.chats.commit_all(&changes).await.unwrap();
    assert_eq!([world.chat(root).await, world.chat(child).await], changes.map(|change| change.chat));
}

pub(crate) async fn the_largest_family_is_written_at_once<C: Chats, D>(world: World<C, D>) {
    let mut changes = Vec::new();
    for _ in 0..=FAMILY {
        let id = world.idle(|_| {}).await;
        changes.push(world.draft(id, put_away()).await);
    }
    world.chats.commit_all(&changes).await.unwrap();
    assert!(world.chat(changes[FAMILY].chat.id).await.archived);
}
