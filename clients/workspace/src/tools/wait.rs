//! How long tools wait.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use crate::{limit, refusal::Refusal, tools::Call};

/// A length of time as models write it: `90s`, `1m30s`, `500ms`, or seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Length {
    Seconds(f64),
    Text(String),
}

impl Length {
    /// Reads it, none being the usual.
    pub(super) fn read(said: Option<&Self>, usual: Duration) -> Result<Duration, Refusal> {
        let seconds = match said {
            None => return Ok(usual),
            Some(Self::Seconds(seconds)) => Some(*seconds),
            Some(Self::Text(text)) => text.trim().parse().ok().or_else(|| parse(text.trim())),
        };
        let length = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        length.ok_or_else(|| Refusal("a length of time is written like 90s, 1m30s or 500ms".into()))
    }
}

/// Returns the seconds of a duration as Go writes them.
fn parse(mut text: &str) -> Option<f64> {
    let mut total = (!text.is_empty()).then_some(0.0)?;
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at(end);
        let next = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(next);
        total += number.parse::<f64>().ok()? * unit_seconds(unit)?;
        text = rest;
    }
    Some(total)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" | "μs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3_600.0),
        _ => None,
    }
}

impl Call {
    /// Returns how long a tool may wait so that its answer still arrives.
    pub(super) fn bounded(&self, wanted: Duration) -> Duration {
        wanted.min(self.deadline.saturating_duration_since(Instant::now()).saturating_sub(limit::MARGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expect: Option<u128>) {
        let said: Length = serde_json::from_str(json).unwrap();
        let read = Length::read(Some(&said), limit::WAIT).ok();
        assert_eq!(read.map(|length| length.as_millis()), expect, "{json}");
    }

    #[test]
    fn lengths_of_time_are_read_as_models_write_them() {
        check("10", Some(10_000));
        check("0", Some(0));
        check("0.5", Some(500));
        check(r#""30""#, Some(30_000));
        check(r#""10s""#, Some(10_000));
        check(r#""1m30s""#, Some(90_000));
        check(r#""1h""#, Some(3_600_000));
        check(r#""500ms""#, Some(500));
        check(r#""1.5m""#, Some(90_000));
        check(r#""""#, None);
        check("-1", None);
        check(r#""soon""#, None);
        check(r#""10 days""#, None);
        check(r#""1e400s""#, None);
    }
}
