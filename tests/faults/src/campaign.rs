//! Many runs: which, on how many threads, and the sum of what came of them.

use std::{
    collections::BTreeMap,
    num::NonZero,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use anyhow::{Result, anyhow};

use crate::{
    fault::Kind,
    run::{Outcome, Run, go, scenes},
    world::{Defect, Ground, lock},
};

/// Which faults, and how many.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// One kind only.
    pub kind: Option<Kind>,
    /// Ends after so many injected faults; runs that have begun end first.
    pub faults: u64,
    /// Runs beside each other.
    pub jobs: NonZero<usize>,
    /// What is broken on purpose.
    pub defect: Option<Defect>,
}

/// The sum of all runs.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// How many runs there were.
    pub runs: u64,
    /// By kind of fault.
    pub kinds: BTreeMap<Kind, Tally>,
    /// By what was struck: how often work had to go on again, and the slowest time that it took.
    pub recoveries: BTreeMap<&'static str, Slowest>,
    /// The runs that violated something.
    pub failures: Vec<Failure>,
    /// At how many places each kind can strike, over all scenes.
    pub places: BTreeMap<Kind, u64>,
    /// Runs without a fault, by scene: milliseconds of simulated time until the last answer.
    pub calm_ms: BTreeMap<&'static str, u64>,
}

/// What became of one kind of fault.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// How many were injected.
    pub injected: u64,
    /// How many of them in runs in which nothing was violated.
    pub survived: u64,
    /// The most that everything was late because of one such fault alone, in milliseconds.
    pub latest_ms: u64,
}

/// The slowest of several.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slowest {
    /// How many there were.
    pub count: u64,
    /// The slowest, in milliseconds.
    pub took_ms: u64,
    /// All of them together, in milliseconds.
    pub all_ms: u64,
}

/// A run that violated something.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong in it.
    pub kind: Kind,
    /// The seed that it is made again with.
    pub seed: u64,
    /// The scene.
    pub scene: &'static str,
    /// What was violated.
    pub violations: Vec<String>,
}

impl Sum {
    /// Returns how many faults were injected.
    #[must_use]
    pub fn injected(&self) -> u64 {
        self.kinds.values().map(|tally| tally.injected).sum()
    }

    fn add(&mut self, outcome: Outcome) {
        let Outcome { run, scene, struck, places, recoveries, at_rest_ms, violations, .. } = outcome;
        self.runs += 1;
        if run.kind == Kind::Nothing {
            self.calm_ms.insert(scene, at_rest_ms);
            for (kind, places) in places {
                *self.places.entry(kind).or_default() += places;
            }
        }
        let calm_ms = self.calm_ms.get(scene).copied().unwrap_or(at_rest_ms);
        for kind in struck {
            let tally = self.kinds.entry(kind).or_default();
            tally.injected += 1;
            tally.survived += u64::from(violations.is_empty());
            if run.kind == kind {
                tally.latest_ms = tally.latest_ms.max(at_rest_ms.saturating_sub(calm_ms));
            }
        }
        for recovery in recoveries.iter().filter(|_| run.kind != Kind::Storm) {
            let slowest = self.recoveries.entry(recovery.fault).or_default();
            slowest.count += 1;
            slowest.took_ms = slowest.took_ms.max(recovery.took_ms);
            slowest.all_ms += recovery.took_ms;
        }
        if !violations.is_empty() {
            self.failures.push(Failure { kind: run.kind, seed: run.seed, scene, violations });
        }
    }
}

/// The places at which one kind strikes in one scene.
struct Front {
    kind: Kind,
    scene: u64,
    places: u64,
}

impl Front {
    /// Returns the run of the n-th turn: all places once in each round, in an order that spreads them.
    const fn run(&self, turn: u64) -> Run {
        let (round, turn) = (turn / self.places, turn % self.places);
        Run::once(self.kind, round, self.scene, turn * stride(self.places) % self.places)
    }
}

/// Returns a step that comes to every one of so many places.
const fn stride(places: u64) -> u64 {
    let mut step = places * 5 / 8 + 1;
    while !coprime(step, places) {
        step += 1;
    }
    step
}

const fn coprime(a: u64, b: u64) -> bool {
    if b == 0 { a == 1 } else { coprime(b, a % b) }
}

/// What is still to be gone through.
struct Work {
    fronts: Vec<Front>,
    turn: u64,
    next: usize,
    /// A storm follows each turn of all fronts.
    storms: bool,
}

impl Work {
    /// Every kind, or one of them, at all places of the scenes, which undisturbed runs have counted.
    fn new(kind: Option<Kind>, calm: &[Outcome]) -> Self {
        let wanted = |found: Kind| kind.is_none_or(|kind| kind == found);
        let mut fronts = Vec::new();
        for (scene, outcome) in (0..).zip(calm) {
            let places = outcome.places.iter().filter(|(kind, _)| wanted(**kind));
            fronts.extend(places.map(|(kind, places)| Front { kind: *kind, scene, places: *places }));
        }
        Self { fronts, turn: 0, next: 0, storms: wanted(Kind::Storm) }
    }

    /// Returns the next run; none when there is nothing to do.
    fn next(&mut self) -> Option<Run> {
        if let Some(front) = self.fronts.get(self.next) {
            self.next += 1;
            return Some(front.run(self.turn));
        }
        (self.next, self.turn) = (0, self.turn + 1);
        if self.storms {
            return Some(Run { kind: Kind::Storm, seed: self.turn });
        }
        if self.fronts.is_empty() { None } else { self.next() }
    }
}

/// Goes through runs until enough was injected, or `stop` says so. `progress` hears the faults so far.
///
/// # Errors
/// No run could be made at all.
pub fn run(campaign: &Campaign, stop: &AtomicBool, progress: &(dyn Fn(u64) + Sync)) -> Result<Sum> {
    let ground = Ground::read(false, campaign.defect)?;
    let calm: Vec<Outcome> = (0..scenes())
        .map(|scene| go(&ground, Run::once(Kind::Nothing, 0, scene, 0)))
        .collect::<Result<_>>()?;
    let work = Mutex::new(Work::new(campaign.kind, &calm));
    let sum = Mutex::new(Sum::default());
    calm.into_iter().for_each(|outcome| lock(&sum).add(outcome));
    let injected = AtomicU64::new(0);
    let enough = || stop.load(Ordering::Relaxed) || injected.load(Ordering::Relaxed) >= campaign.faults;
    let job = || -> Result<()> {
        while !enough() {
            let Some(run) = lock(&work).next() else { return Ok(()) };
            let outcome = go(&ground, run)?;
            let struck = outcome.struck.len() as u64;
            lock(&sum).add(outcome);
            progress(injected.fetch_add(struck, Ordering::Relaxed) + struck);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..campaign.jobs.get()).map(|_| scope.spawn(job)).collect();
        jobs.into_iter().try_for_each(|job| job.join().map_err(|_| anyhow!("a job panicked"))?)
    })?;
    Ok(sum.into_inner().unwrap_or_default())
}

/// Goes through one run again.
///
/// # Errors
/// There is no such run.
pub fn replay(kind: Kind, seed: u64, defect: Option<Defect>) -> Result<(String, Vec<String>)> {
    let ground = Ground::read(true, defect)?;
    let outcome = go(&ground, Run { kind, seed })?;
    let struck: Vec<&str> = outcome.struck.iter().map(|kind| kind.name()).collect();
    let head = format!("{}: {}\n", outcome.scene, struck.join(", "));
    Ok((head + &outcome.trace, outcome.violations))
}
