//! Metrics: numbers of an account that CloudWatch makes time series of, from the line that they stand in.

use std::time::Duration;

use chat::{
    account::{Book, Count, Gauge, Mark},
    failure::Kind,
};
use serde_json::{Map, Value, json};

use crate::{host::Host, price};

/// The namespace of all of them.
pub const NAMESPACE: &str = "Quickstep";

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// A metric.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric { $($(#[$doc])* $name),+ }

        impl Metric {
            /// Every metric.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            /// Returns its name in CloudWatch.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }
        }
    };
}

metrics! {
    /// Turns that came to rest, failed ones included.
    Turns,
    /// Turns that ended in an error; also by kind.
    Failures,
    /// Steps.
    Steps,
    /// From the request to the model to its first word, in milliseconds.
    TimeToFirstToken,
    /// A step's time without what it waited for the model, in milliseconds.
    StepOverhead,
    /// Attempts that failed and are made again; also by kind.
    Retries,
    /// Chats that were parked.
    ParkedChats,
    /// Steps that lost what they worked on to others.
    LostLeases,
    /// The seconds that a wake waited in vain, or that the most overdue chat had been due.
    OldestWakeAge,
    /// Frames sent to sockets.
    Pushes,
    /// Sockets found closed.
    GoneSockets,
    /// Read request units.
    ReadUnits,
    /// Write request units.
    WriteUnits,
    /// What the invocation cost, in millionths of a dollar.
    EstimatedCost,
}

impl Metric {
    /// Returns its value, if the account says anything of it.
    #[must_use]
    pub fn of(self, book: &Book, host: &Host) -> Option<f64> {
        let (read_units, write_units) = book.units();
        match self {
            Self::Turns => counted(book, |what| what == Count::Turn),
            Self::Failures => counted(book, |what| failure(what).is_some()),
            Self::Steps => counted(book, |what| what == Count::Step),
            Self::TimeToFirstToken => Some(ms(book.between(Mark::Asked, Mark::FirstToken)?)),
            Self::StepOverhead => {
                Some(ms(book.whole.saturating_sub(book.between(Mark::Asked, Mark::Answered)?)))
            }
            Self::Retries => counted(book, |what| retry(what).is_some()),
            Self::ParkedChats => counted(book, |what| what == Count::Park),
            Self::LostLeases => counted(book, |what| what == Count::LostLease),
            Self::OldestWakeAge => book.gauges.get(&Gauge::WakeAgeMs).map(|age| *age as f64 / 1_000.0),
            Self::Pushes => counted(book, |what| what == Count::Push),
            Self::GoneSockets => counted(book, |what| what == Count::GoneSocket),
            Self::ReadUnits => (read_units > 0.0).then_some(read_units),
            Self::WriteUnits => (write_units > 0.0).then_some(write_units),
            Self::EstimatedCost => Some((price::estimate(book, host.memory_mb) * 1_000.0).round() / 1_000.0),
        }
    }

    const fn unit(self) -> Option<&'static str> {
        match self {
            Self::TimeToFirstToken | Self::StepOverhead => Some("Milliseconds"),
            Self::OldestWakeAge => Some("Seconds"),
            Self::Turns
            | Self::Failures
            | Self::Steps
            | Self::Retries
            | Self::ParkedChats
            | Self::LostLeases
            | Self::Pushes
            | Self::GoneSockets
            | Self::ReadUnits
            | Self::WriteUnits
            | Self::EstimatedCost => None,
        }
    }
}

/// Returns every metric that the account says something of.
pub(crate) fn values(book: &Book, host: &Host) -> Vec<(Metric, f64)> {
    Metric::ALL.into_iter().filter_map(|metric| Some((metric, metric.of(book, host)?))).collect()
}

/// Returns the fields that have CloudWatch make time series of these values, of which each stands in the
/// line under its metric's name: the embedded metric format.
pub(crate) fn directives(
    values: &[(Metric, f64)],
    book: &Book,
    host: &Host,
    now_ms: u64,
) -> Map<String, Value> {
    let stack = directive(json!(["Stack"]), values.iter().map(|(metric, _)| *metric));
    let mut fields = Map::new();
    fields.insert("Stack".to_owned(), json!(host.stack));
    let mut directives = vec![stack];
    if let Some(kind) = kind(book) {
        let by_kind = |metric: &Metric| matches!(metric, Metric::Failures | Metric::Retries);
        let metrics = values.iter().map(|(metric, _)| *metric).filter(by_kind);
        directives.push(directive(json!(["Stack", "Kind"]), metrics));
        fields.insert("Kind".to_owned(), json!(kind.name()));
    }
    fields.insert("_aws".to_owned(), json!({ "Timestamp": now_ms, "CloudWatchMetrics": directives }));
    fields
}

fn directive(dimensions: Value, metrics: impl Iterator<Item = Metric>) -> Value {
    let metrics: Vec<Value> = metrics.map(definition).collect();
    json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics })
}

fn definition(metric: Metric) -> Value {
    match metric.unit() {
        Some(unit) => json!({ "Name": metric.name(), "Unit": unit }),
        None => json!({ "Name": metric.name() }),
    }
}

/// An invocation works on one chat, so there is one kind of retry or failure at most.
fn kind(book: &Book) -> Option<Kind> {
    book.counts.keys().find_map(|what| retry(*what).or(failure(*what)))
}

const fn retry(what: Count) -> Option<Kind> {
    match what {
        Count::Retry(kind) => Some(kind),
        Count::Failure(_)
        | Count::Step
        | Count::Turn
        | Count::Park
        | Count::LostLease
        | Count::Push
        | Count::GoneSocket
        | Count::QueueRequest
        | Count::Load => None,
    }
}

const fn failure(what: Count) -> Option<Kind> {
    match what {
        Count::Failure(kind) => Some(kind),
        Count::Retry(_)
        | Count::Step
        | Count::Turn
        | Count::Park
        | Count::LostLease
        | Count::Push
        | Count::GoneSocket
        | Count::QueueRequest
        | Count::Load => None,
    }
}

fn counted(book: &Book, is_one: impl Fn(Count) -> bool) -> Option<f64> {
    let times: u64 = book.counts.iter().filter(|(what, _)| is_one(**what)).map(|(_, times)| times).sum();
    (times > 0).then_some(times as f64)
}

fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
