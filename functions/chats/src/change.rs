//! What all routes share: whose a chat is, the commit, the news.

use chat::{
    Change, Draft,
    id::ChatId,
    port::{Person, ReadChats, Scope},
    record::Snapshot,
    transition::Refusal,
    view::ChatView,
};
use edge::{Rejection, Reply, Request, receipt};
use turn::{CommitFailure, Family, Kin, ReceiptPlan, Respec};

use crate::ChatPorts;

/// Returns a chat as it stands.
pub(crate) async fn owned<P: ReadChats>(
    ports: &P,
    chat_id: ChatId,
    person: Person,
) -> Result<Snapshot, Rejection> {
    let found = ports.snapshot(chat_id).await?;
    found.filter(|found| found.chat.owner_id == person.user_id).ok_or(Rejection::NotFound("chat"))
}

/// Makes a change to a chat, and tells the world.
pub(crate) async fn change<P: ChatPorts>(
    ports: &P,
    chat_id: ChatId,
    person: Person,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Change, Rejection> {
    change_spec(ports, chat_id, person, None, decide).await
}

/// Makes a change to a chat and to its `spec`, and tells the world.
pub(crate) async fn change_spec<P: ChatPorts>(
    ports: &P,
    chat_id: ChatId,
    person: Person,
    respec: Option<&Respec<'_>>,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Change, Rejection> {
    let decide = |draft| decide(of(draft, person)?);
    let change = turn::commit_spec(ports, chat_id, None, respec, decide).await;
    let change = change.map_err(rejection)?;
    turn::announce(ports, &change).await;
    Ok(change)
}

/// Changes a chat and its family, all of it or nothing, and tells the world.
pub(crate) async fn change_family<P: ChatPorts>(
    ports: &P,
    chat_id: ChatId,
    person: Person,
    decide: impl Fn(Kin, Draft) -> Result<Option<Draft>, Refusal> + Send + Sync,
) -> Result<Family, Rejection> {
    let family = turn::commit_family(ports, chat_id, |kin, draft| decide(kin, of(draft, person)?)).await;
    let family = family.map_err(rejection)?;
    turn::announce_family(ports, &family.changes).await;
    Ok(family)
}

/// Makes a chat, once for each idempotency key, tells the world and answers 201 with the chat.
pub(crate) async fn create<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Reply, Rejection> {
    let (key, fingerprint) = (receipt::key(request)?, request.fingerprint());
    let (scope, respond) = (Scope::User(person.user_id), &|change: &Change| (201, json(change)));
    let plan = key.as_deref().map(|key| ReceiptPlan { scope, key, fingerprint: &fingerprint, respond });
    match turn::create(ports, plan, decide).await {
        Ok(change) => {
            turn::announce(ports, &change).await;
            Ok(Reply::text(201, json(&change)))
        }
        Err(CommitFailure::Replayed(found)) => {
            let reply = receipt::again(*found, &fingerprint)?;
            wake_again(ports, &reply).await?;
            Ok(reply)
        }
        Err(failure) => Err(rejection(failure)),
    }
}

/// Wakes the chat that was made at the first try, which may have ended before it did.
async fn wake_again<P: ChatPorts>(ports: &P, reply: &Reply) -> Result<(), Rejection> {
    let made = reply.body.as_deref().and_then(|body| serde_json::from_str::<ChatView>(body).ok());
    if let Some(view) = made
        && let Some(found) = ports.snapshot(view.id).await?
    {
        turn::announce::wake_again(ports, &found.chat).await;
    }
    Ok(())
}

/// Returns the answer that a request got before. What it was made of may have changed since.
pub(crate) async fn answered_before<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Option<Reply>, Rejection> {
    let Some(key) = receipt::key(request)? else { return Ok(None) };
    let found = ports.receipt(Scope::User(person.user_id), &key).await?;
    let found = found.filter(|found| found.expires_at > ports.now());
    found.map(|found| receipt::again(found, &request.fingerprint())).transpose()
}

/// Our own types always have JSON text.
fn json(change: &Change) -> String {
    serde_json::to_string(&ChatView::from(&change.chat)).unwrap_or_default()
}

fn of(draft: Draft, person: Person) -> Result<Draft, Refusal> {
    let is_his = draft.chat().is_some_and(|chat| chat.owner_id == person.user_id);
    if is_his { Ok(draft) } else { Err(Refusal::Missing) }
}

fn rejection(failure: CommitFailure) -> Rejection {
    match failure {
        CommitFailure::Missing => Rejection::NotFound("chat"),
        CommitFailure::Refused(refusal) => Rejection::Refused(refusal),
        CommitFailure::Mismatch => Rejection::IdempotencyMismatch,
        CommitFailure::Contended => Rejection::Contended,
        CommitFailure::Unavailable(unavailable) => Rejection::Unavailable(unavailable),
        CommitFailure::Replayed(_) => Rejection::Internal("a request without a key was replayed".into()),
    }
}
