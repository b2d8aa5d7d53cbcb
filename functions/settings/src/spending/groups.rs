//! What usage is summed up by.

use std::collections::BTreeMap;

use chat::{
    id::{ModelId, UserId},
    spend::{Day, Spending, Tally},
};
use edge::{Rejection, Request};
use serde::Serialize;

/// What usage is summed up by; each or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grouping {
    user: bool,
    model: bool,
    day: bool,
}

/// What the calls of one sum have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Group {
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_id: Option<ModelId>,
}

/// Sums, by day, then person, then model.
pub(super) type Sums = BTreeMap<Group, Tally>;

impl Grouping {
    /// Reads `group_by`, given several times or with commas; all, where it is not given.
    pub(super) fn read(request: &Request) -> Result<Self, Rejection> {
        let mut names = request.query.all("group_by").flat_map(|value| value.split(',')).peekable();
        if names.peek().is_none() {
            return Ok(Self { user: true, model: true, day: true });
        }
        let mut grouping = Self::default();
        for name in names {
            match name {
                "user" => grouping.user = true,
                "model" => grouping.model = true,
                "day" => grouping.day = true,
                _ => {
                    return Err(Rejection::field(
                        "group_by",
                        "must be user, model or day, or several of them",
                    ));
                }
            }
        }
        Ok(grouping)
    }

    pub(super) fn group(self, found: &Spending) -> Group {
        Group {
            day: self.day.then_some(found.day),
            user_id: self.user.then_some(found.user_id),
            model_id: self.model.then_some(found.model_id),
        }
    }
}

impl Group {
    /// Returns its place in a list.
    pub(super) fn place(&self) -> String {
        fn text(part: Option<impl ToString>) -> String {
            part.map(|part| part.to_string()).unwrap_or_default()
        }
        format!("{} {} {}", text(self.day), text(self.user_id), text(self.model_id))
    }

    /// Returns the group of a place.
    pub(super) fn at(place: &str) -> Option<Self> {
        fn part<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
            if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
        }
        let (day, ids) = place.split_once(' ')?;
        let (user_id, model_id) = ids.split_once(' ')?;
        Some(Self { day: part(day)?, user_id: part(user_id)?, model_id: part(model_id)? })
    }
}
