//! Reading and writing chats.

use chat::{
    Change,
    change::{LeaseChange, Share},
    id::{ChatId, MessageId},
    message::Message,
    port::{
        CommitChats, CommitError, CommitFamilies, KeepLeases, Order, Range, ReadChats, ReadHistory,
        ReadReceipts, Receipt, Renewal, Scope, Unavailable,
    },
    record::{Chat, Snapshot, Spec},
    time::Timestamp,
};

use super::{
    Memory, invariants,
    tables::{Partition, Tables, expired},
};

impl ReadChats for Memory {
    async fn snapshot(&self, chat_id: ChatId) -> Result<Option<Snapshot>, Unavailable> {
        self.call("snapshot", |tables, _| tables.snapshot(chat_id)).await
    }

    async fn spec(&self, chat_id: ChatId) -> Result<Spec, Unavailable> {
        let find = |tables: &mut Tables, _| tables.chats.get(&chat_id).and_then(|found| found.spec.clone());
        Ok(self.call("spec", find).await?.unwrap_or_default())
    }
}

impl CommitChats for Memory {
    async fn commit(&self, change: &Change, receipt: Option<&Receipt>) -> Result<(), CommitError> {
        self.call("commit", |tables, now| commit(tables, now, change, receipt)).await?
    }
}

impl CommitFamilies for Memory {
    async fn commit_all(&self, changes: &[Change]) -> Result<(), CommitError> {
        self.call("commit_all", |tables, now| {
            let are_all_expected =
                changes.iter().all(|change| is_expected(tables.chats.get(&change.chat.id), change.expected));
            if !are_all_expected {
                return Err(CommitError::Conflict);
            }
            changes.iter().try_for_each(|change| commit(tables, now, change, None))
        })
        .await?
    }
}

impl ReadReceipts for Memory {
    async fn receipt(&self, scope: Scope, key: &str) -> Result<Option<Receipt>, Unavailable> {
        let find = |tables: &mut Tables, now| {
            tables.receipt(scope, key).filter(|receipt| !expired(receipt.expires_at, now)).cloned()
        };
        self.call("receipt", find).await
    }
}

impl ReadHistory for Memory {
    async fn messages(&self, range: Range) -> Result<Vec<Message>, Unavailable> {
        self.call("messages", |tables, _| messages(tables, range)).await
    }
}

impl KeepLeases for Memory {
    async fn renew(&self, chat_id: ChatId, renewal: Renewal) -> Result<bool, Unavailable> {
        self.call("renew", |tables, _| renew(tables, chat_id, renewal)).await
    }
}

fn commit(
    tables: &mut Tables,
    now: Timestamp,
    change: &Change,
    receipt: Option<&Receipt>,
) -> Result<(), CommitError> {
    invariants::check_change(tables, change);
    let held = tables.chats.get(&change.chat.id);
    let taken = receipt.and_then(|receipt| tables.receipt(receipt.scope, &receipt.key));
    let may = is_expected(held, change.expected)
        && taken.is_none_or(|taken| expired(taken.expires_at, now))
        && change.share.is_none_or(|share| may_share(tables, share));
    if !may {
        return Err(CommitError::Conflict);
    }
    if let Some(share) = change.share {
        raise_fork(tables, share);
    }
    write(tables.partition(change.chat.id), change);
    change.spent.iter().for_each(|spent| super::spend::add(tables, spent));
    receipt.cloned().into_iter().for_each(|receipt| tables.put_receipt(receipt));
    invariants::check_history(tables, &change.chat);
    Ok(())
}

fn is_expected(held: Option<&Partition>, expected: u64) -> bool {
    if held.is_some_and(|held| held.tombstone.is_some()) {
        return false;
    }
    match held.and_then(|held| held.chat.as_ref()) {
        None => expected == 0,
        Some(chat) => !chat.deleted && expected == chat.versions.snapshot,
    }
}

fn may_share(tables: &Tables, share: Share) -> bool {
    let parent = tables.chats.get(&share.chat_id).and_then(|found| found.chat.as_ref());
    parent.is_some_and(|chat| {
        !chat.deleted && (share.known >= share.through || chat.forked_through < share.through)
    })
}

fn raise_fork(tables: &mut Tables, share: Share) {
    if let Some(chat) = &mut tables.partition(share.chat_id).chat {
        chat.forked_through = chat.forked_through.max(share.through);
    }
}

fn write(partition: &mut Partition, change: &Change) {
    partition.chat = Some(merged(partition.chat.as_ref(), change));
    partition.messages.extend(change.messages.iter().map(|message| (message.id, message.clone())));
    change.queue_dropped.iter().for_each(|id| drop(partition.queue.remove(id)));
    partition.queue.extend(change.queue_put.iter().map(|queued| (queued.id, queued.clone())));
    change.calls_dropped.iter().for_each(|id| drop(partition.calls.remove(id)));
    let puts = change.calls_put.iter().map(|call| (call.call.tool_call_id.clone(), call.clone()));
    partition.calls.extend(puts);
    if let Some(spec) = &change.spec {
        partition.spec = Some(spec.clone());
    }
}

/// Leaves alone what others write beside the transitions: the renewed lease with how far the turn is, and what
/// forks share.
fn merged(held: Option<&Chat>, change: &Change) -> Chat {
    let lease = match change.lease {
        LeaseChange::Keep => held.and_then(|held| held.lease),
        LeaseChange::Release => None,
        LeaseChange::Take(lease) => Some(lease),
    };
    let forked_through = held.map_or(MessageId(0), |held| held.forked_through);
    let progress = change.progress.after(held.and_then(|held| held.progress));
    Chat { lease, progress, forked_through, ..change.chat.clone() }
}

fn messages(tables: &Tables, range: Range) -> Vec<Message> {
    let Some(partition) = tables.chats.get(&range.chat_id) else { return Vec::new() };
    if range.first > range.last {
        return Vec::new();
    }
    let run = partition.messages.range(range.first..=range.last).map(|(_, message)| message.clone());
    match range.order {
        Order::Ascending => run.take(range.limit).collect(),
        Order::Descending => run.rev().take(range.limit).collect(),
    }
}

fn renew(tables: &mut Tables, chat_id: ChatId, renewal: Renewal) -> bool {
    let Renewal { lease, progress, due_at } = renewal;
    let held = tables.chats.get_mut(&chat_id).and_then(|found| found.chat.as_mut());
    let mine = |chat: &&mut Chat| !chat.deleted && chat.lease.is_some_and(|l| l.worker == lease.worker);
    let Some(chat) = held.filter(mine) else { return false };
    (chat.lease, chat.progress, chat.due_at) = (Some(lease), Some(progress), due_at.or(chat.due_at));
    true
}
