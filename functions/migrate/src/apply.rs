//! One migration: its lease, its segments beside each other, its record.

use std::time::Duration;

use chat::{
    limit::{HEARTBEAT_MS, LEASE_MS},
    port::Unavailable,
};
use futures::future::join_all;
use migrations::Migration;
use store::{Counts, Taken};
use tokio::time::sleep;

use crate::{
    answer::{Outcome, Refusal, State},
    run::Run,
    segment::{self, End, Kept, Ran},
};

/// A migration and the run that has its lease.
#[derive(Clone, Copy)]
pub(crate) struct Holder<'a> {
    pub(crate) name: &'static str,
    pub(crate) id: uuid::Uuid,
    pub(crate) run: &'a Run<'a>,
}

/// Applies a migration, as far as the time lasts.
pub(crate) async fn apply(run: &Run<'_>, migration: &Migration) -> Result<Outcome, Unavailable> {
    let (name, clock) = (migration.name, &run.stores.clock);
    let holder = Holder { name, id: clock.new_id(), run };
    let now = clock.now();
    let lease = (now, now.plus_ms(LEASE_MS));
    match run.stores.records.take(name, holder.id, run.segments, lease).await? {
        Taken::Applied(record) => Ok(Outcome::new(name, State::Applied, record.counts, Vec::new())),
        Taken::Held => Ok(Outcome::new(name, State::Held, Counts::default(), Vec::new())),
        Taken::Ours { segments } => {
            tracing::info!(migration = name, segments, "migration begins or goes on");
            let worked = tokio::select! {
                worked = work(run, migration, segments, Kept::By(holder)) => worked,
                () = lose(holder) => Ok(Work::overtaken()),
            };
            conclude(holder, worked).await
        }
    }
}

/// Counts what a migration would change, if it is not applied.
pub(crate) async fn count(run: &Run<'_>, migration: &Migration) -> Result<Outcome, Unavailable> {
    if let Some(record) = run.stores.records.applied(migration.name).await? {
        return Ok(Outcome::new(migration.name, State::Applied, record.counts, Vec::new()));
    }
    let Work { end, counts, refusals } = work(run, migration, run.segments, Kept::Nowhere).await?;
    let state = match end {
        End::Done => State::Counted,
        End::OutOfTime | End::Overtaken => State::Unfinished,
    };
    Ok(Outcome::new(migration.name, state, counts, refusals))
}

/// What became of all segments.
struct Work {
    end: End,
    counts: Counts,
    refusals: Vec<Refusal>,
}

impl Work {
    fn overtaken() -> Self {
        Self { end: End::Overtaken, counts: Counts::default(), refusals: Vec::new() }
    }
}

async fn work(
    run: &Run<'_>,
    migration: &Migration,
    segments: u16,
    kept: Kept<'_>,
) -> Result<Work, Unavailable> {
    let each = (0..segments).map(|segment| segment::work(run, migration, (segment, segments), kept));
    // All of them end before one's failure is told, so that each has saved what it did.
    let ran = join_all(each).await.into_iter().collect::<Result<Vec<Ran>, _>>()?;
    let mut all = Work { end: End::Done, counts: Counts::default(), refusals: Vec::new() };
    for Ran { end, counts, refusals } in ran {
        all.end = all.end.max(end);
        all.counts = all.counts + counts;
        all.refusals.extend(refusals);
    }
    Ok(all)
}

/// Ends when the lease is lost.
async fn lose(holder: Holder<'_>) {
    let Holder { name, id, run } = holder;
    loop {
        sleep(Duration::from_millis(HEARTBEAT_MS)).await;
        let until = run.stores.clock.now().plus_ms(LEASE_MS);
        match run.stores.records.renew(name, id, until).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(migration = name, %error, "lease not renewed"),
        }
    }
}

async fn conclude(holder: Holder<'_>, worked: Result<Work, Unavailable>) -> Result<Outcome, Unavailable> {
    let Holder { name, id, run } = holder;
    let records = &run.stores.records;
    let Work { end, counts, refusals } = match worked {
        Ok(work) => work,
        Err(error) => {
            // The lease runs out by itself; why the work failed is what matters.
            if let Err(error) = records.release(name, id).await {
                tracing::warn!(migration = name, %error, "lease not given back");
            }
            return Err(error);
        }
    };
    let state = match end {
        End::Done if records.finish(name, id, counts, run.stores.clock.now()).await? => State::Applied,
        End::Done | End::Overtaken => State::Held,
        End::OutOfTime => {
            records.release(name, id).await?;
            State::Unfinished
        }
    };
    let Counts { seen, changed, refused } = counts;
    tracing::info!(migration = name, ?state, seen, changed, refused, "migration ends or pauses");
    Ok(Outcome::new(name, state, counts, refusals))
}
