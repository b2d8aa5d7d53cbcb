//! What is noted of pending calls beside the transitions.

use chat::{agent::CallToken, id::MessageId, port::Clock as _, transition::Transition};

use super::world::{Chats, World, result_of};

pub(crate) async fn an_accepted_call_says_since_when<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let calls = world.parked(id, 2).await;
    let token = calls[0].token(id);
    let at = world.clock.now();
    for later_ms in [0, 5_000] {
        world.chats.accept(&token, at.plus_ms(later_ms)).await.unwrap();
    }
    let accepted =
        |ledger: &[chat::call::Call]| ledger.iter().map(|call| call.accepted_at).collect::<Vec<_>>();
    assert_eq!(accepted(&world.snapshot(id).await.ledger), [Some(at), None]);
}

pub(crate) async fn what_is_not_pending_is_not_accepted<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let calls = world.parked(id, 1).await;
    let token = calls[0].token(id);
    let other = CallToken { message_id: MessageId(token.message_id.0 + 1), ..token.clone() };
    world.chats.accept(&other, world.clock.now()).await.unwrap();
    assert_eq!(world.snapshot(id).await.ledger, calls);
    let results = vec![result_of(&calls[0])];
    let by = calls[0].answerer;
    world.apply(id, Transition::Answer { by, results }).await;
    world.chats.accept(&token, world.clock.now()).await.unwrap();
    assert!(world.snapshot(id).await.ledger.is_empty());
}
