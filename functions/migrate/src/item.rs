//! One item: judged, written if it is still what was judged, and otherwise judged again.

use chat::port::Unavailable;
use migrations::{Migration, Verdict};
use store::{Items, Replaced, StoredItem};

use crate::page::Effect;

/// How often an item is judged that others write to in between.
const ATTEMPTS: usize = 8;

/// What became of an item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    Unchanged,
    Changed,
    Refused(&'static str),
}

/// Does with an item what the migration says; returns the units used as well.
pub(crate) async fn work(
    items: &Items,
    migration: &Migration,
    mut found: StoredItem,
    chat: Option<&StoredItem>,
    effect: Effect,
) -> Result<(Judged, f64), Unavailable> {
    let mut used = 0.0;
    for _ in 0..ATTEMPTS {
        let wanted = match ((migration.change)(&found, chat), effect) {
            (Verdict::Unchanged, _) => return Ok((Judged::Unchanged, used)),
            (Verdict::Refuse(reason), _) => return Ok((Judged::Refused(reason), used)),
            (Verdict::Change(_), Effect::Count) => return Ok((Judged::Changed, used)),
            (Verdict::Change(wanted), Effect::Write) => wanted,
        };
        let (replaced, units) = items.replace(&found, &wanted).await?;
        used += units;
        if replaced == Replaced::Done {
            return Ok((Judged::Changed, used));
        }
        let (again, units) = items.get(&found.key()?).await?;
        used += units;
        match again {
            Some(again) => found = again,
            None => return Ok((Judged::Unchanged, used)),
        }
    }
    let reason = format!("item {} is written faster than it can be changed", found.key()?.item);
    Err(Unavailable { dependency: "dynamodb", reason })
}
