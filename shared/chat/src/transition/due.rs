//! When somebody must look at a chat.

use crate::{
    limit::{DUE_MS, WORKING_DUE_MS},
    record::{Chat, Status},
    time::Timestamp,
};

/// Returns when somebody must look at a chat again if nobody did before; none at rest.
///
/// It moves no more often than it must: each time costs two writes of an index.
#[must_use]
pub fn due_at(chat: &Chat, now: Timestamp) -> Option<Timestamp> {
    let still_good = |from: Timestamp| chat.due_at.filter(move |due| *due > from);
    match chat.status {
        // What is deleted is still to be erased.
        _ if chat.deleted => Some(now.plus_ms(WORKING_DUE_MS)),
        Status::Waiting | Status::Error => None,
        Status::RequiresAction => Some(parked_until(chat, now)),
        Status::Running if chat.is_parked() => Some(parked_until(chat, now)),
        // Its heartbeats put it off, and when they end the queue delivers its wake again.
        Status::Running | Status::Interrupting if chat.leased_at(now).is_some() => {
            Some(still_good(now).unwrap_or(now.plus_ms(WORKING_DUE_MS)))
        }
        Status::Running | Status::Interrupting => {
            let soonest = chat.retry.as_ref().map_or(now, |retry| retry.retrying_at.max(now));
            let latest = soonest.plus_ms(DUE_MS);
            Some(still_good(soonest).filter(|due| *due <= latest).unwrap_or(latest))
        }
    }
}

fn parked_until(chat: &Chat, now: Timestamp) -> Timestamp {
    chat.next_deadline().unwrap_or(now).plus_ms(DUE_MS)
}
