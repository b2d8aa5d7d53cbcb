//! What model calls cost whom: counted with the write that brings their answer, by person, model and day.
//!
//! A call that took tokens and whose answer no write brings is counted by nobody: its step died, and what it used went
//! with it.

mod day;

pub use day::Day;
use serde::Serialize;

use crate::{
    catalogue::{Limits, Period},
    id::{ChatId, ModelId},
    message::Usage,
    port::Person,
};

/// Over how many items the counts of one person, model and day are spread, so that chats of one owner that commit at
/// once seldom meet at one.
pub const SHARDS: u8 = 4;

/// A model call as it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Which model was asked.
    pub model_id: ModelId,
    /// What of it; no cost is one that nobody knows.
    pub usage: Usage,
}

/// A sum over model calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Calls that were answered.
    pub calls: u64,
    /// Those of them whose cost nobody knows: their model has no price, or they were stopped before their provider
    /// said what they used.
    pub unpriced_calls: u64,
    /// Read, without what came from or went into a cache.
    pub input_tokens: u64,
    /// Written, reasoning included.
    pub output_tokens: u64,
    /// Read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Written to the provider's prompt cache.
    pub cache_write_tokens: u64,
    /// Written while reasoning; part of `output_tokens`.
    pub reasoning_tokens: u64,
    /// In millionths of a dollar, of the calls that have a price.
    pub cost_micros: u64,
}

impl Tally {
    /// Adds another sum.
    pub const fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.unpriced_calls += other.unpriced_calls;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.reasoning_tokens += other.reasoning_tokens;
        self.cost_micros += other.cost_micros;
    }
}

/// One call.
impl From<Usage> for Tally {
    fn from(usage: Usage) -> Self {
        Self {
            calls: 1,
            unpriced_calls: u64::from(usage.cost_micros.is_none()),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            cost_micros: usage.cost_micros.unwrap_or_default(),
        }
    }
}

/// What one write adds to the counts of a person, a model and a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Whose chat it was.
    pub person: Person,
    /// The UTC day of the write.
    pub day: Day,
    /// Which model was asked.
    pub model_id: ModelId,
    /// Which of the items that the counts are spread over; below [`SHARDS`].
    pub shard: u8,
    /// What is added.
    pub tally: Tally,
    /// While the organisation has a ceiling: since when spending counts towards it.
    pub ceiling_since: Option<Day>,
}

/// What a person used of a model on a day, or a part of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// Whose chats.
    pub user_id: crate::id::UserId,
    /// Which model.
    pub model_id: ModelId,
    /// When, in UTC.
    pub day: Day,
    /// How much.
    pub tally: Tally,
}

/// Returns which of the items that counts are spread over a chat adds to.
#[must_use]
pub const fn shard(chat_id: ChatId) -> u8 {
    chat_id.0.as_bytes()[15] % SHARDS
}

impl Period {
    /// Returns the first day of the period that `today` is in.
    #[must_use]
    pub fn since(self, today: Day) -> Day {
        match self {
            Self::Day => today,
            Self::Week => today.monday(),
            Self::Month => today.first_of_month(),
        }
    }

    /// Returns the first day of the next one.
    #[must_use]
    pub fn next(self, today: Day) -> Day {
        match self {
            Self::Day => today.plus_days(1),
            Self::Week => today.monday().plus_days(7),
            // The longest month has 31 days.
            Self::Month => today.first_of_month().plus_days(31).first_of_month(),
        }
    }

    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl Limits {
    /// Returns the period whose spending counts towards the organisation's ceiling, while there is one.
    #[must_use]
    pub fn org_period(&self) -> Option<Period> {
        self.org_micros.map(|_| self.period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_begins_and_ends_in_utc() {
        let check = |period: Period, today: &str, expect: (&str, &str)| {
            let today = day(today);
            assert_eq!((period.since(today), period.next(today)), (day(expect.0), day(expect.1)));
        };
        check(Period::Day, "2026-12-31", ("2026-12-31", "2027-01-01"));
        // A Sunday, in a week that began in another month.
        check(Period::Week, "2026-11-01", ("2026-10-26", "2026-11-02"));
        check(Period::Week, "2026-11-02", ("2026-11-02", "2026-11-09"));
        check(Period::Month, "2028-02-29", ("2028-02-01", "2028-03-01"));
        check(Period::Month, "2026-12-01", ("2026-12-01", "2027-01-01"));
    }

    #[test]
    fn a_call_without_a_price_is_not_free() {
        let usage = Usage { input_tokens: 7, ..Usage::default() };
        let mut tally = Tally::from(usage);
        tally.add(&Tally::from(Usage { cost_micros: Some(0), ..usage }));
        let expected = Tally { calls: 2, unpriced_calls: 1, input_tokens: 14, ..Tally::default() };
        assert_eq!(tally, expected);
    }
}
