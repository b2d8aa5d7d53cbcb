//! Keeping leases.

use chat::{
    id::WorkerId,
    port::{Clock as _, Renewal},
    record::Lease,
    time::Timestamp,
    transition::{Describe, Transition},
};
use uuid::Uuid;

use super::world::{Chats, PROGRESS, WORKER, World, renewal};

pub(crate) async fn renewal_does_not_raise_the_version<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let taken = world.attempt(id).await.chat;
    world.clock.advance_ms(10_000);
    let renewed = Lease::from(WORKER, world.clock.now());
    assert!(world.chats.renew(id, renewal(renewed)).await.unwrap());
    assert_eq!(
        world.chat(id).await,
        chat::record::Chat { lease: Some(renewed), progress: Some(PROGRESS), ..taken }
    );
    let observed = world.chats.observe(id).await.unwrap().unwrap();
    assert_eq!(observed.lease, Some(renewed));
}

pub(crate) async fn a_renewal_may_put_off_when_a_chat_is_due<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    world.attempt(id).await;
    let later = world.clock.now().plus_ms(60_000);
    let lease = Lease::from(WORKER, world.clock.now());
    assert!(world.chats.renew(id, Renewal { due_at: Some(later), ..renewal(lease) }).await.unwrap());
    assert_eq!(world.chats.snapshot(id).await.unwrap().unwrap().chat.due_at, Some(later));
    let mut found = Vec::new();
    for shard in 0..store::DUE_SHARDS {
        found.extend(world.chats.due(shard, Timestamp(0)..=later, 9).await.unwrap());
    }
    assert_eq!(found, [(id, later)]);
}

pub(crate) async fn a_commit_leaves_a_renewed_lease_alone<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    world.attempt(id).await;
    let rename = Describe { title: Some("later".into()), ..Describe::default() };
    let late = world.draft(id, Transition::Describe(rename)).await;
    let renewed = Lease::from(WORKER, world.clock.now().plus_ms(10_000));
    assert!(world.chats.renew(id, renewal(renewed)).await.unwrap());
    world.chats.commit(&late, None).await.unwrap();
    let chat = world.chat(id).await;
    assert_eq!((chat.title.as_str(), chat.lease, chat.progress), ("later", Some(renewed), Some(PROGRESS)));
}

pub(crate) async fn only_the_holder_renews<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let mine = Lease::from(WORKER, world.clock.now());
    assert!(!world.chats.renew(id, renewal(mine)).await.unwrap(), "nobody holds it yet");
    let taken = world.attempt(id).await.chat;
    let other = Lease { worker: WorkerId(Uuid::from_u128(0xa2)), ..mine };
    assert!(!world.chats.renew(id, renewal(other)).await.unwrap());
    assert_eq!(world.chat(id).await, taken);
    world.step(id, vec![kit::seed::answered("hi")], Vec::new()).await;
    let fence = world.fence(id).await;
    world.apply(id, Transition::FinishTurn { fence }).await;
    let rested = world.chat(id).await;
    assert_eq!((rested.lease, rested.progress), (None, None));
    assert!(!world.chats.renew(id, renewal(mine)).await.unwrap(), "it was given back");
}

pub(crate) async fn nobody_renews_in_a_deleted_chat<C: Chats, D>(world: World<C, D>) {
    let id = world.idle(|_| {}).await;
    world.delete(id).await;
    let lease = Lease::from(WORKER, world.clock.now());
    assert!(!world.chats.renew(id, renewal(lease)).await.unwrap());
    let unknown = chat::id::ChatId(world.clock.new_id());
    assert!(!world.chats.renew(unknown, renewal(lease)).await.unwrap());
    assert_eq!(world.chats.snapshot(unknown).await.unwrap(), None);
}
