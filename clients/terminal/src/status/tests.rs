use serde_json::{Value, json};

use super::*;

/// A run, as the stack tells it.
pub(crate) fn told(number: u8, change: Value) -> RunView {
    let mut run = json!({
        "chat_id": format!("019b76da-abe8-7000-8000-0000000000{number:02}"),
        "owner_id": "00000000-0000-0000-0000-000000000099",
        "title": format!("Chat {number}"), "status": "running", "state": "R0", "phase": "answering",
        "began_at": "2026-01-01T00:00:01.000Z", "age_ms": 4_000, "step_age_ms": 3_000, "attempt": 1,
        "model_id": "00000000-0000-0000-0000-00000000000c", "pending_calls": 0, "queued_count": 0,
        "due_at": "2026-01-01T00:02:00.000Z", "cost_micros": 85, "lease_until": "2026-01-01T00:00:44.000Z",
    });
    for (name, value) in change.as_object().unwrap() {
        run[name] = value.clone();
    }
    serde_json::from_value(run).unwrap()
}

fn page(runs: Vec<RunView>, complete: bool) -> Runs {
    let counts = chat::run::Counts::of(&runs);
    serde_json::from_value(json!({ "runs": runs, "counts": counts, "complete": complete })).unwrap()
}

#[test]
fn a_quiet_stack_says_so() {
    insta::assert_snapshot!(screen(&page(Vec::new(), true)), @r"
    0 running, 0 parked, 0 waiting for a client or a person, 0 retrying
    Nothing is stuck; no wake is overdue.
    ");
}

#[test]
fn a_busy_stack_fits_on_a_screen() {
    let long = "Why does the build fail on the second machine only, and never on the first one?";
    let runs = vec![
        told(
            1,
            json!({ "phase": "waking", "age_ms": 7_384_000, "overdue_ms": 250_000, "attempt": 0, "title": long }),
        ),
        told(
            2,
            json!({ "phase": "requires_action", "status": "requires_action", "age_ms": 125_000, "title": "" }),
        ),
        told(3, json!({ "phase": "retrying", "attempt": 12, "overdue_ms": 900, "cost_micros": 1_234_567 })),
        told(4, json!({})),
    ];
    insta::assert_snapshot!(screen(&page(runs, true)));
}

#[test]
fn what_does_not_fit_is_counted() {
    let runs = (0..43).map(|number| told(number, json!({}))).collect();
    let screen = screen(&page(runs, false));
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(lines[2], "There are more: neither listed nor counted.");
    assert_eq!(lines.last(), Some(&"… and 3 more; --json has them all"));
}

#[test]
fn times_are_said_as_people_say_them() {
    let times = [999, 59_999, 60_000, 3_599_000, 3_600_000, 90_061_000].map(age);
    assert_eq!(times, ["0s", "59s", "1m 00s", "59m 59s", "1h 00m", "1d 01h"]);
}
