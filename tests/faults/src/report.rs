//! What a campaign says at its end.

use std::{fmt::Write as _, time::Duration};

use serde_json::json;

use crate::campaign::{Failure, Sum};

/// Failures that are told in full.
const TOLD: usize = 20;

/// Returns words for people.
#[must_use]
pub fn words(sum: &Sum, took: Duration) -> String {
    let mut words = String::new();
    for failure in sum.failures.iter().take(TOLD) {
        let Failure { kind, seed, scene, violations } = failure;
        // Writing to a string does not fail.
        let _ = writeln!(words, "violated in \"{scene}\": {}", violations.join("; "));
        let _ = writeln!(words, "  cargo run -p faults -- --fault {} --seed {seed}", kind.name());
    }
    let _ = writeln!(
        words,
        "{} faults in {} runs, {} runs violated something ({:.1} s)",
        sum.injected(),
        sum.runs,
        sum.failures.len(),
        took.as_secs_f64(),
    );
    words
}

/// Returns one JSON object.
#[must_use]
pub fn json(sum: &Sum, took: Duration) -> String {
    let kinds: serde_json::Map<_, _> = sum
        .kinds
        .iter()
        .map(|(kind, tally)| {
            let tally = json!({
                "injected": tally.injected, "survived": tally.survived, "latest_ms": tally.latest_ms,
            });
            (kind.name().to_owned(), tally)
        })
        .collect();
    let recoveries: serde_json::Map<_, _> = sum
        .recoveries
        .iter()
        .map(|(fault, slowest)| {
            ((*fault).to_owned(), json!({"count": slowest.count, "slowest_ms": slowest.took_ms}))
        })
        .collect();
    let places: serde_json::Map<_, _> =
        sum.places.iter().map(|(kind, places)| (kind.name().to_owned(), json!(places))).collect();
    let failures: Vec<_> = sum.failures.iter().map(|failure| {
        json!({"fault": failure.kind.name(), "seed": failure.seed, "scene": failure.scene, "violations": failure.violations})
    }).collect();
    let all = json!({
        "runs": sum.runs, "injected": sum.injected(), "took_ms": took.as_millis(),
        "kinds": kinds, "places": places, "recoveries": recoveries, "failures": failures,
    });
    format!("{all}\n")
}

/// Returns the table that `docs/faults.md` holds.
#[must_use]
pub fn table(sum: &Sum, faults: u64) -> String {
    let mut table = format!(
        "{HEAD}\n`cargo run --profile bench -p faults -- --faults {faults} --report docs/faults.md` made this file: "
    );
    let _ = writeln!(
        table,
        "{} faults in {} runs, {} of which violated something.\n",
        sum.injected(),
        sum.runs,
        sum.failures.len()
    );
    let _ = writeln!(table, "| fault | injected | survived | everything at rest later by, at most |");
    let _ = writeln!(table, "| --- | ---: | ---: | ---: |");
    for (kind, tally) in &sum.kinds {
        let late = tally.latest_ms as f64 / 1_000.0;
        let _ =
            writeln!(table, "| {} | {} | {} | {late:.1} s |", kind.name(), tally.injected, tally.survived);
    }
    let _ = writeln!(table, "\n{RECOVERIES}");
    let _ = writeln!(table, "| fault | times | work went on after, on average | at the slowest |");
    let _ = writeln!(table, "| --- | ---: | ---: | ---: |");
    for (fault, slowest) in &sum.recoveries {
        let mean = slowest.all_ms as f64 / 1_000.0 / slowest.count.max(1) as f64;
        let took = slowest.took_ms as f64 / 1_000.0;
        let _ = writeln!(table, "| {fault} | {} | {mean:.1} s | {took:.1} s |", slowest.count);
    }
    table
}

const HEAD: &str = "# What it survives

Scripted conversations through the real functions, over the embedded database, while everything around them goes wrong;
`tests/faults/README.md` says how, and what is checked after each run. Times are simulated.
";

const RECOVERIES: &str =
    "Faults that struck while a step worked or was to, and how long it took until a step committed \
something or heard from its model. Storms are not in this table: their faults overlap.
";
