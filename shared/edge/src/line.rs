//! The one line that an invocation leaves: flat JSON, whatever it did and however it ended.

use chat::{
    account::{Book, Gauge, Note, Phase},
    port::Clock as _,
};
use serde_json::{Map, Value, json};

use crate::{
    clock::SystemClock,
    function::Invocation,
    metric,
    trace::{self, Trace},
};

/// How much of what went wrong is said.
const ERROR_BYTES: usize = 500;

/// How loud a line is, as Lambda's own filter knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

/// Whether CloudWatch makes time series of the numbers in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metrics {
    Embedded,
    Plain,
}

/// A line in the making.
pub(crate) struct Line<'a> {
    invocation: &'a Invocation,
    book: Book,
    fields: Map<String, Value>,
}

impl<'a> Line<'a> {
    /// Begins with what the account says.
    pub(crate) fn of(function: &str, invocation: &'a Invocation, book: Book) -> Self {
        let mut line = Self { invocation, book, fields: Map::new() };
        line.say("function", function);
        line.say("request.id", &*invocation.request_id);
        for (note, text) in line.book.notes.clone() {
            line.say(name(note), said(note, &text));
        }
        for (gauge, value) in line.book.gauges.clone() {
            line.say_gauge(gauge, value);
        }
        line.say_phases();
        line
    }

    /// Says something; of nothing there is no field.
    pub(crate) fn say(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if !value.is_null() && value != "" {
            self.fields.insert(name.to_owned(), value);
        }
    }

    /// Says what came of it, unless that is said already.
    pub(crate) fn say_outcome(&mut self, outcome: &str) {
        self.fields.entry("outcome").or_insert_with(|| outcome.into());
    }

    /// Says what went wrong.
    pub(crate) fn say_error(&mut self, error: &str) {
        self.say("error", cut(error));
    }

    /// Whether something went wrong in the midst of it.
    pub(crate) fn has_error(&self) -> bool {
        self.fields.contains_key("error")
    }

    /// Sends what X-Ray shows of it, if its host traces.
    pub(crate) fn trace(&self) {
        if let (Some(daemon), Some(header)) = (&self.invocation.host.daemon, &self.invocation.trace) {
            trace::send(daemon, header, &self.book);
        }
    }

    /// Hands the line to the host.
    pub(crate) fn write(mut self, level: Level, metrics: Metrics) {
        let host = &self.invocation.host;
        let level = match level {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        let values = metric::values(&self.book, host);
        if metrics == Metrics::Embedded {
            self.fields.extend(metric::directives(&values, &self.book, host, SystemClock.now().0));
        }
        // Lambda takes a line without a time for INFO, whatever its level.
        self.say("timestamp", json!(SystemClock.now()));
        self.say("level", level);
        for (metric, value) in values {
            self.say(metric.name(), number(value));
        }
        host.line(&Value::Object(self.fields).to_string());
    }

    /// Times in milliseconds, cut to a tenth; what that leaves over is nobody's, so that they add up.
    fn say_phases(&mut self) {
        let whole = tenths(self.book.whole);
        let mut left = whole;
        for (phase, spent) in self.book.phases.clone() {
            let name = phase.name();
            if phase != Phase::Rest {
                let time = tenths(spent.time);
                left = left.saturating_sub(time);
                self.say(&format!("{name}_ms"), number(time as f64 / 10.0));
            }
            for (units, what) in [(spent.read_units, "read"), (spent.write_units, "write")] {
                if units > 0.0 {
                    self.say(&format!("{name}_{what}"), number(units));
                }
            }
        }
        self.say("rest_ms", number(left as f64 / 10.0));
        self.say("ms", number(whole as f64 / 10.0));
    }

    fn say_gauge(&mut self, gauge: Gauge, value: u64) {
        match gauge {
            Gauge::Attempt => self.say("attempt", value),
            Gauge::Woken => self.say("woken", value),
            // It is a metric.
            Gauge::WakeAgeMs => {}
        }
    }
}

/// Of a trace its id, of others as much as there is room for.
fn said(note: Note, text: &str) -> &str {
    match note {
        Note::Trace => Trace::read(text).map_or("", |trace| trace.root),
        Note::Chat
        | Note::Action
        | Note::Outcome
        | Note::Wake
        | Note::Provider
        | Note::Model
        | Note::ProviderRequest
        | Note::Error => cut(text),
    }
}

const fn name(note: Note) -> &'static str {
    match note {
        Note::Chat => "chat.id",
        Note::Action => "action",
        Note::Outcome => "outcome",
        Note::Wake => "wake",
        Note::Provider => "provider",
        Note::Model => "model",
        Note::ProviderRequest => "provider.request.id",
        Note::Trace => "trace.id",
        Note::Error => "error",
    }
}

fn tenths(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros() / 100).unwrap_or(u64::MAX)
}

/// Whole numbers without their `.0`: every byte of a line is paid for.
fn number(value: f64) -> Value {
    let whole = value as i64;
    if whole as f64 == value { json!(whole) } else { json!(value) }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(ERROR_BYTES)]
}
