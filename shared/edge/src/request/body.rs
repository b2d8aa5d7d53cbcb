//! JSON bodies: bounded in size and depth, strict in their fields.

use chat::limit::BODY_BYTES;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::rejection::Rejection;

/// Deepest nesting of a body: half of what the parser takes, so that it can be stored within other JSON.
const DEPTH: usize = 64;

/// Longest message about a field.
const MESSAGE_CHARS: usize = 300;

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Rejection> {
    if body.len() > BODY_BYTES {
        return Err(Rejection::TooLarge(BODY_BYTES));
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return Err(Rejection::Malformed("the body is not UTF-8".into()));
    };
    from_json(text)
}

/// Reads JSON that a client wrote, of whatever size: its transport bounds that.
///
/// # Errors
/// It is not such JSON: 400, naming the field.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Rejection> {
    if text.trim().is_empty() {
        return Err(Rejection::Malformed("the body is missing; it must be JSON".into()));
    }
    if depth(text.as_bytes()) > DEPTH {
        return Err(Rejection::Malformed(format!("the body is nested more than {DEPTH} levels deep")));
    }
    // The parser would take an array for an object's fields in their order.
    if !text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Err(Rejection::field("body", "must be a JSON object"));
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut parser)
        .map_err(|error| rejection(&error.path().to_string(), error.inner()))?;
    parser.end().map_err(|error| rejection(".", &error))?;
    Ok(value)
}

fn rejection(path: &str, error: &serde_json::Error) -> Rejection {
    let text = error.to_string();
    match error.classify() {
        Category::Data => {
            let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
            // The parser repeats what it did not expect, whatever its length.
            let brief: String = message.chars().take(MESSAGE_CHARS).collect();
            Rejection::field(field(path, message), brief)
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Rejection::Malformed(format!("the body is not valid JSON: {text}"))
        }
    }
}

/// Returns the path of the field at fault. One that is missing or doubled is named by the words alone.
fn field(path: &str, message: &str) -> String {
    let named = ["missing field `", "duplicate field `"].iter().find_map(|words| message.strip_prefix(words));
    match (path, named.and_then(|rest| rest.split('`').next())) {
        (".", Some(name)) => name.to_owned(),
        (".", None) => "body".to_owned(),
        (path, Some(name)) => format!("{path}.{name}"),
        (path, None) => path.to_owned(),
    }
}

fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Reply;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the derive only")]
    struct Body {
        title: Option<String>,
        labels: Option<std::collections::BTreeMap<String, String>>,
        parts: Option<Vec<crate::content::InputPart>>,
    }

    fn refused(text: &[u8]) -> String {
        Reply::from(&read::<Body>(text).unwrap_err()).body.unwrap()
    }

    #[test]
    fn refusals_name_the_field() {
        let bodies = [
            "",
            "{",
            "[]",
            "{} x",
            r#"{"title": 5}"#,
            r#"{"titel": "x"}"#,
            r#"{"title": "a", "title": "b"}"#,
            r#"{"labels": {"a": null}}"#,
            r#"{"parts": [{"type": "text", "text": "a"}, {"type": "text"}]}"#,
            r#"{"parts": [{"type": "image"}]}"#,
            r#"{"parts": [{"type": "text", "text": "a", "colour": "red"}]}"#,
            r#"{"title": "\ud800"}"#,
        ];
        let refusals: Vec<_> = bodies.iter().map(|body| (*body, refused(body.as_bytes()))).collect();
        insta::assert_debug_snapshot!(refusals);
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(from_json::<serde_json::Value>(&nested(DEPTH)).is_ok());
        assert!(from_json::<serde_json::Value>(&nested(DEPTH + 1)).is_err());
        assert!(from_json::<serde_json::Value>(&nested(100_000)).is_err());
        let quoted = serde_json::json!({ "a": "[\"{".repeat(200) }).to_string();
        assert!(from_json::<serde_json::Value>(&quoted).is_ok());
    }

    #[test]
    fn size_and_encoding_are_checked_first() {
        assert!(matches!(read::<Body>(&vec![b' '; BODY_BYTES + 1]), Err(Rejection::TooLarge(_))));
        assert!(refused(b"{\"title\": \"\xff\"}").contains("not UTF-8"));
    }
}
