//! One page of a segment: read, judge, write.

use std::collections::{HashMap, HashSet};

use chat::port::Unavailable;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use migrations::Migration;
use store::{Counts, Key, Page, StoredItem};

use crate::{
    answer::Refusal,
    item::{self, Judged},
    run::Run,
};

/// Calls made beside each other for one page.
const AT_ONCE: usize = 16;

/// What a verdict leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A write.
    Write,
    /// A count.
    Count,
}

/// What became of a page.
pub(crate) struct Worked {
    pub(crate) counts: Counts,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) next: Option<Key>,
    pub(crate) units: f64,
}

/// Reads a page and does with its items what the migration says.
pub(crate) async fn work(
    run: &Run<'_>,
    migration: &Migration,
    segment: (u16, u16),
    after: Option<&Key>,
    effect: Effect,
) -> Result<Worked, Unavailable> {
    let items = &run.stores.items;
    let Page { items: found, next, units } = items.page(segment, after, run.page_items).await?;
    let (chats, chat_units) = chats(run, migration, &found).await?;
    let mut worked = Worked { counts: Counts::default(), refusals: Vec::new(), next, units };
    worked.units += chat_units;
    let judged = found.into_iter().map(|found| {
        let chats = &chats;
        async move {
            let key = found.key()?;
            let chat = chats.get(&key.of_chat());
            Ok((item::work(items, migration, found, chat, effect).await?, key))
        }
    });
    let judged: Vec<_> = stream::iter(judged).buffered(AT_ONCE).try_collect().await?;
    for ((judged, units), key) in judged {
        worked.units += units;
        worked.note(migration, key, judged);
    }
    Ok(worked)
}

/// Reads the chats beside which items are judged, each once.
async fn chats(
    run: &Run<'_>,
    migration: &Migration,
    found: &[StoredItem],
) -> Result<(HashMap<Key, StoredItem>, f64), Unavailable> {
    let needing = found.iter().filter(|item| (migration.needs_chat)(item));
    let keys = needing.map(|item| item.key().map(|key| key.of_chat())).collect::<Result<HashSet<_>, _>>()?;
    let reads = keys.into_iter().map(|key| async move {
        let (found, units) = run.stores.items.get(&key).await?;
        Ok::<_, Unavailable>((key, found, units))
    });
    let read: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
    let units = read.iter().map(|(.., units)| units).sum();
    Ok((read.into_iter().filter_map(|(key, found, _)| Some((key, found?))).collect(), units))
}

impl Worked {
    fn note(&mut self, migration: &Migration, key: Key, judged: Judged) {
        self.counts.seen += 1;
        match judged {
            Judged::Unchanged => {}
            Judged::Changed => self.counts.changed += 1,
            Judged::Refused(reason) => {
                tracing::warn!(
                    migration = migration.name,
                    chat = key.chat,
                    item = key.item,
                    reason,
                    "refused"
                );
                self.counts.refused += 1;
                self.refusals.push(Refusal { key, reason });
            }
        }
    }
}
