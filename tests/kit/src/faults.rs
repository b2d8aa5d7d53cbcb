//! Faults on purpose: what happens to the n-th call of any port.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chat::port::Unavailable;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing bad.
    Pass,
    /// It fails and has had no effect.
    FailBefore,
    /// It has its effect and then fails.
    FailAfter,
    /// It never returns and has no effect: drop the future here to see a crash before it.
    HangBefore,
    /// It has its effect and never returns.
    HangAfter,
}

impl Fault {
    /// Every fault that is one.
    pub const ALL: [Self; 4] = [Self::FailBefore, Self::FailAfter, Self::HangBefore, Self::HangAfter];
}

type Plan = dyn Fn(usize, &'static str) -> Fault + Send + Sync;

/// Numbers the calls of every fake that it is given to, and decides what happens to each. Clones count
/// together.
#[derive(Clone)]
pub struct Faults(Arc<Mutex<Inner>>);

struct Inner {
    plan: Arc<Plan>,
    calls: Vec<&'static str>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("calls", &self.calls()).finish_non_exhaustive()
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::new(|_, _| Fault::Pass)
    }
}

impl Faults {
    /// Asks `plan`, with the call's number from 0 and its name (`commit`, `log`, `tell` …).
    pub fn new(plan: impl Fn(usize, &'static str) -> Fault + Send + Sync + 'static) -> Self {
        Self(Arc::new(Mutex::new(Inner { plan: Arc::new(plan), calls: Vec::new() })))
    }

    /// Lets one call go wrong and all others pass.
    #[must_use]
    pub fn at(index: usize, fault: Fault) -> Self {
        Self::new(move |call, _| if call == index { fault } else { Fault::Pass })
    }

    /// Changes the plan and starts to count anew.
    pub fn set(&self, plan: impl Fn(usize, &'static str) -> Fault + Send + Sync + 'static) {
        *self.lock() = Inner { plan: Arc::new(plan), calls: Vec::new() };
    }

    /// Lets everything pass from now on, and starts to count anew.
    pub fn clear(&self) {
        self.set(|_, _| Fault::Pass);
    }

    /// Returns the names of the calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.lock().calls.clone()
    }

    /// Does what the plan says around `effect`. The other tasks run first, as they would over a network.
    pub(crate) async fn around<T>(
        &self,
        name: &'static str,
        effect: impl FnOnce() -> T,
    ) -> Result<T, Unavailable> {
        let fault = self.next(name);
        tokio::task::yield_now().await;
        match fault {
            Fault::Pass => Ok(effect()),
            Fault::FailBefore => Err(unavailable(name)),
            Fault::FailAfter => {
                effect();
                Err(unavailable(name))
            }
            Fault::HangBefore => pending().await,
            Fault::HangAfter => {
                effect();
                pending().await
            }
        }
    }

    fn next(&self, name: &'static str) -> Fault {
        let mut inner = self.lock();
        let index = inner.calls.len();
        inner.calls.push(name);
        (inner.plan)(index, name)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(name: &'static str) -> Unavailable {
    Unavailable { dependency: "fake", reason: format!("{name} fails on purpose") }
}
