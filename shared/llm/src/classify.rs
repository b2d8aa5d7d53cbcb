//! What a failure means: the first rule that fits.

use chat::{failure::Kind, model::ModelError};

use crate::{fault::Fault, scrub::scrubbed, signals::Signal};

/// Whether the same call may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

struct Rule {
    sign: Signal,
    /// Signs that take the case to a later rule.
    unless: &'static [Signal],
    kind: Kind,
    again: Again,
}

const fn rule(sign: Signal, kind: Kind, again: Again) -> Rule {
    Rule { sign, unless: &[], kind, again }
}

const fn rule_unless_config(sign: Signal, kind: Kind, again: Again) -> Rule {
    Rule { sign, unless: &[Signal::Config, Signal::ContextOverflow], kind, again }
}

/// The order decides: a quota is said with 429, a wrong model with 403, an overload with 503.
const RULES: [Rule; 17] = [
    rule(Signal::MissingKey, Kind::MissingKey, Again::No),
    rule(Signal::Interrupted, Kind::Generic, Again::No),
    rule(Signal::BrokenHistory, Kind::Generic, Again::No),
    rule(Signal::EndedEarly, Kind::Timeout, Again::Yes),
    // What it chained to is gone; a request of ours has the whole history, so the next one can do without.
    rule(Signal::ChainBroken, Kind::Generic, Again::Yes),
    rule(Signal::Overloaded, Kind::Overloaded, Again::Yes),
    // Google speaks of a quota also where it means the next minute.
    Rule { unless: &[Signal::RetrySoon], ..rule(Signal::UsageLimit, Kind::UsageLimit, Again::No) },
    rule(Signal::Auth, Kind::Auth, Again::No),
    rule_unless_config(Signal::Forbidden, Kind::Auth, Again::No),
    rule_unless_config(Signal::RateLimit, Kind::RateLimit, Again::Yes),
    rule(Signal::ProviderDisabled, Kind::ProviderDisabled, Again::No),
    rule(Signal::ContentFilter, Kind::ContentFilter, Again::No),
    rule_unless_config(Signal::Timeout, Kind::Timeout, Again::Yes),
    rule(Signal::ContextOverflow, Kind::Config, Again::No),
    rule(Signal::Config, Kind::Config, Again::No),
    rule(Signal::Server, Kind::Generic, Again::Yes),
    rule(Signal::Malformed, Kind::Generic, Again::Yes),
];

/// Says what `fault` means. What leaves here may be shown, so the provider's ids stay behind.
pub(crate) fn classify(fault: Fault, provider: &str) -> ModelError {
    let found = RULES
        .iter()
        .find(|rule| rule.sign.shows(&fault) && !rule.unless.iter().any(|exception| exception.shows(&fault)));
    let (kind, again) = found.map_or((Kind::Generic, Again::No), |rule| (rule.kind, rule.again));
    ModelError {
        provider: provider.to_owned(),
        status: fault.status,
        code: fault.code.as_deref().map(scrubbed),
        message: scrubbed(&fault.message),
        retry_after_ms: fault.retry_after_ms,
        kind,
        retryable: again == Again::Yes,
        context_overflow: kind == Kind::Config && Signal::ContextOverflow.shows(&fault),
    }
}

#[cfg(test)]
mod tests {
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
    fn causes_without_a_status_suffice() {
        check_cause(Cause::Transport, (Kind::Timeout, true));
        check_cause(Cause::Deadline, (Kind::Timeout, true));
        check_cause(Cause::EndedEarly, (Kind::Timeout, true));
        check_cause(Cause::Malformed, (Kind::Generic, true));
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
        check(
            400,
            "",
            "No tool output found for function call call_1; invalid model",
            (Kind::Generic, false),
        );
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
    fn a_quota_of_this_minute_is_a_rate_limit() {
        check(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your quota. Please retry in 1.4s.",
            (Kind::RateLimit, true),
        );
        check(429, "", "Resource has been exhausted (e.g. check quota).", (Kind::RateLimit, true));
    }

    #[test]
    fn auth_beats_config() {
        check(401, "", "invalid model", (Kind::Auth, false));
        check(
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
            (Kind::Auth, false),
        );
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
}
