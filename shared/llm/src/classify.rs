//! What a failure means: the first rule that fits.

use chat::{failure::Kind, model::ModelError};

use crate::{
    fault::{Cause, Fault},
    scrub::scrubbed,
    signals::Signal,
    status,
};

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
const RULES: [Rule; 19] = [
    rule(Signal::MissingKey, Kind::MissingKey, Again::No),
    rule(Signal::Interrupted, Kind::Generic, Again::No),
    rule(Signal::BrokenHistory, Kind::Generic, Again::No),
    rule(Signal::EndedEarly, Kind::Timeout, Again::Yes),
    rule(Signal::Silent, Kind::StreamSilenceTimeout, Again::Yes),
    // What it chained to is gone; a request of ours has the whole history, so the next one can do without.
    rule(Signal::ChainBroken, Kind::Generic, Again::Yes),
    rule(Signal::Overloaded, Kind::Overloaded, Again::Yes),
    // Also where a wait is named with it: what is used up is not had by asking more often.
    rule(Signal::UsageLimit, Kind::UsageLimit, Again::No),
    rule(Signal::Auth, Kind::Auth, Again::No),
    rule_unless_config(Signal::Forbidden, Kind::Auth, Again::No),
    rule_unless_config(Signal::RateLimit, Kind::RateLimit, Again::Yes),
    rule(Signal::ProviderDisabled, Kind::ProviderDisabled, Again::No),
    rule(Signal::ContentFilter, Kind::ContentFilter, Again::No),
    rule_unless_config(Signal::Timeout, Kind::Timeout, Again::Yes),
    rule(Signal::ContextOverflow, Kind::Config, Again::No),
    rule(Signal::Config, Kind::Config, Again::No),
    rule(Signal::Server, Kind::Generic, Again::Yes),
    rule(Signal::NotFound, Kind::Config, Again::No),
    rule(Signal::Malformed, Kind::Generic, Again::Yes),
];

/// Says what `fault` means. What leaves here may be shown, so the provider's ids stay behind.
pub(crate) fn classify(fault: Fault, provider: &str) -> ModelError {
    let fault = with_status(fault);
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
        useless: fault.cause == Cause::Useless,
    }
}

/// A status that only the provider's words name counts as one. Our own words name none.
fn with_status(fault: Fault) -> Fault {
    let named = || (fault.cause == Cause::Refused).then(|| status::named(&fault.message)).flatten();
    Fault { status: fault.status.or_else(named), ..fault }
}

#[cfg(test)]
mod tests;
