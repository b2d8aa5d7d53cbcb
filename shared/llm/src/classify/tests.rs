use super::*;
use crate::fault::Cause;

fn check(status: u16, code: &str, message: &str, expect: (Kind, bool)) {
    let status = (status > 0).then_some(status);
    let code = (!code.is_empty()).then(|| code.to_owned());
    let fault = Fault { status, code, ..Fault::new(Cause::Refused, message) };
    let error = classify(fault, "anthropic");
    assert_eq!((error.kind, error.retryable), expect, "{status:?} {message}");
}

fn check_cause(cause: Cause, expect: (Kind, bool)) {
    let error = classify(Fault::new(cause, "words"), "openai");
    assert_eq!((error.kind, error.retryable), expect, "{cause:?}");
}

#[test]
fn statuses_alone_suffice() {
    check(400, "", "odd", (Kind::Generic, false));
    check(401, "", "", (Kind::Auth, false));
    check(402, "", "", (Kind::UsageLimit, false));
    check(403, "", "", (Kind::Auth, false));
    check(404, "", "", (Kind::Config, false));
    check(408, "", "", (Kind::Timeout, true));
    check(413, "", "", (Kind::Config, false));
    check(429, "", "", (Kind::RateLimit, true));
    check(500, "", "", (Kind::Generic, true));
    check(503, "", "", (Kind::Timeout, true));
    check(529, "", "", (Kind::Overloaded, true));
}

#[test]
fn statuses_that_say_nothing_are_not_asked_again() {
    for status in [200, 302, 409, 422, 501, 505, 520] {
        check(status, "", "odd", (Kind::Generic, false));
    }
}

#[test]
fn a_status_that_only_the_words_name_counts_as_one() {
    for (words, expect) in [
        ("upstream answered with status 503", (Kind::Timeout, true)),
        ("upstream: 401", (Kind::Auth, false)),
        ("http 529", (Kind::Overloaded, true)),
        ("dial tcp 10.0.0.1:503", (Kind::Generic, false)),
    ] {
        check(0, "", words, expect);
    }
    let said = classify(Fault::new(Cause::Refused, "status 503"), "openai");
    let ours = classify(Fault::new(Cause::Malformed, "not JSON at column 503"), "openai");
    assert_eq!((said.status, ours.status), (Some(503), None));
    check(400, "", "the upstream answered with status 503", (Kind::Generic, false));
}

#[test]
fn causes_without_a_status_suffice() {
    check_cause(Cause::Transport, (Kind::Timeout, true));
    check_cause(Cause::Silent, (Kind::StreamSilenceTimeout, true));
    check_cause(Cause::EndedEarly, (Kind::Timeout, true));
    check_cause(Cause::Malformed, (Kind::Generic, true));
    check_cause(Cause::Useless, (Kind::Generic, true));
    check_cause(Cause::MissingKey, (Kind::MissingKey, false));
    check_cause(Cause::Unsendable, (Kind::Config, false));
}

#[test]
fn overloaded_beats_timeout_and_server() {
    check(503, "", "The model is overloaded", (Kind::Overloaded, true));
    check(500, "overloaded_error", "", (Kind::Overloaded, true));
    check(0, "overloaded_error", "Overloaded", (Kind::Overloaded, true));
}

#[test]
fn usage_limit_beats_auth() {
    check(401, "", "billing is not active, authentication refused", (Kind::UsageLimit, false));
}

#[test]
fn usage_limit_beats_rate_limit() {
    check(429, "insufficient_quota", "You exceeded your current quota", (Kind::UsageLimit, false));
}

#[test]
fn credit_balance_beats_the_plain_400() {
    check(400, "invalid_request_error", "Your credit balance is too low", (Kind::UsageLimit, false));
}

#[test]
fn auth_beats_rate_limit() {
    check(429, "invalid_api_key", "", (Kind::Auth, false));
}

#[test]
fn config_beats_forbidden_rate_limit_and_timeout() {
    check(403, "model_not_found", "no access", (Kind::Config, false));
    check(429, "", "prompt is too long", (Kind::Config, false));
    check(503, "", "unsupported model", (Kind::Config, false));
}

fn overflows(status: u16, code: &str, message: &str) -> bool {
    let code = (!code.is_empty()).then(|| code.to_owned());
    let status = (status > 0).then_some(status);
    classify(Fault { status, code, ..Fault::new(Cause::Refused, message) }, "openai").context_overflow
}

#[test]
fn a_prompt_that_does_not_fit_is_told_apart() {
    assert!(overflows(413, "", ""));
    assert!(overflows(400, "", "prompt is too long: 210000 tokens > 200000 maximum"));
    assert!(overflows(0, "context_length_exceeded", ""));
    assert!(overflows(429, "", "the input token count exceeds the maximum number of tokens allowed"));
    assert!(!overflows(404, "model_not_found", ""));
    assert!(!overflows(401, "", "unauthorized: context length unknown"));
}

#[test]
fn a_prompt_that_does_not_fit_is_config() {
    check(400, "context_length_exceeded", "", (Kind::Config, false));
    check(400, "", "prompt is too long: 210000 tokens > 200000 maximum", (Kind::Config, false));
    check(400, "", "input length and `max_tokens` exceed context limit", (Kind::Config, false));
}

#[test]
fn broken_history_beats_everything_retryable() {
    let words = "Item 'rs_1' of type 'reasoning' was provided without its required following item.";
    check(503, "", words, (Kind::Generic, false));
}

#[test]
fn filtered_content_is_not_sent_again() {
    check(400, "content_filter", "", (Kind::ContentFilter, false));
}

#[test]
fn failures_inside_a_stream_need_no_status() {
    check(0, "api_error", "Internal server error", (Kind::Generic, true));
    check(0, "server_error", "", (Kind::Generic, true));
    check(0, "rate_limit_exceeded", "", (Kind::RateLimit, true));
}

#[test]
fn interrupted_beats_timeout() {
    check(503, "", "request interrupted", (Kind::Generic, false));
}

#[test]
fn broken_history_beats_config() {
    check(400, "", "No tool output found for function call call_1; invalid model", (Kind::Generic, false));
}

#[test]
fn ended_early_beats_overloaded_and_config() {
    for words in ["overloaded", "context length exceeded"] {
        let error = classify(Fault::new(Cause::EndedEarly, words), "openai");
        assert_eq!((error.kind, error.retryable), (Kind::Timeout, true), "{words}");
    }
}

#[test]
fn broken_chain_beats_usage_limit_and_config() {
    let words = "Previous response with id 'resp_1' not found.";
    check(400, "previous_response_not_found", words, (Kind::Generic, true));
    check(404, "", &format!("{words} See billing."), (Kind::Generic, true));
    check(404, "", "previous response with id resp_1 is someone's", (Kind::Config, false));
}

#[test]
fn overloaded_beats_usage_limit_and_rate_limit() {
    check(529, "", "see your billing page", (Kind::Overloaded, true));
    check(429, "", "overloaded", (Kind::Overloaded, true));
}

#[test]
fn usage_limit_is_found_at_any_status() {
    for status in [0, 400, 403, 429, 503] {
        check(status, "insufficient_quota", "", (Kind::UsageLimit, false));
    }
    check(402, "", "unauthorized", (Kind::UsageLimit, false));
}

#[test]
fn usage_limit_beats_rate_limit_also_where_a_wait_is_named() {
    let words = "You exceeded your current quota. Please retry in 34.07s.";
    check(429, "RESOURCE_EXHAUSTED", words, (Kind::UsageLimit, false));
    check(429, "", "Resource has been exhausted (e.g. check quota).", (Kind::UsageLimit, false));
    check(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.", (Kind::RateLimit, true));
}

#[test]
fn auth_beats_config() {
    check(401, "", "invalid model", (Kind::Auth, false));
    check(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", (Kind::Auth, false));
}

#[test]
fn forbidden_beats_rate_limit_and_timeout() {
    check(403, "", "too many requests", (Kind::Auth, false));
    check(503, "", "forbidden", (Kind::Auth, false));
}

#[test]
fn rate_limit_beats_provider_disabled_and_timeout() {
    check(429, "provider_disabled", "", (Kind::RateLimit, true));
    check(503, "", "rate-limited", (Kind::RateLimit, true));
}

#[test]
fn provider_disabled_beats_timeout_and_config() {
    check(503, "provider_disabled", "", (Kind::ProviderDisabled, false));
    check(404, "provider_disabled", "", (Kind::ProviderDisabled, false));
}

#[test]
fn content_filter_beats_timeout() {
    check(503, "content_filter", "", (Kind::ContentFilter, false));
}

#[test]
fn timeout_beats_server() {
    check(500, "", "upstream timed out", (Kind::Timeout, true));
    for words in
        ["unexpected EOF", "http2: client conn is closed", "GOAWAY", "use of closed network connection"]
    {
        check(0, "", words, (Kind::Timeout, true));
    }
}

#[test]
fn config_beats_server() {
    check(500, "", "malformed configuration", (Kind::Config, false));
}

#[test]
fn what_nobody_knows_is_not_asked_again() {
    check(0, "", "something odd", (Kind::Generic, false));
    check(418, "", "context canceled", (Kind::Generic, false));
}

#[test]
fn interrupted_beats_broken_history() {
    for words in ["chat interrupted", "request interrupted", "operation interrupted"] {
        check(400, "", &format!("{words}: no tool output found for function call c"), (Kind::Generic, false));
        check(503, "", words, (Kind::Generic, false));
    }
}

#[test]
fn broken_history_beats_ended_early() {
    let words = "Item 'rs_1' was provided without its required 'reasoning' item";
    let error = classify(Fault::new(Cause::EndedEarly, words), "openai");
    assert_eq!((error.kind, error.retryable), (Kind::Generic, false));
}

#[test]
fn ended_early_beats_broken_chain() {
    let words = "previous response with id resp_1 not found";
    let error = classify(Fault::new(Cause::EndedEarly, words), "openai");
    assert_eq!((error.kind, error.retryable), (Kind::Timeout, true));
}

#[test]
fn broken_chain_beats_overloaded() {
    check(529, "", "previous response with id resp_1 not found", (Kind::Generic, true));
}

#[test]
fn silence_beats_timeout() {
    let error = classify(Fault::new(Cause::Silent, "timed out"), "openai");
    assert_eq!((error.kind, error.retryable), (Kind::StreamSilenceTimeout, true));
}

#[test]
fn every_word_for_a_quota_is_a_usage_limit() {
    for words in ["quota", "billing", "payment required", "insufficient_quota"] {
        check(429, "", words, (Kind::UsageLimit, false));
        check(401, "", words, (Kind::UsageLimit, false));
    }
}

#[test]
fn every_word_for_a_wrong_key_is_auth() {
    for words in ["authentication", "unauthorized", "invalid api key", "invalid_api_key"] {
        check(0, "", words, (Kind::Auth, false));
    }
}

#[test]
fn auth_beats_forbidden_also_beside_a_wrong_model() {
    check(403, "", "unauthorized: invalid model", (Kind::Auth, false));
}

#[test]
fn every_word_for_too_many_requests_is_a_rate_limit() {
    for words in ["rate limit", "rate_limit", "rate limited", "rate-limited", "too many requests"] {
        check(0, "", words, (Kind::RateLimit, true));
        check(403, "", &format!("{words}, invalid model"), (Kind::Config, false));
    }
}

#[test]
fn every_word_for_a_lost_connection_is_a_timeout() {
    for words in [
        "timeout",
        "timed out",
        "service unavailable",
        "connection reset",
        "connection refused",
        "EOF",
        "broken pipe",
        "bad gateway",
        "gateway timeout",
        "client conn",
        "goaway",
        "http2 stream closed",
        "use of closed network connection",
    ] {
        check(0, "", words, (Kind::Timeout, true));
        check(500, "", words, (Kind::Timeout, true));
        check(503, "", &format!("{words}: context length exceeded"), (Kind::Config, false));
    }
}

#[test]
fn a_stream_that_the_provider_reset_may_be_asked_again_by_its_code() {
    for code in ["NO_ERROR", "INTERNAL_ERROR", "REFUSED_STREAM", "CANCEL", "ENHANCE_YOUR_CALM"] {
        let words = format!("stream error: stream ID 503; {code}; received from peer");
        check(0, "", &words, (Kind::Timeout, true));
    }
    check(0, "", "stream error: stream ID 3; PROTOCOL_ERROR; received from peer", (Kind::Generic, false));
    check(0, "", "stream error: stream ID 3; CANCEL", (Kind::Generic, false));
}

#[test]
fn every_word_for_wrong_settings_is_config() {
    for words in [
        "invalid model",
        "unsupported model",
        "model not found",
        "model_not_found",
        "context length exceeded",
        "context_exceeded",
        "maximum context length",
        "malformed config",
        "malformed configuration",
    ] {
        check(400, "", words, (Kind::Config, false));
        check(500, "", words, (Kind::Config, false));
        check(429, "", words, (Kind::Config, false));
    }
}

#[test]
fn server_beats_a_cancelled_call() {
    for words in ["server error", "internal server error"] {
        check(0, "", &format!("{words}: context canceled"), (Kind::Generic, true));
    }
    check(0, "", "context canceled", (Kind::Generic, false));
}

#[test]
fn not_found_alone_is_config_and_words_beat_it() {
    check(404, "", "no such page", (Kind::Config, false));
    check(404, "", "service unavailable", (Kind::Timeout, true));
}

#[test]
fn our_own_words_for_what_is_malformed_mean_nothing_else() {
    for words in ["EOF while parsing a string", "quota", "invalid model", "status 401"] {
        let error = classify(Fault::new(Cause::Malformed, words), "openai");
        assert_eq!((error.kind, error.retryable), (Kind::Generic, true), "{words}");
    }
}
