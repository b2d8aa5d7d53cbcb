//! Sharing messages with forks.

use chat::{
    Change, Draft,
    change::Share,
    id::{ChatId, MessageId},
    port::{Clock as _, CommitError},
    record::Chat,
    transition::{Create, Describe, Transition},
};
use kit::seed;

use super::world::{Chats, World};

/// Returns the write of a fork of a chat as `parent` was read.
pub(crate) fn fork<C, D>(world: &World<C, D>, parent: &Chat, through: MessageId) -> Change {
    let seed = Chat {
        spans: parent.spans.prefix(parent.id, through),
        next_message_id: through.next(),
        ..seed::chat(ChatId(world.clock.new_id()))
    };
    let share = Some(Share { chat_id: parent.id, through, known: parent.forked_through });
    let create = Create { seed, share, closing: Vec::new(), message: None, spec: None };
    seed::change(Draft::open(None, world.clock.now()), [Transition::Create(Box::new(create))])
}

pub(crate) async fn fork_keeps_parents_messages<C: Chats, D>(world: World<C, D>) {
    let parent = world.created("hello").await;
    world.answer(parent, "hi").await;
    let before = world.chat(parent).await;
    let change = fork(&world, &before, MessageId(2));
    world.chats.commit(&change, None).await.unwrap();
    let after = world.chat(parent).await;
    assert_eq!(after, Chat { forked_through: MessageId(2), ..before });
    assert_eq!(world.chat(change.chat.id).await, change.chat);
    world.apply(change.chat.id, seed::send("go on", kit::clock::EPOCH)).await;
    assert_eq!(world.kept(change.chat.id).await.len(), 1);
}

pub(crate) async fn the_parents_own_writes_do_not_shorten_what_is_shared<C: Chats, D>(world: World<C, D>) {
    let parent = world.created("hello").await;
    let late = world.draft(parent, Transition::Describe(Describe::default())).await;
    let change = fork(&world, &world.chat(parent).await, MessageId(1));
    world.chats.commit(&change, None).await.unwrap();
    world.chats.commit(&late, None).await.unwrap();
    assert_eq!(world.chat(parent).await.forked_through, MessageId(1));
}

pub(crate) async fn a_shorter_fork_shares_nothing_more<C: Chats, D>(world: World<C, D>) {
    let parent = world.created("hello").await;
    world.answer(parent, "hi").await;
    for through in [2, 1, 2] {
        let change = fork(&world, &world.chat(parent).await, MessageId(through));
        world.chats.commit(&change, None).await.unwrap();
        assert_eq!(world.chat(parent).await.forked_through, MessageId(2));
    }
}

pub(crate) async fn a_deleted_chat_is_not_forked<C: Chats, D>(world: World<C, D>) {
    let parent = world.created("hello").await;
    world.answer(parent, "hi").await;
    let first = fork(&world, &world.chat(parent).await, MessageId(1));
    world.chats.commit(&first, None).await.unwrap();
    let known = fork(&world, &world.chat(parent).await, MessageId(1));
    let longer = fork(&world, &world.chat(parent).await, MessageId(2));
    world.delete(parent).await;
    for late in [known, longer] {
        let refused = world.chats.commit(&late, None).await;
        assert!(matches!(refused, Err(CommitError::Conflict)), "{refused:?}");
        assert_eq!(world.chats.snapshot(late.chat.id).await.unwrap(), None);
    }
}

pub(crate) async fn a_fork_whose_parent_was_forked_beside_it_loses<C: Chats, D>(world: World<C, D>) {
    let parent = world.created("hello").await;
    world.answer(parent, "hi").await;
    let before = world.chat(parent).await;
    let (longer, shorter) = (fork(&world, &before, MessageId(2)), fork(&world, &before, MessageId(1)));
    world.chats.commit(&longer, None).await.unwrap();
    let lost = world.chats.commit(&shorter, None).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    let again = fork(&world, &world.chat(parent).await, MessageId(1));
    world.chats.commit(&again, None).await.unwrap();
    assert_eq!(world.chat(parent).await.forked_through, MessageId(2));
}
