//! Calls that are taken once, and tokens for tool servers.

use chat::{
    agent::CallToken,
    catalogue::Sealed,
    id::{MessageId, ServerId},
    mcp::Grant,
    port::{Clock as _, CommitError},
    transition::Transition,
};
use uuid::Uuid;

use super::world::{Chats, Directory, World, result_of};

const ONE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

pub(crate) async fn a_call_is_taken_by_one_and_by_that_one_again<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let calls = world.parked(id, 2).await;
    let token = calls[0].token(id);
    let at = world.clock.now();
    for (claim, taken) in [(ONE, true), (OTHER, false), (ONE, true)] {
        assert_eq!(world.chats.claim(&token, claim, at).await.unwrap(), taken, "{claim}");
    }
    let accepted: Vec<_> = world.snapshot(id).await.ledger.iter().map(|call| call.accepted_at).collect();
    assert_eq!(accepted, [Some(at), None]);
}

pub(crate) async fn what_is_accepted_or_not_pending_is_not_taken<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let calls = world.parked(id, 2).await;
    let (first, second) = (calls[0].token(id), calls[1].token(id));
    let at = world.clock.now();
    world.chats.accept(&first, at).await.unwrap();
    assert!(!world.chats.claim(&first, ONE, at).await.unwrap());
    let earlier = CallToken { message_id: MessageId(second.message_id.0 + 1), ..second.clone() };
    assert!(!world.chats.claim(&earlier, ONE, at).await.unwrap());
    let (results, by) = (calls.iter().map(result_of).collect(), calls[0].answerer);
    world.apply(id, Transition::Answer { by, results }).await;
    assert!(!world.chats.claim(&second, ONE, at).await.unwrap());
    assert!(world.snapshot(id).await.ledger.is_empty());
}

pub(crate) async fn of_two_tokens_one_is_kept<C, D: Directory>(world: World<C, D>) {
    let id = ServerId(ONE);
    assert_eq!(world.directory.grant(id).await.unwrap(), None);
    let grant = |revision, secret: &str| Grant {
        edition: 1,
        revision,
        sealed: Sealed(secret.into()),
        expires_at: world.clock.now(),
    };
    for (revision, secret) in [(1, "first"), (2, "second")] {
        world.directory.put_grant(id, &grant(revision, secret)).await.unwrap();
        let late = world.directory.put_grant(id, &grant(revision, "late")).await;
        assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
        assert_eq!(world.directory.grant(id).await.unwrap(), Some(grant(revision, secret)));
    }
    assert_eq!(world.directory.grant(ServerId(OTHER)).await.unwrap(), None);
    for _ in 0..2 {
        world.directory.forget_grant(id).await.unwrap();
        assert_eq!(world.directory.grant(id).await.unwrap(), None);
    }
}
