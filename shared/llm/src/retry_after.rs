//! How long a provider asks us to wait.

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// The longest wait that is believed: a day.
const MOST_MS: f64 = 86_400_000.0;

/// Reads `retry-after-ms`, then `Retry-After` in seconds or as a date.
///
/// A date is taken against the answer's own `Date`, so that nobody's clock matters.
pub(crate) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(number) {
        return Some(bounded(ms));
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Some(seconds) = number(value) {
        return Some(bounded(seconds * 1_000.0));
    }
    let wait = date(value)?.as_millisecond() - date(text(DATE.as_str())?)?.as_millisecond();
    Some(u64::try_from(wait).unwrap_or(0).min(bounded(MOST_MS)))
}

/// Reads the wait that Google names among the details of an error, such as `{"@type": "…/google.rpc.RetryInfo",
/// "retryDelay": "34.07s"}`.
pub(crate) fn retry_info_ms(error: &Value) -> Option<u64> {
    let details = error.get("details").and_then(Value::as_array)?;
    let is_info = |detail: &&Value| {
        detail.get("@type").and_then(Value::as_str).is_some_and(|name| name.ends_with("google.rpc.RetryInfo"))
    };
    let delay = details.iter().find(is_info)?.get("retryDelay").and_then(Value::as_str)?;
    number(delay.strip_suffix('s')?).map(|seconds| bounded(seconds * 1_000.0))
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a day")]
fn bounded(ms: f64) -> u64 {
    ms.min(MOST_MS).ceil() as u64
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn check(pairs: &[(&'static str, &'static str)], expect: Option<u64>) {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        assert_eq!(retry_after_ms(&headers), expect, "{pairs:?}");
    }

    #[test]
    fn waits_are_read_in_every_form() {
        check(&[], None);
        check(&[("retry-after", "2")], Some(2_000));
        check(&[("retry-after", "0.25")], Some(250));
        check(&[("retry-after-ms", "150.5"), ("retry-after", "2")], Some(151));
        check(&[("retry-after-ms", "soon"), ("retry-after", "2")], Some(2_000));
        check(
            &[("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT"), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")],
            Some(30_000),
        );
        check(
            &[("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT"), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")],
            Some(0),
        );
    }

    #[test]
    fn a_detail_of_google_names_a_wait() {
        for (delay, expect) in [("34s", Some(34_000)), ("0.25s", Some(250)), ("soon", None), ("-1s", None)] {
            let help = json!({"@type": "type.googleapis.com/google.rpc.Help", "retryDelay": "1s"});
            let info = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay});
            assert_eq!(retry_info_ms(&json!({"details": [help, info]})), expect, "{delay}");
        }
        assert_eq!(retry_info_ms(&json!({"details": "x"})), None);
        assert_eq!(retry_info_ms(&json!({})), None);
    }

    #[test]
    fn nonsense_is_not_believed() {
        check(&[("retry-after", "-3")], None);
        check(&[("retry-after", "NaN")], None);
        check(&[("retry-after", "1e30")], Some(86_400_000));
        check(&[("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")], None);
    }
}
