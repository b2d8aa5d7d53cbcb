//! Traces: an invocation's phases as subsegments, sent to X-Ray's daemon and forgotten.
//!
//! The daemon listens on UDP beside the function. A datagram that gets lost is lost; nothing waits for one,
//! and no invocation fails because of one.

use std::{net::UdpSocket, sync::Arc, time::Duration};

use chat::{
    account::{Book, Count, Mark, Note, Phase, Spent},
    failure::Kind,
    port::Clock as _,
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::clock::SystemClock;

/// What stands before each segment.
const HEADER: &str = "{\"format\": \"json\", \"version\": 1}\n";

/// The trace that an invocation belongs to, as its header says: `Root=1-…;Parent=…;Sampled=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace<'a> {
    /// The trace's id.
    pub root: &'a str,
    /// The segment of the invocation.
    parent: &'a str,
    sampled: bool,
}

impl<'a> Trace<'a> {
    /// Reads a header.
    #[must_use]
    pub fn read(header: &'a str) -> Option<Self> {
        let field = |name: &str| {
            let mut fields = header.split(';').filter_map(|field| field.trim().split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        Some(Self {
            root: field("Root")?,
            parent: field("Parent").unwrap_or_default(),
            sampled: field("Sampled") == Some("1"),
        })
    }
}

/// The daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Daemon(Arc<UdpSocket>);

impl Daemon {
    /// Makes a socket to the daemon at `address`, such as `169.254.79.129:2000`; none if that is no address.
    #[must_use]
    pub fn at(address: &str) -> Option<Self> {
        let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(address).ok()?;
        Some(Self(Arc::new(socket)))
    }

    fn send(&self, segment: &Value) {
        let _ = self.0.send(format!("{HEADER}{segment}").as_bytes());
    }
}

/// Sends what the account of an invocation that ends now says, if its trace is sampled.
pub(crate) fn send(daemon: &Daemon, header: &str, book: &Book) {
    let Some(trace) = Trace::read(header).filter(|trace| trace.sampled && !trace.parent.is_empty()) else {
        return;
    };
    let began = Began(SystemClock.now(), book.whole);
    for (phase, spent) in &book.phases {
        if *phase != Phase::Rest {
            daemon.send(&of_phase(&trace, &began, *phase, spent));
        }
    }
    if let Some(asked) = book.marks.get(&Mark::Asked) {
        let answered = book.marks.get(&Mark::Answered).unwrap_or(&book.whole);
        daemon.send(&of_provider(&trace, &began, (*asked, *answered), book));
    }
}

/// Now, and how long ago the invocation began.
struct Began(Timestamp, Duration);

impl Began {
    /// Seconds since the Unix epoch.
    fn plus(&self, elapsed: Duration) -> f64 {
        self.0.0 as f64 / 1_000.0 - self.1.saturating_sub(elapsed).as_secs_f64()
    }
}

/// A phase from its first stretch to its last; `busy_ms` is how much of that it was.
fn of_phase(trace: &Trace<'_>, began: &Began, phase: Phase, spent: &Spent) -> Value {
    let mut segment = segment(trace, phase.name(), began.plus(spent.first), began.plus(spent.last));
    segment["metadata"] = json!({ "phase": {
        "busy_ms": spent.time.as_millis(),
        "times": spent.times,
        "read_units": spent.read_units,
        "write_units": spent.write_units,
    }});
    segment
}

fn of_provider(
    trace: &Trace<'_>,
    began: &Began,
    (asked, answered): (Duration, Duration),
    book: &Book,
) -> Value {
    let note = |what| book.notes.get(&what).cloned().unwrap_or_default();
    let provider = note(Note::Provider);
    let mut segment = segment(trace, &provider, began.plus(asked), began.plus(answered));
    segment["namespace"] = json!("remote");
    segment["annotations"] = json!({
        "chat_id": note(Note::Chat),
        "model": note(Note::Model),
        "provider_request_id": note(Note::ProviderRequest),
    });
    let failed = |count: &Count| matches!(count, Count::Retry(_) | Count::Failure(_));
    let throttled = |count: &Count| matches!(count, Count::Retry(Kind::RateLimit | Kind::Overloaded));
    segment["fault"] = json!(book.counts.keys().any(failed));
    segment["throttle"] = json!(book.counts.keys().any(throttled));
    segment
}

fn segment(trace: &Trace<'_>, name: &str, start: f64, end: f64) -> Value {
    // The low half of a new name is random.
    let id = SystemClock.new_id().as_u64_pair().1;
    json!({
        "type": "subsegment",
        "trace_id": trace.root,
        "parent_id": trace.parent,
        "id": format!("{id:016x}"),
        "name": name,
        "start_time": start,
        "end_time": end,
    })
}
