//! How a transition is made: read, draft, write, and again if somebody else was quicker.

use std::time::Duration;

use chat::{
    Change, Draft,
    account::{Phase, enter},
    id::ChatId,
    port::{Clock, CommitChats, CommitError, ReadChats, ReadReceipts, Receipt, Scope, Unavailable},
    record::{Chat, Spec},
    transition::Refusal,
};

use crate::tally;

/// How often a write is tried again because the chat had moved on. Writers of one chat are few: a step and
/// some clients.
const TRIES: u32 = 20;

/// The longest wait before the second try; it doubles with each.
const FIRST_WAIT_MS: u64 = 10;
/// The longest wait before any try: all of a step's together must end long before its lease does.
const LONGEST_WAIT_MS: u64 = 200;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum CommitFailure {
    /// There is no such chat.
    #[error("the chat does not exist")]
    Missing,
    /// The table or the transition's own rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request was answered before: here is the answer.
    #[error("the request was answered before")]
    Replayed(Box<Receipt>),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    Mismatch,
    /// Others were quicker, again and again.
    #[error("the chat is changing too fast")]
    Contended,
    /// It may have been written.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// How a request that carries an idempotency key is answered, once its change is drafted.
pub struct ReceiptPlan<'a> {
    /// Where the key counts.
    pub scope: Scope,
    /// The client's key.
    pub key: &'a str,
    /// Tells one request from another.
    pub fingerprint: &'a str,
    /// Returns status and body of the answer.
    pub respond: &'a (dyn Fn(&Change) -> (u16, String) + Sync),
}

/// What a change makes of what is large and seldom changes of a chat.
pub type Respec<'a> = dyn Fn(Spec) -> Spec + Send + Sync + 'a;

/// Makes a change to a chat and returns it. The caller announces it.
///
/// # Errors
/// See [`CommitFailure`]; after any but `Unavailable` nothing has changed.
pub async fn commit<P>(
    ports: &P,
    chat_id: ChatId,
    plan: Option<ReceiptPlan<'_>>,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Change, CommitFailure>
where
    P: ReadChats + CommitChats + ReadReceipts + Clock,
{
    commit_spec(ports, chat_id, plan, None, decide).await
}

/// Makes a change to a chat and, where `respec` is there, to its `spec`, all of it or nothing.
///
/// Whoever writes a `spec` raises the chat's version. So one that is read after the state that the draft starts from is
/// still the last when the write is taken: nobody's change to it is undone.
///
/// # Errors
/// See [`commit`].
pub async fn commit_spec<P>(
    ports: &P,
    chat_id: ChatId,
    plan: Option<ReceiptPlan<'_>>,
    respec: Option<&Respec<'_>>,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Change, CommitFailure>
where
    P: ReadChats + CommitChats + ReadReceipts + Clock,
{
    for lost in 1..=TRIES {
        enter(Phase::Load);
        if let Some(plan) = &plan {
            replay(ports, plan).await?;
        }
        let snapshot = ports.snapshot(chat_id).await?.ok_or(CommitFailure::Missing)?;
        let mut draft = decide(Draft::open(Some(snapshot), ports.now()))?;
        if let Some(respec) = respec {
            draft = draft.with_spec(respec(ports.spec(chat_id).await?));
        }
        if let Some(change) = attempt(ports, draft, plan.as_ref()).await? {
            return Ok(change);
        }
        pause(ports, lost).await;
    }
    Err(CommitFailure::Contended)
}

/// Waits after so many lost races: a random part of a time that doubles, so that those who lost together do not meet
/// again. New names are random where they end.
pub(crate) async fn pause(ports: &impl Clock, lost: u32) {
    let most_ms = (FIRST_WAIT_MS << lost.saturating_sub(1).min(10)).min(LONGEST_WAIT_MS);
    let (_, dice) = ports.new_id().as_u64_pair();
    tokio::time::sleep(Duration::from_millis(dice % (most_ms + 1))).await;
}

/// Makes a chat. `decide` gets an empty draft and must name the chat by a fresh id each time.
///
/// # Errors
/// See [`CommitFailure`].
pub async fn create<P>(
    ports: &P,
    plan: Option<ReceiptPlan<'_>>,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Change, CommitFailure>
where
    P: ReadChats + CommitChats + ReadReceipts + Clock,
{
    for _ in 0..TRIES {
        enter(Phase::Load);
        if let Some(plan) = &plan {
            replay(ports, plan).await?;
        }
        let draft = decide(Draft::open(None, ports.now()))?;
        if let Some(change) = attempt(ports, draft, plan.as_ref()).await? {
            return Ok(change);
        }
    }
    Err(CommitFailure::Contended)
}

/// Ends a request that was answered before.
///
/// # Errors
/// It was; or its key was used for another.
pub(crate) async fn replay<P: ReadReceipts + Clock>(
    ports: &P,
    plan: &ReceiptPlan<'_>,
) -> Result<(), CommitFailure> {
    let held = ports.receipt(plan.scope, plan.key).await?;
    match held.filter(|receipt| receipt.expires_at > ports.now()) {
        None => Ok(()),
        Some(receipt) if receipt.fingerprint == plan.fingerprint => {
            Err(CommitFailure::Replayed(Box::new(receipt)))
        }
        Some(_) => Err(CommitFailure::Mismatch),
    }
}

/// Writes what was drafted, with the receipt that was planned. None: the chat has moved on, nothing was written.
///
/// # Errors
/// The store, when it stays silent.
pub(crate) async fn attempt<P: ReadChats + CommitChats + Clock>(
    ports: &P,
    draft: Draft,
    plan: Option<&ReceiptPlan<'_>>,
) -> Result<Option<Change>, CommitFailure> {
    enter(Phase::Commit);
    let mut change = draft.finish().ok_or(CommitFailure::Missing)?;
    change.chat.commit_id = ports.new_id();
    let receipt = plan.map(|plan| {
        let (status, body) = (plan.respond)(&change);
        Receipt {
            scope: plan.scope,
            key: plan.key.to_owned(),
            fingerprint: plan.fingerprint.to_owned(),
            status,
            body,
            expires_at: ports.now().plus_ms(chat::limit::RECEIPT_MS),
        }
    });
    Ok(write(ports, &change, receipt.as_ref()).await?.then_some(change))
}

/// Writes a change. False: the chat has moved on, nothing was written.
///
/// An answer that got lost, or a refusal of the writer's own repetition, is told from another's write by
/// the id of the write that the chat carries.
///
/// # Errors
/// The store, when it stays silent.
pub(crate) async fn write<P: ReadChats + CommitChats>(
    ports: &P,
    change: &Change,
    receipt: Option<&Receipt>,
) -> Result<bool, Unavailable> {
    let written = match ports.commit(change, receipt).await {
        Ok(()) => true,
        Err(CommitError::Conflict) => landed(ports, &change.chat).await?,
        Err(CommitError::Unavailable(unavailable)) => match landed(ports, &change.chat).await {
            Ok(true) => true,
            Ok(false) | Err(_) => return Err(unavailable),
        },
    };
    if written {
        tally::written(change);
    }
    Ok(written)
}

pub(crate) async fn landed<P: ReadChats>(ports: &P, chat: &Chat) -> Result<bool, Unavailable> {
    let found = ports.snapshot(chat.id).await?;
    // Of a deleted chat nothing is shown any more, whoever deleted it.
    Ok(found.map_or(chat.deleted, |found| found.chat.commit_id == chat.commit_id))
}
