//! What was spent.

use super::{Person, Unavailable};
use crate::{
    id::{OrgId, UserId},
    spend::{Day, Spending, Spent},
};

/// Says what was spent of a ceiling, strongly consistent, in millionths of a dollar.
pub trait ReadSpend: Send + Sync {
    /// Returns what a person's calls cost in these days, both included.
    fn user_micros(
        &self,
        person: Person,
        first: Day,
        last: Day,
    ) -> impl Future<Output = Result<u64, Unavailable>> + Send;
    /// Returns what was counted towards an organisation's ceiling since the period began: a few small items.
    fn org_micros(&self, org_id: OrgId, since: Day) -> impl Future<Output = Result<u64, Unavailable>> + Send;
}

/// Counts what no commit brings.
pub trait CountSpend: Send + Sync {
    /// Adds to what a person spent, and to the ceiling's count while there is one. Said again it is counted again.
    fn count(&self, spent: &Spent) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Which counts are wanted: of one organisation and one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendQuery {
    /// Whose.
    pub org_id: OrgId,
    /// Whose alone, if not everybody's.
    pub user_id: Option<UserId>,
    /// The first day wanted.
    pub first: Day,
    /// The last day wanted, in the same month.
    pub last: Day,
}

/// Counts, as many as one read gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpendPage {
    /// In no order, several for one person, model and day.
    pub found: Vec<Spending>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Lists what was spent.
pub trait ListSpend: Send + Sync {
    /// Returns a page of counts, from where an earlier page said.
    fn spendings(
        &self,
        query: SpendQuery,
        from: Option<String>,
    ) -> impl Future<Output = Result<SpendPage, Unavailable>> + Send;
}

/// Makes ceilings of organisations right.
pub trait SeedCeilings: ReadSpend {
    /// Has the count towards an organisation's ceiling begin with what was spent since the period began and was not
    /// counted towards it. Doing it again changes nothing that was right.
    fn seed_ceiling(
        &self,
        org_id: OrgId,
        since: Day,
        last: Day,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
