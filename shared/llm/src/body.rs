//! What a provider says when it refuses.

use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    fault::{Cause, Fault, bounded},
    retry_after::retry_info_ms,
};

/// Bytes of a refusal that are read; providers echo parts of the request in it.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// Reads a refusal: `{"error": {"message", "type", "code"}}` and its many cousins.
pub(crate) fn refusal(status: StatusCode, body: &[u8], retry_after_ms: Option<u64>) -> Fault {
    let said = match serde_json::from_slice::<Value>(body) {
        Ok(value) => error(&value),
        Err(_) => Fault::new(Cause::Refused, plain(body)),
    };
    let message = match said.message {
        words if !words.is_empty() => words,
        _ if status.is_success() => format!("the answer is not a stream (HTTP {status})"),
        _ => format!("HTTP {status}"),
    };
    let retry_after_ms = retry_after_ms.or(said.retry_after_ms);
    Fault { status: Some(status.as_u16()), message, retry_after_ms, ..said }
}

/// Reads an error object, from a body or from inside a stream.
pub(crate) fn error(value: &Value) -> Fault {
    let outer = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    let inner = outer.get("error").filter(|error| !error.is_null()).unwrap_or(outer);
    let number = inner.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let message = [inner.get("message"), Some(inner), outer.get("detail"), outer.get("message")]
        .into_iter()
        .find_map(|words| words.and_then(Value::as_str));
    let fault = Fault::new(Cause::Refused, message.unwrap_or_default());
    let status = number.filter(|code| (400..600).contains(code));
    Fault { status, code: code(inner), retry_after_ms: retry_info_ms(inner), ..fault }
}

/// Prefers the narrower `code` to the `type`; inside a stream `type` may only say that it is an error.
fn code(error: &Value) -> Option<String> {
    let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|code| !code.is_empty());
    let code = text("code").or_else(|| text("type").filter(|code| *code != "error"));
    code.or_else(|| text("status")).map(|code| bounded(code.to_owned()))
}

/// A page of HTML is no news to anybody.
fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.starts_with('<') { String::new() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expect: (Option<&str>, &str)) {
        let fault = refusal(StatusCode::BAD_GATEWAY, body.as_bytes(), None);
        assert_eq!((fault.code.as_deref(), fault.message.as_str()), expect, "{body}");
    }

    #[test]
    fn words_are_found_where_providers_put_them() {
        let anthropic = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        check(anthropic, (Some("overloaded_error"), "Overloaded"));
        let openai = r#"{"error":{"message":"No","type":"invalid_request_error","code":"model_not_found"}}"#;
        check(openai, (Some("model_not_found"), "No"));
        check(r#"{"error":"plain"}"#, (None, "plain"));
        check(r#"{"detail":"Not Found"}"#, (None, "Not Found"));
        check(r#"{"error":null,"message":"m"}"#, (None, "m"));
        check(r#"[{"error":{"code":400,"message":"m","status":"INVALID"}}]"#, (Some("INVALID"), "m"));
        check("upstream died", (None, "upstream died"));
        check("<html>502</html>", (None, "HTTP 502 Bad Gateway"));
        check("", (None, "HTTP 502 Bad Gateway"));
        check("{}", (None, "HTTP 502 Bad Gateway"));
    }

    #[test]
    fn the_wait_of_the_header_goes_before_the_one_in_the_body() {
        let info = r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"}"#;
        let body = format!(r#"{{"error":{{"code":429,"message":"m","details":[{info}]}}}}"#);
        for (header, expect) in [(None, Some(3_500)), (Some(7), Some(7))] {
            let fault = refusal(StatusCode::TOO_MANY_REQUESTS, body.as_bytes(), header);
            assert_eq!(fault.retry_after_ms, expect);
        }
    }

    #[test]
    fn a_page_with_a_good_status_is_no_answer() {
        let fault = refusal(StatusCode::OK, b"<html>Welcome</html>", None);
        assert_eq!(fault.message, "the answer is not a stream (HTTP 200 OK)");
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let fault = refusal(StatusCode::BAD_REQUEST, "é".repeat(5_000).as_bytes(), None);
        assert_eq!(fault.message.len(), crate::fault::WORDS_BYTES);
    }
}
