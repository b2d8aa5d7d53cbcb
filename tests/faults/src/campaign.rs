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
        let Outcome { run, scene, struck, recoveries, at_rest_ms, violations, .. } = outcome;
        self.runs += 1;
        if run.kind == Kind::Nothing {
            self.calm_ms.insert(scene, at_rest_ms);
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

/// Where one kind is to strike next in one scene.
struct Front {
    kind: Kind,
    scene: u64,
    round: u64,
    place: u64,
}

/// What is still to be gone through.
struct Work {
    calm: u64,
    fronts: Vec<Front>,
    next: usize,
    storms: Option<u64>,
}

impl Work {
    fn new(kind: Option<Kind>) -> Self {
        let kinds: Vec<Kind> = match kind {
            None => Kind::SINGLE.to_vec(),
            Some(Kind::Storm | Kind::Nothing) => Vec::new(),
            Some(kind) => vec![kind],
        };
        let fronts = (0..scenes())
            .flat_map(|scene| kinds.iter().map(move |kind| Front { kind: *kind, scene, round: 0, place: 0 }));
        let storms = matches!(kind, None | Some(Kind::Storm)).then_some(0);
        Self { calm: 0, fronts: fronts.collect(), next: 0, storms }
    }

    /// Returns the next run: first each scene undisturbed, then every kind and scene in turn, and a storm
    /// after each such round.
    fn next(&mut self) -> Option<(Run, Option<usize>)> {
        if self.calm < scenes() {
            self.calm += 1;
            return Some((Run::once(Kind::Nothing, 0, self.calm - 1, 0), None));
        }
        if self.next >= self.fronts.len() {
            self.next = 0;
            if let Some(storm) = &mut self.storms {
                *storm += 1;
                return Some((Run { kind: Kind::Storm, seed: *storm }, None));
            }
        }
        let index = self.next;
        let front = self.fronts.get_mut(index)?;
        self.next += 1;
        let run = Run::once(front.kind, front.round, front.scene, front.place);
        front.place += 1;
        Some((run, Some(index)))
    }

    /// A place was beyond the last: the next round begins.
    fn exhausted(&mut self, index: usize, run: Run) {
        if let Some(front) = self.fronts.get_mut(index)
            && Run::once(front.kind, front.round, front.scene, 0).seed <= run.seed
        {
            front.round += 1;
            front.place = 0;
        }
    }
}

/// Goes through runs until enough was injected, or `stop` says so. `progress` hears the faults so far.
///
/// # Errors
/// No run could be made at all.
pub fn run(campaign: &Campaign, stop: &AtomicBool, progress: &(dyn Fn(u64) + Sync)) -> Result<Sum> {
    let ground = Ground::read(false, campaign.defect)?;
    let (sum, work) = (Mutex::new(Sum::default()), Mutex::new(Work::new(campaign.kind)));
    let injected = AtomicU64::new(0);
    let enough = || stop.load(Ordering::Relaxed) || injected.load(Ordering::Relaxed) >= campaign.faults;
    let job = || -> Result<()> {
        while !enough() {
            let Some((run, front)) = lock(&work).next() else { return Ok(()) };
            let outcome = go(&ground, run)?;
            if let Some(front) = front.filter(|_| outcome.struck.is_empty()) {
                lock(&work).exhausted(front, run);
                continue;
            }
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
