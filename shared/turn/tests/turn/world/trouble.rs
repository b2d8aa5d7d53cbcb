//! One call of a step that goes wrong: it fails, or its process dies there.

use std::sync::{Arc, Mutex};

use kit::faults::{Fault, Faults};
use tokio::sync::Notify;

tokio::task_local! {
    /// The step that runs in this task; its process dies when it is notified.
    static STEP: Arc<Notify>;
}

/// What goes wrong among the calls of steps; clients' calls are not counted.
#[derive(Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    at: Option<(usize, Fault)>,
    deadly: Option<&'static str>,
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
        let deadly = (inner.deadly == Some(name)).then_some(Fault::HangBefore);
        let planned = inner.at.filter(|(at, _)| *at == index).map(|(_, fault)| fault);
        let Some(fault) = planned.or(deadly) else { return Fault::Pass };
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
