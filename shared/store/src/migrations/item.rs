//! How the records of migrations are laid out.

use chat::{port::Unavailable, time::Timestamp};

use super::{Counts, Record, SegmentProgress};
use crate::{
    codec::{self, Item, number, text},
    stored::Key,
    update::Updating,
};

/// The run that works on a migration, or that last claimed a segment.
pub(super) const RUN: &str = "run";
/// Until when it has the lease, in milliseconds.
pub(super) const UNTIL: &str = "lu";
/// Into how many segments the table is cut.
pub(super) const SEGMENTS: &str = "segments";
/// When the first run began, in milliseconds.
pub(super) const STARTED_AT: &str = "started_at";
/// When the last one ended, in milliseconds; there once the migration is applied.
pub(super) const FINISHED_AT: &str = "finished_at";

/// The cursor's partition and name.
const AFTER: [&str; 2] = ["after_chat", "after_item"];
/// There on a segment that is done.
const DONE: &str = "done";

/// The key of what is said of a whole migration.
pub(super) fn state(name: &str) -> Item {
    codec::key("key", partition(name), "state")
}

/// The key of what is said of a segment.
pub(super) fn segment(name: &str, segment: u16) -> Item {
    codec::key("key", partition(name), format!("segment#{segment:04}"))
}

fn partition(name: &str) -> String {
    format!("migration#{name}")
}

pub(super) fn segments(state: &Item) -> Result<u16, Unavailable> {
    codec::check_version(state)?;
    let segments = codec::get_number(state, SEGMENTS)?;
    u16::try_from(segments).map_err(|_| codec::missing(state, SEGMENTS))
}

/// Reads the record of an applied migration; none if it is not.
pub(super) fn record(state: &Item) -> Result<Option<Record>, Unavailable> {
    codec::check_version(state)?;
    let Some(finished_at) = codec::find_number(state, FINISHED_AT)? else { return Ok(None) };
    let started_at = Timestamp(codec::get_number(state, STARTED_AT)?);
    Ok(Some(Record { started_at, finished_at: Timestamp(finished_at), counts: counts(state)? }))
}

pub(super) fn progress(segment: &Item) -> Result<SegmentProgress, Unavailable> {
    codec::check_version(segment)?;
    let [chat, item] = AFTER;
    let after = if segment.contains_key(chat) {
        let of = |attribute| codec::get_text(segment, attribute).map(str::to_owned);
        Some(Key { chat: of(chat)?, item: of(item)? })
    } else {
        None
    };
    Ok(SegmentProgress { after, done: segment.contains_key(DONE), counts: counts(segment)? })
}

pub(super) fn set_progress(save: &mut Updating, progress: &SegmentProgress) {
    let [chat, item] = AFTER;
    let after = progress.after.as_ref();
    save.put(chat, after.map(|key| text(&key.chat)));
    save.put(item, after.map(|key| text(&key.item)));
    save.put(DONE, progress.done.then(|| text("1")));
    set_counts(save, progress.counts);
}

pub(super) fn set_counts(update: &mut Updating, counts: Counts) {
    update.set("seen", number(counts.seen));
    update.set("changed", number(counts.changed));
    update.set("refused", number(counts.refused));
}

/// Reads counts; those of a segment that nobody saved yet are none.
fn counts(item: &Item) -> Result<Counts, Unavailable> {
    let of = |attribute| codec::find_number(item, attribute).map(Option::unwrap_or_default);
    Ok(Counts { seen: of("seen")?, changed: of("changed")?, refused: of("refused")? })
}
