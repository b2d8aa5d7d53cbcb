//! What all routes share: whose a chat is, the commit, the news.

use chat::{
    Change, Draft,
    id::{ChatId, ModelId, ServerId},
    message::{Message, MessageView, Role},
    port::{Person, ReadChats, Scope},
    record::Snapshot,
    transition::Refusal,
};
use edge::{Rejection, Reply, Request, receipt};
use turn::{CommitFailure, ReceiptPlan, Respec, catalogue::Catalogues};

use crate::MessagePorts;

/// Returns a chat as it stands.
pub(crate) async fn owned<P: ReadChats>(
    ports: &P,
    chat_id: ChatId,
    person: Person,
) -> Result<Snapshot, Rejection> {
    let found = ports.snapshot(chat_id).await?;
    found.filter(|found| found.chat.owner_id == person.user_id).ok_or(Rejection::NotFound("chat"))
}

/// Returns the model that a message names, if the person may choose it now, and checks the tool servers that it names.
pub(crate) async fn chosen<P: MessagePorts>(
    ports: &P,
    catalogues: &Catalogues,
    person: Person,
    (model_id, server_ids): (Option<ModelId>, &[ServerId]),
) -> Result<Option<ModelId>, Rejection> {
    if model_id.is_none() && server_ids.is_empty() {
        return Ok(None);
    }
    let offer = catalogues.offer(ports, person.user_id).await?;
    edge::servers::check(&offer.catalogue, server_ids)?;
    let model = model_id.map(|id| offer.choose(id).map_err(edge::models::refused)).transpose()?;
    Ok(model.map(|model| model.id))
}

/// Makes a change to a chat, and tells the world.
pub(crate) async fn change<P: MessagePorts>(
    ports: &P,
    chat_id: ChatId,
    person: Person,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Change, Rejection> {
    let change = turn::commit(ports, chat_id, None, |draft| decide(of(draft, person)?)).await;
    let change = change.map_err(rejection)?;
    turn::announce(ports, &change).await;
    Ok(change)
}

/// Makes a change to a chat, and to its `spec` where `respec` is there, once for each idempotency key, tells the world and
/// answers with what `respond` says of it.
pub(crate) async fn change_once<P: MessagePorts>(
    ports: &P,
    (chat_id, person): (ChatId, Person),
    request: &Request,
    respond: &(dyn Fn(&Change) -> (u16, String) + Sync),
    respec: Option<&Respec<'_>>,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
) -> Result<Reply, Rejection> {
    let (key, fingerprint) = (receipt::key(request)?, request.fingerprint());
    let scope = Scope::Chat(chat_id);
    let plan = key.as_deref().map(|key| ReceiptPlan { scope, key, fingerprint: &fingerprint, respond });
    let decide = |draft| decide(of(draft, person)?);
    match turn::commit_spec(ports, chat_id, plan, respec, decide).await {
        Ok(change) => {
            turn::announce(ports, &change).await;
            let (status, body) = respond(&change);
            Ok(Reply::text(status, body))
        }
        Err(CommitFailure::Replayed(found)) => {
            turn::announce::wake_again(ports, &owned(ports, chat_id, person).await?.chat).await;
            receipt::again(*found, &fingerprint)
        }
        Err(CommitFailure::Mismatch) => {
            owned(ports, chat_id, person).await?;
            Err(Rejection::IdempotencyMismatch)
        }
        Err(failure) => Err(rejection(failure)),
    }
}

/// Returns the answer that a request got before. What it was made of may have changed since.
pub(crate) async fn answered_before<P: MessagePorts>(
    ports: &P,
    (chat_id, person): (ChatId, Person),
    request: &Request,
) -> Result<Option<Reply>, Rejection> {
    let Some(key) = receipt::key(request)? else { return Ok(None) };
    let chat = owned(ports, chat_id, person).await?.chat;
    let found = ports.receipt(Scope::Chat(chat_id), &key).await?;
    let Some(found) = found.filter(|found| found.expires_at > ports.now()) else { return Ok(None) };
    turn::announce::wake_again(ports, &chat).await;
    receipt::again(found, &request.fingerprint()).map(Some)
}

/// Returns the message of a person that entered history last with a change.
pub(crate) fn spoken(change: &Change) -> Option<MessageView> {
    let of_person = |message: &&Message| message.role == Role::User;
    change.messages.iter().rev().find(of_person).and_then(|message| message.view(change.chat.id))
}

/// Returns JSON text; our own types always have it.
pub(crate) fn json(body: &impl serde::Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
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
