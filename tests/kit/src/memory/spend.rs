//! What was spent.

use chat::{
    id::OrgId,
    port::{CountSpend, ListSpend, Person, ReadSpend, SeedCeilings, SpendPage, SpendQuery, Unavailable},
    spend::{Day, Spending, Spent},
};

use super::{Memory, tables::Tables};

/// Counts of a page: few, so that tests turn pages.
const PAGE: usize = 3;

impl ReadSpend for Memory {
    async fn user_micros(&self, person: Person, first: Day, last: Day) -> Result<u64, Unavailable> {
        self.call("user_micros", |tables, _| {
            let mine = tables.spent.iter().filter(|((org_id, user_id, day, ..), _)| {
                (*org_id, *user_id) == (person.org_id, person.user_id) && (first..=last).contains(day)
            });
            mine.map(|(_, tally)| tally.cost_micros).sum()
        })
        .await
    }

    async fn org_micros(&self, org_id: OrgId, since: Day) -> Result<u64, Unavailable> {
        self.call("org_micros", |tables, _| counted(tables, org_id, since)).await
    }
}

impl CountSpend for Memory {
    async fn count(&self, spent: &Spent) -> Result<(), Unavailable> {
        self.call("count", |tables, _| add(tables, spent)).await
    }
}

impl ListSpend for Memory {
    async fn spendings(&self, query: SpendQuery, from: Option<String>) -> Result<SpendPage, Unavailable> {
        self.call("spendings", |tables, _| {
            let wanted = |spending: &Spending| {
                (query.first..=query.last).contains(&spending.day)
                    && query.user_id.is_none_or(|user_id| user_id == spending.user_id)
            };
            let all = spendings(tables, query.org_id).filter(wanted);
            let skipped = from.and_then(|from| from.parse().ok()).unwrap_or(0);
            let mut found: Vec<Spending> = all.skip(skipped).take(PAGE + 1).collect();
            let next = (found.len() > PAGE).then(|| (skipped + PAGE).to_string());
            found.truncate(PAGE);
            SpendPage { found, next }
        })
        .await
    }
}

impl SeedCeilings for Memory {
    async fn seed_ceiling(&self, org_id: OrgId, since: Day, last: Day) -> Result<(), Unavailable> {
        self.call("seed_ceiling", |tables, _| {
            tables.ceilings.insert((org_id, since, None), 0);
            let in_period = spendings(tables, org_id).filter(|found| (since..=last).contains(&found.day));
            let spent: u64 = in_period.map(|found| found.tally.cost_micros).sum();
            let seed = spent.saturating_sub(counted(tables, org_id, since));
            tables.ceilings.insert((org_id, since, None), seed);
        })
        .await
    }
}

/// Counts what a write brings.
pub(super) fn add(tables: &mut Tables, spent: &Spent) {
    let Spent { person, day, model_id, shard, tally, ceiling_since } = spent;
    tables.spent.entry((person.org_id, person.user_id, *day, *model_id, *shard)).or_default().add(tally);
    if let Some(since) = ceiling_since {
        *tables.ceilings.entry((person.org_id, *since, Some(*shard))).or_default() += tally.cost_micros;
    }
}

fn counted(tables: &Tables, org: OrgId, since: Day) -> u64 {
    tables
        .ceilings
        .iter()
        .filter(|((of, from, _), _)| (*of, *from) == (org, since))
        .map(|(_, cost)| cost)
        .sum()
}

fn spendings(tables: &Tables, org: OrgId) -> impl Iterator<Item = Spending> {
    tables.spent.iter().filter(move |((org_id, ..), _)| *org_id == org).map(
        |((_, user_id, day, model_id, _), tally)| Spending {
            user_id: *user_id,
            model_id: *model_id,
            day: *day,
            tally: *tally,
        },
    )
}
