//! One call of a step that goes wrong: it fails, or its process dies there.

use std::sync::{Arc, Mutex};

use kit::faults::{Fault, Faults};
use tokio::sync::Notify;

tokio::task_local! {
    /// The step that runs in this task; its process dies when it is notified.
    static STEP: Arc<Notify>;
}

/// Faults at random, until there were enough.
struct Storm {
    dice: u64,
    left: u32,
}

impl Storm {
    fn next(&mut self) -> Option<Fault> {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        let strikes = self.left > 0 && self.dice.is_multiple_of(16);
        self.left -= u32::from(strikes);
        strikes.then(|| Fault::ALL[usize::try_from(self.dice / 16 % 4).unwrap()])
    }
}

/// What goes wrong among the calls of steps; clients' calls are not counted.
#[derive(Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    at: Option<(usize, Fault)>,
    deadly: Option<&'static str>,
    silent: Option<&'static str>,
    storm: Option<Storm>,
    calls: Vec<&'static str>,
    fired: Option<&'static str>,
}

impl Trouble {
    /// Lets one call of all steps go wrong.
    pub(crate) fn at(&self, index: usize, fault: Fault) {
        self.0.lock().unwrap().at = Some((index, fault));
    }

    /// Lets every step die at its first call of this name.
    pub(crate) fn at_every(&self, name: &'static str) {
        self.0.lock().unwrap().deadly = Some(name);
    }

    /// Lets no step's call of this name ever return.
    pub(crate) fn silences(&self, name: &'static str) {
        self.0.lock().unwrap().silent = Some(name);
    }

    /// Lets calls go wrong at random, up to eight of them.
    pub(crate) fn storm(&self, seed: u64) {
        let dice = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        self.0.lock().unwrap().storm = Some(Storm { dice, left: 8 });
    }

    /// Returns the name of the call that went wrong.
    pub(crate) fn fired(&self) -> Option<&'static str> {
        self.0.lock().unwrap().fired
    }

    /// Returns the names of the steps' calls so far.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Returns how often steps made a call.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.calls().iter().filter(|call| **call == name).count()
    }

    pub(crate) fn faults(&self) -> Faults {
        let this = self.clone();
        Faults::new(move |_, name| STEP.try_with(|kill| this.next(name, kill)).unwrap_or(Fault::Pass))
    }

    fn next(&self, name: &'static str, kill: &Notify) -> Fault {
        let mut inner = self.0.lock().unwrap();
        let index = inner.calls.len();
        inner.calls.push(name);
        if inner.silent == Some(name) {
            return Fault::HangBefore;
        }
        let deadly = (inner.deadly == Some(name)).then_some(Fault::HangBefore);
        let planned = inner.at.filter(|(at, _)| *at == index).map(|(_, fault)| fault);
        let Some(fault) = planned.or(deadly).or_else(|| inner.storm.as_mut()?.next()) else {
            return Fault::Pass;
        };
        inner.fired = Some(name);
        if matches!(fault, Fault::HangBefore | Fault::HangAfter) {
            kill.notify_one();
        }
        fault
    }
}

/// Runs a step until it ends, or until its process dies. None: it died.
pub(crate) async fn mortal<T>(step: impl Future<Output = T>) -> Option<T> {
    let kill = Arc::new(Notify::new());
    tokio::select! {
        biased;
        ended = STEP.scope(Arc::clone(&kill), step) => Some(ended),
        () = dies(&kill) => None,
    }
}

async fn dies(kill: &Notify) {
    kill.notified().await;
    // The call at which it dies has its effect first, if it is to have one.
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}
