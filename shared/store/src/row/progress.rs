//! How far the running turn is, as an attribute of a few bytes: the row is at the edge of a write unit.
//!
//! Text, its pieces parted by spaces: when the turn began (milliseconds), what it has cost (micro-dollars), and,
//! while a step works, since when (milliseconds after the turn's beginning) and a letter for what it does. What
//! follows is ignored: newer code may say more. It is told to people and decides nothing, so what cannot be read is
//! none: a chat is not lost over it.

use aws_sdk_dynamodb::types::AttributeValue;
use chat::{
    record::{Activity, Progress, Working},
    time::Timestamp,
};

use crate::codec::{Item, text};

/// How far the running turn is.
pub(crate) const PROGRESS: &str = "pg";

/// Returns the attribute's value.
pub(crate) fn write(progress: Progress) -> AttributeValue {
    let Progress { began_at, cost_micros, step } = progress;
    let turn = format!("{} {cost_micros}", began_at.0);
    text(match step {
        Some(Working { since, activity }) => {
            format!("{turn} {} {}", since.since_ms(began_at), letter(activity))
        }
        None => turn,
    })
}

/// Reads the attribute; none where there is none, as on a row of older code, or one of newer code.
pub(crate) fn read(item: &Item) -> Option<Progress> {
    let value = item.get(PROGRESS)?;
    let parsed = value.as_s().ok().and_then(|text| parse(text));
    if parsed.is_none() {
        tracing::warn!(chat_id = ?item.get("chat"), ?value, "progress is unreadable; the row is read without");
    }
    parsed
}

fn parse(text: &str) -> Option<Progress> {
    let mut pieces = text.split(' ');
    let began_at = Timestamp(pieces.next()?.parse().ok()?);
    let cost_micros = pieces.next()?.parse().ok()?;
    let step = match (pieces.next(), pieces.next()) {
        (Some(since), Some(letter)) => {
            Some(Working { since: began_at.plus_ms(since.parse().ok()?), activity: activity(letter)? })
        }
        (Some(_) | None, _) => None,
    };
    Some(Progress { began_at, cost_micros, step })
}

const fn letter(activity: Activity) -> &'static str {
    match activity {
        Activity::Prompting => "p",
        Activity::Answering => "a",
    }
}

fn activity(letter: &str) -> Option<Activity> {
    [Activity::Prompting, Activity::Answering].into_iter().find(|activity| self::letter(*activity) == letter)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn reads(value: &str) -> Option<Progress> {
        read(&HashMap::from([(PROGRESS.to_owned(), text(value))]))
    }

    #[test]
    fn a_step_at_work_is_a_few_bytes() {
        let began_at = Timestamp(1_767_225_600_123);
        let step = Working { since: began_at.plus_ms(10_412), activity: Activity::Answering };
        let progress = Progress { began_at, cost_micros: 85, step: Some(step) };
        assert_eq!(write(progress), text("1767225600123 85 10412 a"));
        assert_eq!(reads("1767225600123 85 10412 a"), Some(progress));
        assert_eq!(reads("1767225600123 85"), Some(Progress { step: None, ..progress }));
    }

    #[test]
    fn newer_code_may_say_more_and_what_cannot_be_read_is_none() {
        assert!(reads("1767225600123 85 10412 p and more").is_some());
        for nonsense in ["", "soon 1", "1767225600123", "1767225600123 85 10412 ?"] {
            assert_eq!(reads(nonsense), None, "{nonsense}");
        }
        assert_eq!(read(&HashMap::from([(PROGRESS.to_owned(), crate::codec::number(1))])), None);
    }
}
