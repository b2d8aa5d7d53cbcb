//! The line that each invocation leaves.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use chat::{
    account::{Count, Gauge, Mark, Note, Phase, count, enter, gauge, mark, note, spent},
    failure::Kind,
    port::{Clock as _, Unavailable},
};
use edge::{Function, FunctionError, Host, Invocation, Rejection, Reply, SystemClock, serve};
use futures::future::join;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

/// A host that keeps the lines.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Value>>>);

impl Kept {
    fn invocation(&self) -> Invocation {
        let lines = Arc::clone(&self.0);
        let host = Host::new("stack", 128, move |line| {
            lines.lock().unwrap().push(serde_json::from_str(line).unwrap());
        });
        Invocation::new("request", 0).on(host)
    }

    fn lines(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// Returns the one line that a call leaves.
    async fn of(&self, function: &Function, event: Value) -> Value {
        let _ = function.call(event, self.invocation()).await;
        let lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].clone()
    }
}

fn request() -> Value {
    json!({
        "routeKey": "POST /v1/chats",
        "rawPath": "/v1/chats",
        "headers": {},
        "requestContext": {
            "http": { "method": "POST" },
            "authorizer": { "lambda": {
                "user_id": "00000000-0000-0000-0000-000000000001",
                "org_id": "00000000-0000-0000-0000-000000000002",
            } },
        },
        "body": "{\"content\": \"a secret\"}",
    })
}

async fn panics<T>() -> T {
    panic!("on purpose")
}

/// What a step does, in milliseconds that are not whole.
async fn steps() {
    let passes = |us| sleep(Duration::from_micros(us));
    count(Count::Step);
    note(Note::Chat, "chat-1");
    note(Note::Wake, "message");
    gauge(Gauge::WakeAgeMs, 1_250);
    passes(1_000).await;
    enter(Phase::Load);
    spent(1.0, 0.0);
    passes(4_320).await;
    enter(Phase::Prompt);
    spent(0.5, 1.0);
    passes(5_550).await;
    note(Note::Provider, "rehearsal");
    gauge(Gauge::Attempt, 1);
    mark(Mark::Asked);
    enter(Phase::FirstToken);
    passes(800_000).await;
    mark(Mark::FirstToken);
    enter(Phase::Flushes);
    spent(1.0, 1.0);
    count(Count::Push);
    passes(9_990).await;
    enter(Phase::Stream);
    passes(2_000_000).await;
    mark(Mark::Answered);
    enter(Phase::Commit);
    spent(1.0, 5.0);
    passes(6_000).await;
    enter(Phase::Announce);
    count(Count::QueueRequest);
    passes(7_000).await;
}

fn step() -> Function {
    serve::metered("step", |_, _| async {
        steps().await;
        note(Note::Action, "generate");
        note(Note::Action, "RecordRetry");
        note(Note::Outcome, "R0");
        count(Count::Retry(Kind::Overloaded));
        Ok(json!({}))
    })
}

#[tokio::test(start_paused = true)]
async fn a_step_says_all_of_it_in_one_flat_line() {
    let line = Kept::default().of(&step(), json!({})).await;
    insta::assert_json_snapshot!(line, { "._aws.Timestamp" => "[now]", ".timestamp" => "[now]" });
}

#[tokio::test]
async fn a_request_says_where_it_went_and_whose_it_was() {
    let function = serve::http("chats", |_| async { Ok(Reply::empty()) });
    let line = Kept::default().of(&function, request()).await;
    insta::assert_json_snapshot!(line, {
        ".timestamp" => "[now]", ".ms" => "[ms]", ".rest_ms" => "[ms]", ".EstimatedCost" => "[cost]",
    });
    assert!(!line.to_string().contains("a secret"));
}

fn told(line: &Value) -> Vec<&str> {
    ["level", "outcome", "status", "code", "error"]
        .into_iter()
        .filter_map(|name| Some(line.get(name)?.as_str().unwrap_or("a number")))
        .collect()
}

#[tokio::test]
async fn failures_are_said_with_their_cause() {
    let refuses = serve::http("chats", |_| async { Err(Rejection::NotFound("chat")) });
    let outage = serve::http("chats", |_| async {
        Err(Rejection::from(Unavailable { dependency: "the store", reason: "internal words".into() }))
    });
    let panic = serve::http("chats", |_| panics());
    let fails = serve::events("socket", |_, _| async {
        Err(FunctionError { error_type: "BadEvent", message: "not mine".into() })
    });
    let panics = serve::events("socket", |_, _| panics());
    let again = serve::metered("step", |_, _| async {
        note(Note::Outcome, "again");
        note(Note::Error, "no table");
        Ok(json!({}))
    });
    for (function, expected) in [
        (refuses, vec!["INFO", "a number", "not_found"]),
        (outage, vec!["ERROR", "a number", "unavailable", "the store is unavailable: internal words"]),
        (panic, vec!["ERROR", "a number", "internal", "panicked: on purpose"]),
        (fails, vec!["ERROR", "BadEvent", "not mine"]),
        (panics, vec!["ERROR", "Panic", "panicked: on purpose"]),
        (again, vec!["WARN", "again", "no table"]),
    ] {
        let line = Kept::default().of(&function, request()).await;
        assert_eq!(told(&line), expected, "{line}");
    }
}

#[tokio::test]
async fn what_is_no_request_leaves_a_line_as_well() {
    let function = serve::http("chats", |_| async { Ok(Reply::empty()) });
    let line = Kept::default().of(&function, json!({ "Records": [] })).await;
    assert_eq!(line["level"], "ERROR", "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_leaves_its_line_before_the_host_ends_it() {
    let kept = Kept::default();
    let function = serve::events("sweep", |_, _| async {
        enter(Phase::Load);
        pending().await
    });
    let deadline_ms = SystemClock.now().plus_ms(55_000).0;
    let began = tokio::time::Instant::now();
    let failed = function.call(json!({}), Invocation { deadline_ms, ..kept.invocation() }).await;
    assert_eq!(failed.unwrap_err().error_type, "TimedOut");
    assert!(began.elapsed() < Duration::from_secs(55));
    assert_eq!(kept.lines()[0]["outcome"], "TimedOut");
    assert!(kept.lines()[0]["load_ms"].as_f64().unwrap() > 50_000.0);
}

#[tokio::test(start_paused = true)]
async fn invocations_beside_each_other_do_not_mix() {
    let kept = Kept::default();
    let function = serve::events("test", |event: Value, _| async move {
        for _ in 0..event.as_u64().unwrap() {
            count(Count::Push);
            sleep(Duration::from_millis(10)).await;
        }
        Ok(json!({}))
    });
    let (few, many) =
        (function.call(json!(3), kept.invocation()), function.call(json!(7), kept.invocation()));
    let _ = join(few, many).await;
    let pushes: Vec<Value> = kept.lines().iter().map(|line| line["Pushes"].clone()).collect();
    assert_eq!(pushes, [3, 7]);
}

#[tokio::test]
async fn a_long_error_is_cut_between_letters() {
    let function = serve::events("socket", |_, _| async {
        Err(FunctionError { error_type: "BadEvent", message: "ü".repeat(4_000) })
    });
    let line = Kept::default().of(&function, json!({})).await;
    assert_eq!(line["error"].as_str().unwrap(), "ü".repeat(250));
}

/// The times of a line but the whole, in tenths of a millisecond.
fn phases(line: &Map<String, Value>) -> i64 {
    let times = line.iter().filter(|(name, _)| name.ends_with("_ms"));
    times.map(|(_, ms)| tenths(ms)).sum()
}

fn tenths(ms: &Value) -> i64 {
    (ms.as_f64().unwrap() * 10.0).round() as i64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_times_of_a_line_add_up_to_the_whole(
        walk in prop::collection::vec((0..Phase::ALL.len(), 0u64..5_000_000), 0..40)
    ) {
        let function = serve::events("test", move |_, _| {
            let walk = walk.clone();
            async move {
                for (phase, us) in walk {
                    enter(Phase::ALL[phase]);
                    tokio::time::advance(Duration::from_micros(us)).await;
                }
                Ok(json!({}))
            }
        });
        let paused = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let line = paused.unwrap().block_on(Kept::default().of(&function, json!({})));
        let line = line.as_object().unwrap();
        prop_assert_eq!(phases(line), tenths(&line["ms"]));
    }
}
