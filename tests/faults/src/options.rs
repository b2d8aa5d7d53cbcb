//! What the command is told.

use std::{num::NonZero, path::PathBuf};

use crate::{fault::Kind, world::Defect};

/// Conversations through the real functions, while everything around them goes wrong.
///
/// Without a seed: every await point and every request of every scene goes wrong once, in turn, then storms
/// of many faults follow, until enough was injected. With a seed: that run again, with its trace.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "faults", version)]
pub struct Options {
    /// Stop after so many injected faults.
    #[arg(long, default_value_t = 600)]
    pub faults: u64,
    /// Go through this one run, and print what happens in it.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Inject this kind only; with a seed, the kind that the seed is for.
    #[arg(long, value_enum)]
    pub fault: Option<Kind>,
    /// Runs beside each other.
    #[arg(long, default_value_t = processors())]
    pub jobs: NonZero<usize>,
    /// Print one JSON object instead of words.
    #[arg(long)]
    pub json: bool,
    /// Write a table of what was injected and survived to this file.
    #[arg(long)]
    pub report: Option<PathBuf>,
    /// Break the system on purpose, to see that it is noticed.
    #[arg(long, value_enum)]
    pub defect: Option<Defect>,
}

fn processors() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}
