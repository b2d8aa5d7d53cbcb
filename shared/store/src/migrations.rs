//! What was migrated, in the `directory` table: one partition per migration, with one item that says how it
//! stands and who works on it, and one per segment with its cursor.
//!
//! A run takes the migration's lease, then puts its name on every segment that it works on. It saves a segment
//! only while its name is there: one that was overtaken finds out with its next save.

mod item;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::update_item::{UpdateItemError, UpdateItemOutput},
    types::ReturnValue,
};
use aws_types::SdkConfig;
use chat::{port::Unavailable, time::Timestamp};
use uuid::Uuid;

use crate::{
    codec::{VERSION, bytes, newest, number},
    stored::Key,
    table::{Table, failed},
    update::Updating,
};
use item::{FINISHED_AT, RUN, SEGMENTS, STARTED_AT, UNTIL};

/// The records of migrations, on `DynamoDB`.
#[derive(Clone)]
pub struct Migrations {
    table: Table,
}

/// How many items a migration has come by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Items that it looked at.
    pub seen: u64,
    /// Items that it changed, or would change.
    pub changed: u64,
    /// Items that it could not make sense of and left as they are.
    pub refused: u64,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            seen: self.seen + other.seen,
            changed: self.changed + other.changed,
            refused: self.refused + other.refused,
        }
    }
}

/// How far a segment is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentProgress {
    /// The last item that is done; none at the start.
    pub after: Option<Key>,
    /// Whether all of it is done.
    pub done: bool,
    /// What was come by.
    pub counts: Counts,
}

/// A migration that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When its first run began.
    pub started_at: Timestamp,
    /// When its last run ended.
    pub finished_at: Timestamp,
    /// The sum over its segments.
    pub counts: Counts,
}

/// What became of the wish to run a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The run has the lease.
    Ours {
        /// Into how many segments the migration's first run cut the table.
        segments: u16,
    },
    /// Another run has it.
    Held,
    /// There is nothing left to do.
    Applied(Record),
}

impl Migrations {
    /// Makes the adapter of a table. The client's configuration bounds how long each call takes.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(&client, table.into()) }
    }

    /// Makes the adapter of a table with a client of its own.
    #[must_use]
    pub fn connect(config: &SdkConfig, table: &str) -> Self {
        Self::new(Client::new(config), table)
    }

    /// Takes a migration's lease until `until`, if it is not applied and nobody has it at `now`.
    ///
    /// # Errors
    /// The table; it may have been taken.
    pub async fn take(
        &self,
        name: &str,
        run: Uuid,
        segments: u16,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<Taken, Unavailable> {
        let mut taking = Updating::default();
        taking.set(VERSION, newest());
        taking.set(RUN, bytes(run.into_bytes()));
        taking.set(UNTIL, number(until.0));
        taking.set_once(SEGMENTS, number(segments.into()));
        taking.set_once(STARTED_AT, number(now.0));
        taking.absent(FINISHED_AT);
        taking.free(UNTIL, number(now.0), RUN);
        match self.written(&taking, item::state(name)).await? {
            Some(state) => Ok(Taken::Ours { segments: item::segments(&state)? }),
            None => Ok(self.applied(name).await?.map_or(Taken::Held, Taken::Applied)),
        }
    }

    /// Extends the lease. False: the run has it no more.
    ///
    /// # Errors
    /// The table.
    pub async fn renew(&self, name: &str, run: Uuid, until: Timestamp) -> Result<bool, Unavailable> {
        let mut renewal = Updating::default();
        renewal.set(UNTIL, number(until.0));
        renewal.equal(RUN, bytes(run.into_bytes()));
        Ok(self.written(&renewal, item::state(name)).await?.is_some())
    }

    /// Gives the lease back; does nothing when the run has it no more.
    ///
    /// # Errors
    /// The table.
    pub async fn release(&self, name: &str, run: Uuid) -> Result<(), Unavailable> {
        let mut release = Updating::default();
        release.remove(RUN);
        release.remove(UNTIL);
        release.equal(RUN, bytes(run.into_bytes()));
        self.written(&release, item::state(name)).await.map(drop)
    }

    /// Puts a run's name on a segment, and returns how far that is.
    ///
    /// # Errors
    /// The table.
    pub async fn claim(&self, name: &str, run: Uuid, segment: u16) -> Result<SegmentProgress, Unavailable> {
        let mut claim = Updating::default();
        claim.set(VERSION, newest());
        claim.set(RUN, bytes(run.into_bytes()));
        let claimed = self.written(&claim, item::segment(name, segment)).await?;
        item::progress(&claimed.unwrap_or_default())
    }

    /// Saves how far a segment is. False: another run has claimed it, and nothing was saved.
    ///
    /// # Errors
    /// The table.
    pub async fn save(
        &self,
        name: &str,
        run: Uuid,
        segment: u16,
        progress: &SegmentProgress,
    ) -> Result<bool, Unavailable> {
        let mut save = Updating::default();
        item::set_progress(&mut save, progress);
        save.equal(RUN, bytes(run.into_bytes()));
        Ok(self.written(&save, item::segment(name, segment)).await?.is_some())
    }

    /// Records that a migration is applied, and gives its lease back. False: the run has it no more.
    ///
    /// # Errors
    /// The table; it may have been recorded.
    pub async fn finish(
        &self,
        name: &str,
        run: Uuid,
        counts: Counts,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let mut end = Updating::default();
        end.set(FINISHED_AT, number(now.0));
        item::set_counts(&mut end, counts);
        end.remove(RUN);
        end.remove(UNTIL);
        end.equal(RUN, bytes(run.into_bytes()));
        Ok(self.written(&end, item::state(name)).await?.is_some())
    }

    /// Returns the record of a migration, if it is applied.
    ///
    /// # Errors
    /// The table.
    pub async fn applied(&self, name: &str) -> Result<Option<Record>, Unavailable> {
        let found = self.table.get(item::state(name)).send().await.map_err(failed)?;
        found.item.as_ref().map_or(Ok(None), item::record)
    }

    /// Returns what an update leaves; none if its condition did not hold.
    async fn written(
        &self,
        update: &Updating,
        key: crate::codec::Item,
    ) -> Result<Option<crate::codec::Item>, Unavailable> {
        let sent = self.table.update(key, update).return_values(ReturnValue::AllNew).send().await;
        unless_refused(sent)
    }
}

fn unless_refused(
    sent: Result<UpdateItemOutput, SdkError<UpdateItemError>>,
) -> Result<Option<crate::codec::Item>, Unavailable> {
    match sent {
        Ok(written) => Ok(Some(written.attributes.unwrap_or_default())),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
            Some(_) | None => Err(failed(error)),
        },
    }
}
