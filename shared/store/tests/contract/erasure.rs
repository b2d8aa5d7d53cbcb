//! Removing deleted chats.

use chat::{
    cursor::Episode,
    id::MessageId,
    part::Delta,
    port::{Clock as _, CommitError, Flush, Receipt, Scope},
    transition::{Describe, Transition},
};
use kit::seed;

use super::{
    forks::fork,
    world::{Chats, World},
};

const EPISODE: Episode = Episode { history_version: 1, generation_attempt: 1 };

/// Makes a chat at rest that has an item of every kind, and `turns` times two messages.
async fn full<C: Chats, D>(world: &World<C, D>, turns: usize) -> chat::id::ChatId {
    let id = world.created("hello").await;
    let later = world.clock.now().plus_ms(60_000);
    world.answer(id, "hi").await;
    for _ in 1..turns {
        world.apply(id, seed::send("and?", world.clock.now())).await;
        world.answer(id, "yes").await;
    }
    let parts = vec![Delta::Text { text: "x".into() }];
    let flush = Flush { chat_id: id, episode: EPISODE, first_seq: 1, parts, expires_at: later };
    world.chats.log(&flush).await.unwrap();
    world.chats.listen(id, &"c".into(), later).await.unwrap();
    let receipt = Receipt {
        scope: Scope::Chat(id),
        key: "k".into(),
        fingerprint: "f".into(),
        status: 200,
        body: "{}".into(),
        expires_at: later,
    };
    let mut change = world.draft(id, Transition::Describe(Describe::default())).await;
    change.spec = Some(chat::record::Spec { system_prompt: Some("p".into()), ..Default::default() });
    world.chats.commit(&change, Some(&receipt)).await.unwrap();
    id
}

async fn erase<C: Chats, D>(world: &World<C, D>, id: chat::id::ChatId) {
    for _ in 0..10 {
        if world.chats.erase(id).await.unwrap() {
            return;
        }
    }
    panic!("ten calls are not enough");
}

async fn assert_nothing_but_messages<C: Chats, D>(world: &World<C, D>, id: chat::id::ChatId) {
    assert_eq!(world.chats.snapshot(id).await.unwrap(), None);
    assert_eq!(world.chats.spec(id).await.unwrap(), chat::record::Spec::default());
    assert_eq!(world.chats.receipt(Scope::Chat(id), "k").await.unwrap(), None);
    assert_eq!(world.chats.parts(id, EPISODE).await.unwrap(), []);
}

pub(crate) async fn erasing_leaves_nothing<C: Chats, D>(world: World<C, D>) {
    let (id, other) = (full(&world, 30).await, full(&world, 1).await);
    world.delete(id).await;
    erase(&world, id).await;
    assert_nothing_but_messages(&world, id).await;
    assert_eq!(world.kept(id).await, []);
    assert!(world.chats.erase(id).await.unwrap(), "erasing again does nothing");
    assert_eq!(world.kept(other).await.len(), 2);
}

pub(crate) async fn erase_keeps_what_forks_show<C: Chats, D>(world: World<C, D>) {
    let id = full(&world, 3).await;
    let parent = world.chat(id).await;
    let shown = fork(&world, &parent, MessageId(4));
    world.chats.commit(&shown, None).await.unwrap();
    world.delete(id).await;
    for _ in 0..2 {
        erase(&world, id).await;
        assert_nothing_but_messages(&world, id).await;
        let kept: Vec<_> = world.kept(id).await.iter().map(|message| message.id.0).collect();
        assert_eq!(kept, [1, 2, 3, 4]);
    }
    let again = seed::change(
        chat::Draft::open(None, world.clock.now()),
        [seed::create(seed::chat(id), Some(seed::said("again")))],
    );
    let refused = world.chats.commit(&again, None).await;
    assert!(matches!(refused, Err(CommitError::Conflict)), "the id is not free: {refused:?}");
}

pub(crate) async fn a_living_chat_is_not_erased<C: Chats, D>(world: World<C, D>) {
    let id = full(&world, 1).await;
    let before = world.snapshot(id).await;
    assert!(world.chats.erase(id).await.unwrap());
    assert_eq!(world.snapshot(id).await, before);
    assert_eq!(world.kept(id).await.len(), 2);
}
