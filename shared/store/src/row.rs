//! The chat's own item.
//!
//! Attributes of their own are what conditions, indexes and listeners' queries need; all else is one body,
//! so that a chat of a few messages fits into one write unit of 1 KB. Some are written beside the transitions
//! and never by one that does not mean to: the lease (`lo`, `lu`), which its holder renews, with `pg`, how far
//! the turn is; and `fk`, which forks raise.
//!
//! `owner` and `activity` are there for root chats only and order lists: `owner` is the person, with
//! `#archived` behind it for archived chats; `activity` is `<pin>#<age>#<chat>`, where `<pin>` is the pin's
//! order in ten digits, or `~`, which sorts behind them; `<age>` is what is left of thirteen nines after
//! subtracting the milliseconds of `updated_at`, so that the newest sorts first; and the chat's id makes
//! each unique. `due_shard` and `due_at` (milliseconds) are there while somebody must look.

mod body;
mod diff;
mod progress;
pub(crate) mod v0;

use chat::{
    Change,
    change::{LeaseChange, ProgressChange},
    id::{ChatId, MessageId, UserId, WorkerId},
    port::Unavailable,
    record::{Chat, Lease, Status, Versions},
    time::Timestamp,
};

use crate::{
    codec::{self, BODY, Item, VERSION, bytes, number, text},
    update::Updating,
};
use body::Body;
pub(crate) use progress::{PROGRESS, write as progress};

/// In how many shards chats that are due are found.
pub const DUE_SHARDS: u8 = 4;

/// The row's `snapshot_version`.
pub(crate) const SNAPSHOT: &str = "sv";
/// The worker that holds the lease.
pub(crate) const LEASE_OWNER: &str = "lo";
/// Until when he holds it.
pub(crate) const LEASE_UNTIL: &str = "lu";
/// When somebody must look; not there at rest.
pub(crate) const DUE_AT: &str = "due_at";
/// Up to where forks show its messages.
pub(crate) const FORKED: &str = "fk";
/// There on a deleted chat.
pub(crate) const GONE: &str = "gone";

/// Attributes that tell how a chat is, without what it is about.
pub(crate) const HEAD: [&str; 9] = [SNAPSHOT, "hv", "ga", "qv", "rv", "st", LEASE_OWNER, LEASE_UNTIL, GONE];

/// Bodies are mostly ids and short words; from here on compression begins to win.
const PLAIN_BYTES: usize = 256;

/// How a chat is, without what it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) versions: Versions,
    pub(crate) status: Status,
    pub(crate) lease: Option<Lease>,
}

/// Returns the shard in which a chat is found when it is due.
pub(crate) fn due_shard(id: ChatId) -> u64 {
    // The end of a UUIDv7 is random; its last bits choose the wake queue, and one shard shall not fill one queue.
    u64::from((id.0.as_bytes()[15] >> 2) % DUE_SHARDS)
}

/// Returns the `owner` attribute of a person's chats.
pub(crate) fn owner(owner_id: UserId, archived: bool) -> String {
    if archived { format!("{owner_id}#archived") } else { owner_id.to_string() }
}

/// Returns the update that writes a change's chat, if it is still the expected one.
pub(crate) fn update(change: &Change) -> Result<Updating, Unavailable> {
    let mut update = Updating::default();
    require(&mut update, change.expected);
    write_head(&mut update, &change.chat);
    write_indexes(&mut update, &change.chat);
    write_lease(&mut update, change.lease);
    write_progress(&mut update, change.progress);
    update.set(BODY, bytes(codec::pack(&Body::from(&change.chat), PLAIN_BYTES)?));
    Ok(update)
}

fn require(update: &mut Updating, expected: u64) {
    if expected == 0 {
        update.absent("chat");
    } else {
        update.equal(SNAPSHOT, number(expected));
        update.absent(GONE);
    }
}

fn write_head(update: &mut Updating, chat: &Chat) {
    let versions = chat.versions;
    update.set(VERSION, codec::newest());
    update.set(SNAPSHOT, number(versions.snapshot));
    update.set("hv", number(versions.history));
    update.set("ga", number(versions.generation_attempt.into()));
    update.set("qv", number(versions.queue));
    update.set("rv", number(versions.retry));
    update.set("ci", bytes(chat.commit_id.into_bytes()));
    update.set("st", text(chat.status.as_str()));
    if chat.deleted {
        update.set(GONE, codec::text("1"));
    }
}

fn write_indexes(update: &mut Updating, chat: &Chat) {
    let listed = chat.parent_chat_id.is_none() && !chat.deleted;
    update.put("owner", listed.then(|| text(owner(chat.owner_id, chat.archived))));
    update.put("activity", listed.then(|| text(activity(chat))));
    update.put("due_shard", chat.due_at.map(|_| number(due_shard(chat.id))));
    update.put(DUE_AT, chat.due_at.map(|at| number(at.0)));
}

fn write_lease(update: &mut Updating, lease: LeaseChange) {
    match lease {
        LeaseChange::Keep => {}
        LeaseChange::Release => {
            update.remove(LEASE_OWNER);
            update.remove(LEASE_UNTIL);
        }
        LeaseChange::Take(Lease { worker, until }) => {
            update.set(LEASE_OWNER, bytes(worker.0.into_bytes()));
            update.set(LEASE_UNTIL, number(until.0));
        }
    }
}

fn write_progress(update: &mut Updating, progress: ProgressChange) {
    match progress {
        ProgressChange::Keep => {}
        ProgressChange::Clear => update.remove(PROGRESS),
        ProgressChange::Set(progress) => update.set(PROGRESS, progress::write(progress)),
    }
}

fn activity(chat: &Chat) -> String {
    let pin = if chat.pin_order == 0 { "~".to_owned() } else { format!("{:010}", chat.pin_order) };
    let age = 9_999_999_999_999_u64.saturating_sub(chat.updated_at.0);
    format!("{pin}#{age:013}#{}", chat.id.0.simple())
}

/// Reads a chat; none for a deleted one.
pub(crate) fn read(item: &Item) -> Result<Option<Chat>, Unavailable> {
    let Some(head) = head(item)? else { return Ok(None) };
    let id = codec::get_text(item, "chat")?;
    let id = id.parse().map_err(|_| codec::missing(item, "chat"))?;
    let body: Body = codec::unpack(codec::get_bytes(item, BODY)?)?;
    let chat = body.into_chat(id, &head);
    Ok(Some(Chat {
        commit_id: codec::get_uuid(item, "ci")?,
        progress: progress::read(item),
        due_at: codec::find_number(item, DUE_AT)?.map(Timestamp),
        forked_through: MessageId(codec::find_number(item, FORKED)?.unwrap_or(0)),
        ..chat
    }))
}

/// Reads how a chat is; none for a deleted one.
pub(crate) fn head(item: &Item) -> Result<Option<Head>, Unavailable> {
    v0::check_version(item)?;
    if item.contains_key(GONE) {
        return Ok(None);
    }
    let attempt = codec::get_number(item, "ga")?;
    let versions = Versions {
        snapshot: codec::get_number(item, SNAPSHOT)?,
        history: codec::get_number(item, "hv")?,
        queue: codec::get_number(item, "qv")?,
        retry: codec::get_number(item, "rv")?,
        generation_attempt: u32::try_from(attempt).map_err(|_| codec::missing(item, "ga"))?,
    };
    Ok(Some(Head { versions, status: status(item)?, lease: lease(item)? }))
}

fn status(item: &Item) -> Result<Status, Unavailable> {
    match codec::get_text(item, "st")? {
        "waiting" => Ok(Status::Waiting),
        "running" => Ok(Status::Running),
        "interrupting" => Ok(Status::Interrupting),
        "requires_action" => Ok(Status::RequiresAction),
        "error" => Ok(Status::Error),
        _ => Err(codec::missing(item, "st")),
    }
}

fn lease(item: &Item) -> Result<Option<Lease>, Unavailable> {
    let Some(worker) = codec::find_uuid(item, LEASE_OWNER)? else { return Ok(None) };
    let until = Timestamp(codec::get_number(item, LEASE_UNTIL)?);
    Ok(Some(Lease { worker: WorkerId(worker), until }))
}

#[cfg(test)]
mod tests;
