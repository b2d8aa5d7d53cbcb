//! The command.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Instant,
};

use anyhow::Result;
use clap::Parser as _;
use faults::{
    campaign::{self, Campaign, Sum},
    fault::Kind,
    options::Options,
    report,
};

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    match options.seed {
        Some(seed) => again(options.fault.unwrap_or(Kind::Storm), seed, &options),
        None => all(&options),
    }
}

fn again(kind: Kind, seed: u64, options: &Options) -> Result<ExitCode> {
    let (trace, violations) = campaign::replay(kind, seed, options.defect)?;
    let mut out = io::stdout().lock();
    write!(out, "{trace}")?;
    for violation in &violations {
        writeln!(out, "violated: {violation}")?;
    }
    Ok(code(violations.is_empty()))
}

fn all(options: &Options) -> Result<ExitCode> {
    let began = Instant::now();
    let campaign =
        Campaign { kind: options.fault, faults: options.faults, jobs: options.jobs, defect: options.defect };
    let sum = until_interrupted(&campaign)?;
    let took = began.elapsed();
    let words = if options.json { report::json(&sum, took) } else { report::words(&sum, took) };
    write!(io::stdout().lock(), "{words}")?;
    if let Some(path) = &options.report {
        std::fs::write(path, report::table(&sum, options.faults))?;
    }
    Ok(code(sum.failures.is_empty()))
}

/// Ctrl-C ends it after the runs that have begun.
fn until_interrupted(campaign: &Campaign) -> Result<Sum> {
    static STOP: AtomicBool = AtomicBool::new(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            STOP.store(true, Ordering::Relaxed);
        }
    });
    campaign::run(campaign, &STOP, &progress)
}

/// Says every thousandth fault, which only long work comes to.
fn progress(injected: u64) {
    static TOLD: AtomicU64 = AtomicU64::new(0);
    let thousands = injected / 1_000;
    if TOLD.fetch_max(thousands, Ordering::Relaxed) < thousands {
        // Nobody may be reading.
        let _ = writeln!(io::stderr(), "{} faults", thousands * 1_000);
    }
}

fn code(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
