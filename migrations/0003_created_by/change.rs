#![doc = include_str!("README.md")]

use chat::message::{Message, Role, Visibility};
use store::{Kind, StoredItem};

use crate::verdict::{Migration, TOO_LARGE, Verdict};

pub(crate) const MIGRATION: Migration = Migration { name: "0003_created_by", needs_chat: is_nobodys, change };

/// Returns whether it is a message of a person, without the person. Those that only the model sees are
/// synthetic, and nobody's indeed.
fn is_nobodys(item: &StoredItem) -> bool {
    item.kind() == Kind::Message && item.message().is_ok_and(|message| lacks_creator(&message))
}

fn lacks_creator(message: &Message) -> bool {
    message.role == Role::User && message.visibility != Visibility::Model && message.created_by.is_none()
}

fn change(item: &StoredItem, chat: Option<&StoredItem>) -> Verdict {
    if item.kind() != Kind::Message {
        return Verdict::Unchanged;
    }
    let message = match item.message() {
        Ok(message) if lacks_creator(&message) => message,
        Ok(_) => return Verdict::Unchanged,
        Err(_) => return Verdict::Refuse("it is of no known shape"),
    };
    let owner_id = match chat.map(StoredItem::chat) {
        Some(Ok(Some(chat))) => chat.owner_id,
        // A deleted chat's owner is not known any more; what forks show of it stays nobody's.
        Some(Ok(None)) | None => return Verdict::Unchanged,
        Some(Err(_)) => return Verdict::Refuse("its chat is of no known shape"),
    };
    let changed = item.with_message(&Message { created_by: Some(owner_id), ..message });
    changed.map_or(Verdict::Refuse(TOO_LARGE), Verdict::Change)
}
