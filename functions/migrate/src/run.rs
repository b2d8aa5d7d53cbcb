//! One run: the migrations in their order, until all are applied or the time is over.

use std::time::Duration;

use chat::{port::Unavailable, time::Timestamp};
use migrations::Migration;
use tokio::time::Instant;

use crate::{
    Stores,
    answer::Answer,
    apply::{apply, count},
    event::Event,
    pace::Pace,
};

/// What all migrations of a run have in common.
pub(crate) struct Run<'a> {
    pub(crate) stores: &'a Stores,
    pub(crate) segments: u16,
    pub(crate) page_items: u16,
    pub(crate) pace: Pace,
    /// When to stop.
    pub(crate) until: Instant,
}

/// Applies `migrations`, or counts what they would change. A migration begins when the one before it is applied.
///
/// # Errors
/// A table. What was done stays done and recorded.
pub async fn run(
    stores: &Stores,
    migrations: &[Migration],
    event: &Event,
    until: Timestamp,
) -> Result<Answer, Unavailable> {
    let left = Duration::from_millis(until.since_ms(stores.clock.now()));
    let run = Run {
        stores,
        segments: event.segments,
        page_items: event.page_items,
        pace: Pace::new(event.units_per_second),
        until: Instant::now() + left,
    };
    let wanted =
        migrations.iter().filter(|migration| event.only.as_ref().is_none_or(|only| migration.name == only));
    let mut answer = Answer { done: true, dry_run: event.dry_run, migrations: Vec::new() };
    for migration in wanted {
        let outcome =
            if event.dry_run { count(&run, migration).await? } else { apply(&run, migration).await? };
        answer.done = outcome.state.is_done();
        answer.migrations.push(outcome);
        if !answer.done {
            break;
        }
    }
    Ok(answer)
}
