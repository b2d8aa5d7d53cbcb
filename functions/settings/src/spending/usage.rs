//! `GET /v1/usage`

use std::ops::Bound;

use chat::{
    id::UserId,
    port::{Clock, ListSpend, Person, SpendQuery},
    spend::{Day, Tally},
};
use edge::{Rejection, Reply, Request, page};
use serde::Serialize;

use super::groups::{Group, Grouping, Sums};
use crate::{App, SettingPorts};

/// Most days of one answer.
const DAYS: u64 = 366;
/// Most reads of one answer, of 1 MB each.
const READS: usize = 40;

/// Which calls are asked for.
struct Asked {
    org: Person,
    user_id: Option<UserId>,
    first: Day,
    last: Day,
    grouping: Grouping,
}

#[derive(Serialize)]
struct View {
    usage: Vec<Sum>,
    total: Tally,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Sum {
    #[serde(flatten)]
    group: Group,
    #[serde(flatten)]
    tally: Tally,
}

pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let asked = Asked::read(request, person, Day::of(app.clock.now()))?;
    let (limit, list) = (page::limit(request)?, asked.list());
    let after = match page::cursor(request, &list)? {
        Some(place) => Bound::Excluded(Group::at(&place).ok_or_else(not_a_place)?),
        None => Bound::Unbounded,
    };
    let sums = asked.sums(&app.ports).await?;
    let mut total = Tally::default();
    sums.values().for_each(|tally| total.add(tally));
    let mut rest =
        sums.range((after, Bound::Unbounded)).map(|(group, tally)| Sum { group: *group, tally: *tally });
    let usage: Vec<Sum> = rest.by_ref().take(limit).collect();
    let last = usage.last().filter(|_| rest.next().is_some());
    let next_cursor = last.map(|sum| page::encode(&sum.group.place(), &list));
    Ok(Reply::json(200, &View { usage, total, next_cursor }))
}

impl Asked {
    fn read(request: &Request, person: Person, today: Day) -> Result<Self, Rejection> {
        let day = |name| request.query.parsed::<Day>(name, "a date, such as 2026-11-21");
        let last = day("to")?.unwrap_or(today);
        let first = day("from")?.unwrap_or_else(|| last.first_of_month());
        if first > last {
            return Err(Rejection::field("from", "must not be after `to`"));
        }
        if last.days_since(first) >= DAYS {
            return Err(Rejection::field(
                "from",
                format!("must be at most {DAYS} days before the end of `to`"),
            ));
        }
        let wanted = request.query.parsed("user_id", "the id of a person")?;
        let user_id = match (request.admin(), wanted) {
            (Ok(_), wanted) => wanted,
            (Err(_), Some(other)) if other != person.user_id => {
                return Err(Rejection::Forbidden("administrators"));
            }
            (Err(_), Some(_) | None) => Some(person.user_id),
        };
        Ok(Self { org: person, user_id, first, last, grouping: Grouping::read(request)? })
    }

    /// Names the list, so that a cursor of another is told from one of this.
    fn list(&self) -> String {
        let Self { org, user_id, first, last, grouping } = self;
        format!("usage of {} {user_id:?} {first} {last} {grouping:?}", org.org_id)
    }

    async fn sums(&self, ports: &impl ListSpend) -> Result<Sums, Rejection> {
        let mut sums = Sums::new();
        let mut reads = 0;
        for month in self.first.months_through(self.last) {
            let first = self.first.max(month);
            // The query names days of one month.
            let last = self.last.min(month.last_of_month());
            let query = SpendQuery { org_id: self.org.org_id, user_id: self.user_id, first, last };
            let mut from = None;
            loop {
                reads += 1;
                if reads > READS {
                    return Err(Rejection::field(
                        "from",
                        "there is too much; ask for fewer days, or for one person",
                    ));
                }
                let page = ports.spendings(query, from).await?;
                for found in page.found {
                    sums.entry(self.grouping.group(&found)).or_default().add(&found.tally);
                }
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(sums)
    }
}

fn not_a_place() -> Rejection {
    Rejection::field("cursor", "is not one that an earlier page gave")
}
