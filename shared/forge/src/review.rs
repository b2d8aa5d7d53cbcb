//! What reviewers make of a pull request: of each, the last word counts.

use std::collections::BTreeMap;

use crate::wire::Review;

/// What all of them together say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) approved: bool,
    pub(crate) changes_requested: bool,
    pub(crate) reviewers: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Good,
    Bad,
}

/// Returns what reviews come to, the oldest first. A remark takes nothing back; a dismissal does.
pub(crate) fn verdict(reviews: &[Review]) -> Verdict {
    let mut last: BTreeMap<&str, Word> = BTreeMap::new();
    for review in reviews {
        let who = review.user.as_ref().map_or("", |user| user.login.as_str());
        match review.state.as_str() {
            "APPROVED" => drop(last.insert(who, Word::Good)),
            "CHANGES_REQUESTED" => drop(last.insert(who, Word::Bad)),
            "DISMISSED" => drop(last.remove(who)),
            _ => {}
        }
    }
    let changes_requested = last.values().any(|word| *word == Word::Bad);
    Verdict {
        approved: !last.is_empty() && !changes_requested,
        changes_requested,
        reviewers: last.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reviews: &[(&str, &str)], (approved, changes_requested, reviewers): (bool, bool, u64)) {
        let reviews: Vec<Review> = reviews
            .iter()
            .map(|(who, state)| {
                serde_json::from_value(serde_json::json!({"user": {"login": who}, "state": state})).unwrap()
            })
            .collect();
        assert_eq!(verdict(&reviews), Verdict { approved, changes_requested, reviewers });
    }

    #[test]
    fn the_last_word_of_each_reviewer_counts() {
        check(&[], (false, false, 0));
        check(&[("a", "COMMENTED")], (false, false, 0));
        check(&[("a", "CHANGES_REQUESTED"), ("a", "COMMENTED")], (false, true, 1));
        check(&[("a", "CHANGES_REQUESTED"), ("a", "APPROVED")], (true, false, 1));
        check(&[("a", "APPROVED"), ("b", "CHANGES_REQUESTED")], (false, true, 2));
        check(&[("a", "APPROVED"), ("a", "DISMISSED")], (false, false, 0));
    }
}
