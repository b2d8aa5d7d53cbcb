//! The names of items. Their order is part of the design: `call#…` < `chat` < `conn#…`, so that one query
//! reads a chat with its ledger, and one reads it with its listeners.

use chat::{
    cursor::Episode,
    id::{CallId, ChatId, ConnectionId, MessageId, OrgId, QueuedId, ServerId, UserId, WorkspaceId},
    port::Scope,
    spend::{Day, Spent},
    time::Timestamp,
};

/// The chat's own item.
pub(crate) const CHAT: &str = "chat";
/// Before every ledger entry.
pub(crate) const CALLS: &str = "call#";
/// After every listener, and before anything else.
pub(crate) const LISTENERS_END: &str = "conn$";
/// Before every listener.
pub(crate) const LISTENERS: &str = "conn#";
/// What is large and seldom changes.
pub(crate) const SPEC: &str = "spec";
/// Before every queued message.
pub(crate) const QUEUE: &str = "queue#";

/// Before every child.
pub(crate) const CHILDREN: &str = "sub#";
/// After every child.
pub(crate) const CHILDREN_END: &str = "sub$";

/// Before every message.
pub(crate) const MESSAGES: &str = "msg#";

/// Children sort by when they were made.
pub(crate) fn child(created_at: Timestamp, id: ChatId) -> String {
    format!("{CHILDREN}{:013}#{id}", created_at.0)
}

pub(crate) fn call(id: &CallId) -> String {
    format!("{CALLS}{id}")
}

pub(crate) fn listener(connection: &ConnectionId) -> String {
    format!("{LISTENERS}{connection}")
}

pub(crate) fn message(id: MessageId) -> String {
    format!("{MESSAGES}{:012}", id.0)
}

/// A message that is too large for one item goes on in others, from 1.
pub(crate) fn continuation(id: MessageId, index: usize) -> String {
    format!("{MESSAGES}{:012}#{index}", id.0)
}

/// After a message and all that continues it.
pub(crate) fn message_end(id: MessageId) -> String {
    format!("{MESSAGES}{:012}$", id.0)
}

pub(crate) fn queued(id: QueuedId) -> String {
    format!("{QUEUE}{:012}", id.0)
}

/// Before every flush of an episode.
pub(crate) fn parts(episode: Episode) -> String {
    format!("part#{:012}#{:06}#", episode.history_version, episode.generation_attempt)
}

pub(crate) fn flush(episode: Episode, first_seq: u64) -> String {
    format!("{}{first_seq:09}", parts(episode))
}

pub(crate) fn receipt(key: &str) -> String {
    format!("idem#{key}")
}

/// The partition of receipts.
pub(crate) fn receipts(scope: Scope) -> String {
    match scope {
        Scope::Chat(chat_id) => chat_id.to_string(),
        Scope::User(user_id) => format!("idem#{user_id}"),
    }
}

pub(crate) fn token(hash: &str) -> String {
    format!("token#{hash}")
}

pub(crate) fn ticket(hash: &str) -> String {
    format!("ticket#{hash}")
}

/// The partition of what is known of a machine.
pub(crate) fn workspace(id: WorkspaceId) -> String {
    format!("workspace#{id}")
}

/// The partition of what is kept of a tool server beside the catalogue.
pub(crate) fn server(id: ServerId) -> String {
    format!("server#{id}")
}

/// The partition of a person's workspaces.
pub(crate) fn workspaces(owner_id: UserId) -> String {
    format!("workspaces#{owner_id}")
}

/// A workspace among those of its person, in the order in which they were made.
pub(crate) fn listed(made_ms: u64, id: WorkspaceId) -> String {
    format!("{made_ms:013}#{id}")
}

/// The partition of the workspaces whose machines are kept up.
pub(crate) const UP: &str = "up";

/// Before every chat that has calls out on a workspace.
pub(crate) const BOUND: &str = "chat#";
/// After every one.
pub(crate) const BOUND_END: &str = "chat$";

/// A chat that has calls out on a workspace.
pub(crate) fn bound(chat_id: ChatId) -> String {
    format!("{BOUND}{chat_id}")
}

/// Before every chat that keeps what a workspace says.
pub(crate) const PINNED: &str = "pin#";
/// After every one.
pub(crate) const PINNED_END: &str = "pin$";

/// A chat that keeps what a workspace says; chats sort by when they were made.
pub(crate) fn pinned(chat_id: ChatId) -> String {
    format!("{PINNED}{chat_id}")
}

pub(crate) fn agent(token_hash: &str) -> String {
    format!("agent#{token_hash}")
}

pub(crate) fn enrolment(hash: &str) -> String {
    format!("enrol#{hash}")
}

/// The partition of what sockets watch of a person.
pub(crate) fn watchers(user_id: UserId) -> String {
    format!("watch#{user_id}")
}

/// The partition of what the deployment offers.
pub(crate) const CATALOGUE: &str = "catalogue";
/// Which edition of it is the newest; before all entries.
pub(crate) const EDITION: &str = "edition";
/// Before every entry.
pub(crate) const ENTRIES: &str = "entry#";
/// After every entry.
pub(crate) const ENTRIES_END: &str = "entry$";

/// The partition of what is kept of a person.
pub(crate) fn user(user_id: UserId) -> String {
    format!("user#{user_id}")
}

/// The partition of what an organisation spent in a month.
pub(crate) fn usage(org_id: OrgId, in_month: Day) -> String {
    format!("usage#{org_id}#{}", in_month.month())
}

/// What a person used of a model on a day, or a part of that.
pub(crate) fn spent(spent: &Spent) -> String {
    let Spent { person, day, model_id, shard, .. } = spent;
    format!("{}#{day}#{model_id}#{shard}", person.user_id)
}

/// Before all that a person used on a day, and after it.
pub(crate) fn spent_on(user_id: UserId, first: Day, last: Day) -> (String, String) {
    (format!("{user_id}#{first}#"), format!("{user_id}#{last}$"))
}

/// The partition of what counts towards an organisation's ceiling in a period.
pub(crate) fn ceiling(org_id: OrgId, since: Day) -> String {
    format!("ceiling#{org_id}#{since}")
}

/// After every shard of a ceiling's count, and before [`SEED`].
pub(crate) const SHARDS_END: &str = "9";
/// After all of it.
pub(crate) const COUNTS_END: &str = "~";
/// What a ceiling's count began with.
pub(crate) const SEED: &str = "seed";

pub(crate) fn partition(chat_id: ChatId) -> String {
    chat_id.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_sort_as_the_queries_need_it() {
        let id = CallId::from("zzz~");
        let sorted = [
            call(&id),
            CHAT.into(),
            listener(&"zz~".into()),
            LISTENERS_END.into(),
            message(MessageId(9)),
            continuation(MessageId(9), 1),
            message_end(MessageId(9)),
            message(MessageId(10)),
        ];
        assert!(sorted.is_sorted(), "{sorted:?}");
        let episode = Episode { history_version: 9, generation_attempt: 9 };
        let later = Episode { history_version: 10, generation_attempt: 1 };
        assert!([flush(episode, 9), flush(episode, 10), flush(later, 1)].is_sorted());
    }
}
