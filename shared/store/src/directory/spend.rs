//! What was spent, as commits counted it.

use chat::{
    id::OrgId,
    port::{
        CommitError, CountSpend, ListSpend, Person, ReadSpend, SeedCeilings, SpendPage, SpendQuery,
        Unavailable,
    },
    spend::{Day, Spending, Spent},
};
use futures::future::try_join_all;

use super::Directory;
use crate::{
    codec::{self, Item, number},
    key,
    spend::{self, COST},
    table::{all, failed, refused},
};

/// How often a count that met another one is written again.
const TRIES: usize = 8;
/// Pages of a month that a seed is made of, 1 MB each.
const PAGES: usize = 64;

impl ReadSpend for Directory {
    async fn user_micros(&self, person: Person, first: Day, last: Day) -> Result<u64, Unavailable> {
        let months = first.months_through(last).map(|month| {
            let (from, to) = key::spent_on(person.user_id, first, last);
            all(self.table.between("key", key::usage(person.org_id, month), from, to))
        });
        let items = try_join_all(months).await?.concat();
        items.iter().map(spend::cost).sum()
    }

    async fn org_micros(&self, org_id: OrgId, since: Day) -> Result<u64, Unavailable> {
        self.counted(org_id, since, key::COUNTS_END).await
    }
}

impl CountSpend for Directory {
    /// A transaction also for one item: the SDK gives it a token, so that its own repetitions count once.
    async fn count(&self, spent: &Spent) -> Result<(), Unavailable> {
        for _ in 0..TRIES {
            let members = spend::members(spent, &self.table.name)?;
            let sent =
                self.table.client.transact_write_items().set_transact_items(Some(members)).send().await;
            match sent.map(drop).map_err(refused) {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict) => {}
                Err(CommitError::Unavailable(unavailable)) => return Err(unavailable),
            }
        }
        Err(codec::unreadable("others were counting each time"))
    }
}

impl ListSpend for Directory {
    async fn spendings(&self, query: SpendQuery, from: Option<String>) -> Result<SpendPage, Unavailable> {
        let SpendQuery { org_id, user_id, first, last } = query;
        let (begin, end) = match user_id {
            Some(user_id) => key::spent_on(user_id, first, last),
            None => ("0".to_owned(), "~".to_owned()),
        };
        let partition = key::usage(org_id, first);
        let from = from.map(|item| codec::key("key", partition.clone(), item));
        let page = self.table.between("key", partition, begin, end).consistent_read(false);
        let page = page.set_exclusive_start_key(from).send().await.map_err(failed)?;
        let items = page.items.unwrap_or_default();
        let found: Vec<Spending> = items.iter().map(spend::spending).collect::<Result<_, _>>()?;
        let next = page.last_evaluated_key.as_ref().map(codec::name).map(str::to_owned);
        Ok(SpendPage { found: found.into_iter().filter(|f| (first..=last).contains(&f.day)).collect(), next })
    }
}

impl SeedCeilings for Directory {
    /// What was counted towards the ceiling is read before what was spent: a call between the two counts twice, none is
    /// lost.
    async fn seed_ceiling(&self, org_id: OrgId, since: Day, last: Day) -> Result<(), Unavailable> {
        let counted = self.counted(org_id, since, key::SHARDS_END).await?;
        let mut spent = 0_u64;
        for month in since.months_through(last) {
            spent += self.month_micros(org_id, (since, last), month).await?;
        }
        let mut item = codec::item("key", key::ceiling(org_id, since), key::SEED);
        item.insert(COST.to_owned(), number(spent.saturating_sub(counted)));
        self.table.put(item).send().await.map(drop).map_err(failed)
    }
}

impl Directory {
    async fn counted(&self, org_id: OrgId, since: Day, end: &str) -> Result<u64, Unavailable> {
        let counted = all(self.table.between("key", key::ceiling(org_id, since), "0", end)).await?;
        counted.iter().map(spend::cost).sum()
    }

    /// What all of an organisation spent on those days that are in the month.
    async fn month_micros(
        &self,
        org_id: OrgId,
        (first, last): (Day, Day),
        month: Day,
    ) -> Result<u64, Unavailable> {
        let query = self.table.between("key", key::usage(org_id, month), "0", "~");
        let (mut from, mut micros): (Option<Item>, u64) = (None, 0);
        for _ in 0..PAGES {
            let page = query.clone().set_exclusive_start_key(from).send().await.map_err(failed)?;
            for item in page.items.unwrap_or_default() {
                let found = spend::spending(&item)?;
                if (first..=last).contains(&found.day) {
                    micros += found.tally.cost_micros;
                }
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(micros);
            }
        }
        Err(codec::unreadable(format!("more than {PAGES} pages")))
    }
}
