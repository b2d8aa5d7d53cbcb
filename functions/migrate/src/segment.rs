//! One segment of the table, page by page.

use chat::port::Unavailable;
use migrations::Migration;
use store::{Counts, SegmentProgress};
use tokio::time::{Instant, sleep_until};

use crate::{
    answer::{Refusal, bounded},
    apply::Holder,
    page::{self, Effect},
    run::Run,
};

/// Pages between two lines of the log.
const PAGES_PER_LINE: u64 = 50;

/// Where progress is kept.
#[derive(Clone, Copy)]
pub(crate) enum Kept<'a> {
    /// In the records, by who has the lease.
    By(Holder<'a>),
    /// Nowhere: a dry run.
    Nowhere,
}

/// Why a segment's work ended. Later ones prevail over earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// It is done.
    Done,
    /// The time was over.
    OutOfTime,
    /// Another run has it.
    Overtaken,
}

/// What became of a segment.
pub(crate) struct Ran {
    pub(crate) end: End,
    /// Over all runs.
    pub(crate) counts: Counts,
    pub(crate) refusals: Vec<Refusal>,
}

/// Works on a segment until it is done, the time is over, or another run has it.
pub(crate) async fn work(
    run: &Run<'_>,
    migration: &Migration,
    segment: (u16, u16),
    kept: Kept<'_>,
) -> Result<Ran, Unavailable> {
    let mut progress = kept.claim(segment.0).await?;
    let mut refusals = Vec::new();
    let mut pages = 0_u64;
    let end = loop {
        if progress.done {
            break End::Done;
        }
        if Instant::now() >= run.until {
            break End::OutOfTime;
        }
        let page = page::work(run, migration, segment, progress.after.as_ref(), kept.effect()).await?;
        progress = SegmentProgress {
            done: page.next.is_none(),
            after: page.next,
            counts: progress.counts + page.counts,
        };
        refusals.extend(page.refusals);
        refusals = bounded(refusals);
        if !kept.save(segment.0, &progress).await? {
            break End::Overtaken;
        }
        pages += 1;
        if pages.is_multiple_of(PAGES_PER_LINE) {
            tell(migration, segment, progress.counts);
        }
        // What goes beyond the time is not waited for; the next run begins without the debt.
        sleep_until(run.pace.used(page.units).min(run.until)).await;
    };
    tell(migration, segment, progress.counts);
    Ok(Ran { end, counts: progress.counts, refusals })
}

fn tell(migration: &Migration, (segment, segments): (u16, u16), counts: Counts) {
    let Counts { seen, changed, refused } = counts;
    tracing::info!(migration = migration.name, segment, segments, seen, changed, refused, "migrating");
}

impl Kept<'_> {
    async fn claim(self, segment: u16) -> Result<SegmentProgress, Unavailable> {
        match self {
            Self::By(Holder { name, id, run }) => run.stores.records.claim(name, id, segment).await,
            Self::Nowhere => Ok(SegmentProgress::default()),
        }
    }

    async fn save(self, segment: u16, progress: &SegmentProgress) -> Result<bool, Unavailable> {
        match self {
            Self::By(Holder { name, id, run }) => run.stores.records.save(name, id, segment, progress).await,
            Self::Nowhere => Ok(true),
        }
    }

    const fn effect(self) -> Effect {
        match self {
            Self::By(_) => Effect::Write,
            Self::Nowhere => Effect::Count,
        }
    }
}
