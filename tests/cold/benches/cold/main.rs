//! What a cold start takes: size, init, first invocation, first call over TLS, each beside its bar.
//! `cargo bench -p cold`.
#![expect(clippy::print_stdout, reason = "a benchmark's product is its table")]

mod aws;
mod bootstrap;
mod certificates;
mod event;
mod http;
mod runtime;
mod share;
mod sizes;
mod start;
#[path = "../../../e2e/benches/turns/table.rs"]
mod table;

use std::process::ExitCode;

use anyhow::{Result, ensure};

use bootstrap::Bootstrap;
use sizes::Sizes;
use start::Stage;
use table::{Row, percentile, row};

/// Starts of each function, for each kind of figure.
const STARTS: usize = 40;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let mut bootstraps = Bootstrap::all()?;
    bootstraps.retain(|one| named.is_empty() || named.iter().any(|name| one.name.contains(name.as_str())));
    ensure!(!bootstraps.is_empty(), "no function has such a name");
    if arguments.iter().any(|argument| argument == "--record") {
        Sizes::record(&bootstraps)?;
    }
    table::head();
    let faults = weigh(&bootstraps)?;
    time(&bootstraps)?;
    for fault in &faults {
        println!("{fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn weigh(bootstraps: &[Bootstrap]) -> Result<Vec<String>> {
    let sizes = Sizes::read()?;
    for one in bootstraps {
        let what = format!("{}: size, {}", one.name, one.architecture);
        row(&Row { what: &what, figure: one.bytes as f64 / 1e6, unit: "MB", bar: Some(sizes::BAR_MB) });
    }
    Ok(bootstraps.iter().flat_map(|one| sizes.faults(one).into_iter().chain(eventless(one))).collect())
}

/// Returns what is wrong with a function that nobody can invoke.
fn eventless(one: &Bootstrap) -> Option<String> {
    let lacks = event::of(&one.name).is_none();
    lacks.then(|| format!("{} has no event in event.rs: its first invocation is not measured", one.name))
}

fn time(bootstraps: &[Bootstrap]) -> Result<()> {
    let stage = Stage::set()?;
    for one in bootstraps.iter().filter(|one| one.runs_here()) {
        time_one(&stage, one)?;
    }
    println!(
        "{} certificates are trusted; {STARTS} starts a figure; {}",
        stage.certificates,
        stage.share_says()
    );
    Ok(())
}

fn time_one(stage: &Stage, one: &Bootstrap) -> Result<()> {
    let (mut inits, mut firsts) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let start = stage.start(one)?;
        inits.push(start.init_ms);
        firsts.extend(start.first_ms);
    }
    print(one, "init, p50", 50, &mut inits, Some(8.0));
    print(one, "init, p90", 90, &mut inits, None);
    print(one, "first invocation, p50", 50, &mut firsts, None);
    let mut calls = stage.first_calls(one, STARTS)?;
    print(one, "first call over TLS at the share of 128 MB, p50", 50, &mut calls, Some(10.0));
    Ok(())
}

fn print(one: &Bootstrap, what: &str, percent: usize, samples: &mut [f64], bar: Option<f64>) {
    let what = format!("{}: {what}", one.name);
    if samples.is_empty() {
        println!("{what:<66} not measured");
    } else {
        row(&Row { what: &what, figure: percentile(samples, percent), unit: "ms", bar });
    }
}
