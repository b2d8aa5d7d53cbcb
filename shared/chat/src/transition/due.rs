//! When somebody must look at a chat.

use crate::{
    record::{Chat, Status},
    time::Timestamp,
};

/// Returns when somebody must look at a chat again if nobody did before; none at rest.
///
/// Coarse on purpose: the index over it moves once a minute at most.
#[must_use]
pub fn due_at(chat: &Chat, now: Timestamp) -> Option<Timestamp> {
    match chat.status {
        // What is deleted is still to be erased.
        _ if chat.deleted => Some(now.plus_ms(60_000).ceil_minute()),
        Status::Waiting | Status::Error => None,
        Status::RequiresAction => Some(parked_until(chat, now)),
        Status::Running if chat.is_parked() => Some(parked_until(chat, now)),
        Status::Running | Status::Interrupting => {
            let soonest = chat.retry.as_ref().map_or(now, |retry| retry.retrying_at.max(now));
            let still_good =
                |due: &Timestamp| *due > soonest.plus_ms(30_000) && *due < soonest.plus_ms(120_000);
            Some(chat.due_at.filter(still_good).unwrap_or(soonest.plus_ms(60_000).ceil_minute()))
        }
    }
}

fn parked_until(chat: &Chat, now: Timestamp) -> Timestamp {
    chat.next_deadline().unwrap_or(now).plus_ms(1_000).ceil_minute()
}
