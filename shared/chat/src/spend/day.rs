//! Days, in UTC; `2026-11-21` on the wire and in names of items.

use std::{fmt, str::FromStr};

use jiff::{ToSpan as _, civil::Date, tz::Offset};
use serde::{Serialize, Serializer};

use crate::time::Timestamp;

/// A day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Returns the day that an instant is in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
        Self(Offset::UTC.to_datetime(at).date())
    }

    /// Returns its midnight.
    #[must_use]
    pub fn begins_at(self) -> Timestamp {
        let at = Offset::UTC.to_timestamp(self.0.to_datetime(jiff::civil::Time::midnight()));
        Timestamp(at.ok().and_then(|at| u64::try_from(at.as_millisecond()).ok()).unwrap_or_default())
    }

    /// Returns the day so many days later; the last that there is, if there is none.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days).days()))
    }

    /// Returns how many days it is after `earlier`, 0 if it is not.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> u64 {
        self.begins_at().since_ms(earlier.begins_at()) / 86_400_000
    }

    /// Returns the first day of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        Self(self.0.first_of_month())
    }

    /// Returns the last day of its month.
    #[must_use]
    pub fn last_of_month(self) -> Self {
        Self(self.0.last_of_month())
    }

    /// Returns the first day of its week.
    #[must_use]
    pub fn monday(self) -> Self {
        let days = i64::from(self.0.weekday().to_monday_zero_offset());
        Self(self.0.saturating_sub(days.days()))
    }

    /// Returns its year and month: `2026-11`.
    #[must_use]
    pub fn month(self) -> String {
        format!("{:04}-{:02}", self.0.year(), self.0.month())
    }

    /// Returns the first day of each month from this day's to `last`'s.
    pub fn months_through(self, last: Self) -> impl Iterator<Item = Self> {
        let first = self.first_of_month();
        std::iter::successors(Some(first), |month| Some(month.plus_days(31).first_of_month()))
            .take_while(move |month| *month <= last)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = jiff::Error;

    /// Reads nothing but `2026-11-21`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Date::strptime("%Y-%m-%d", text).map(Self)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_from_midnight_to_midnight() {
        let at = |text: &str| Day::of(text.parse().unwrap()).to_string();
        assert_eq!(at("2026-11-21T00:00:00Z"), "2026-11-21");
        assert_eq!(at("2026-11-21T23:59:59.999Z"), "2026-11-21");
        assert_eq!(day("2026-11-21").begins_at().to_string(), "2026-11-21T00:00:00.000Z");
        assert_eq!(day("2027-01-02").days_since(day("2026-12-30")), 3);
        assert_eq!(day("2026-12-30").days_since(day("2027-01-02")), 0);
    }

    #[test]
    fn only_a_date_is_one() {
        for text in ["2026-02-30", "2026-11", "2026-11-21T00:00:00Z", "", "21.11.2026"] {
            text.parse::<Day>().unwrap_err();
        }
    }

    #[test]
    fn months_follow_each_other() {
        let months: Vec<_> = day("2026-11-30").months_through(day("2027-02-01")).map(Day::month).collect();
        assert_eq!(months, ["2026-11", "2026-12", "2027-01", "2027-02"]);
        assert_eq!(day("2026-11-30").months_through(day("2026-11-01")).count(), 1);
    }
}
