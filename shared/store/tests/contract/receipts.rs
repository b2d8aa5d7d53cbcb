//! Receipts of requests.

use chat::{
    id::ChatId,
    limit::RECEIPT_MS,
    port::{Clock as _, CommitError, Receipt, Scope},
    transition::{Describe, Transition},
};
use kit::seed;

use super::world::{Chats, World};

async fn described<C: Chats, D>(
    world: &World<C, D>,
    id: ChatId,
    receipt: &Receipt,
) -> Result<(), CommitError> {
    let change = world.draft(id, Transition::Describe(Describe::default())).await;
    world.chats.commit(&change, Some(receipt)).await
}

fn receipt<C, D>(world: &World<C, D>, scope: Scope, body: &str) -> Receipt {
    Receipt {
        scope,
        key: "a key of the client's".into(),
        fingerprint: "f".repeat(64),
        status: 201,
        body: body.to_owned(),
        expires_at: world.clock.now().plus_ms(RECEIPT_MS),
    }
}

pub(crate) async fn receipts_survive_and_answer<C: Chats, D>(world: World<C, D>) {
    let change = seed::created(&world.clock, "hello");
    let scope = Scope::User(change.chat.owner_id);
    let written = receipt(&world, scope, &"{\"id\": 1}".repeat(2_000));
    assert_eq!(world.chats.receipt(scope, &written.key).await.unwrap(), None);
    world.chats.commit(&change, Some(&written)).await.unwrap();
    world.clock.advance_ms(RECEIPT_MS - 1_000);
    assert_eq!(world.chats.receipt(scope, &written.key).await.unwrap(), Some(written));
}

pub(crate) async fn a_receipt_is_written_once<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let first = receipt(&world, Scope::Chat(id), "first");
    described(&world, id, &first).await.unwrap();
    let before = world.chat(id).await;
    let again = described(&world, id, &receipt(&world, Scope::Chat(id), "second")).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(world.chats.receipt(first.scope, &first.key).await.unwrap(), Some(first));
    assert_eq!(world.chat(id).await, before);
}

pub(crate) async fn an_expired_key_is_free_again<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let first = receipt(&world, Scope::Chat(id), "first");
    described(&world, id, &first).await.unwrap();
    world.clock.advance_ms(RECEIPT_MS + 1_000);
    assert_eq!(world.chats.receipt(first.scope, &first.key).await.unwrap(), None);
    let second = receipt(&world, Scope::Chat(id), "second");
    described(&world, id, &second).await.unwrap();
    assert_eq!(world.chats.receipt(first.scope, &first.key).await.unwrap(), Some(second));
}

pub(crate) async fn people_and_chats_have_keys_of_their_own<C: Chats, D>(world: World<C, D>) {
    let (one, two) = (world.created("hello").await, world.created("hello").await);
    let owner = Scope::User(seed::person().user_id);
    for (id, scope) in [(one, Scope::Chat(one)), (two, Scope::Chat(two)), (one, owner)] {
        described(&world, id, &receipt(&world, scope, "answer")).await.unwrap();
    }
}
