//! Spans of time as models write them: Go's durations, or a number of seconds.

use serde_json::Value;

/// A day; nothing here lasts longer.
const MOST_MS: f64 = 86_400_000.0;

/// Returns milliseconds; none where it is no span of time, or longer than a day.
pub(crate) fn read_ms(value: &Value) -> Option<u64> {
    let ms = match value {
        Value::Number(seconds) => seconds.as_f64()? * 1_000.0,
        Value::String(text) => text_ms(text.trim())?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within a day, and not below 0"
    )]
    (0.0..=MOST_MS).contains(&ms).then_some(ms as u64)
}

fn text_ms(text: &str) -> Option<f64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some(seconds * 1_000.0);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..unit_at].parse().ok()?;
        rest = &rest[unit_at..];
        let (unit, factor) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
        sum += number * factor;
        rest = &rest[unit.len()..];
    }
    (!text.is_empty()).then_some(sum)
}

/// `ms` before `m`: the first that fits is it.
const UNITS: [(&str, f64); 4] = [("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0), ("h", 3_600_000.0)];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read_ms;

    #[test]
    fn spans_are_read_as_go_writes_them_and_as_seconds() {
        let cases = [
            (json!("10s"), Some(10_000)),
            (json!("1m30s"), Some(90_000)),
            (json!("1.5s"), Some(1_500)),
            (json!("250ms"), Some(250)),
            (json!("2h"), Some(7_200_000)),
            (json!(90), Some(90_000)),
            (json!("90"), Some(90_000)),
            (json!(0), Some(0)),
            (json!(""), None),
            (json!("soon"), None),
            (json!("10"), Some(10_000)),
            (json!("-1s"), None),
            (json!("s"), None),
            (json!("25h"), None),
            (json!(true), None),
        ];
        for (value, expected) in cases {
            assert_eq!(read_ms(&value), expected, "{value}");
        }
    }
}
