//! The account of one invocation: where its time and its units went, and what came of it.
//!
//! Whoever hosts an invocation [`keep`]s an account around it and reads its [`Book`] at the end. Call sites
//! say what they do by free functions ([`enter`], [`spent`], [`count`], [`note`], [`gauge`], [`mark`]), which
//! write to the account of the task that is being polled, so that invocations beside each other in one
//! process do not mix. Without an account they do nothing; nor do they in a task that was spawned aside.

mod book;
pub mod price;

use std::{
    cell::RefCell,
    fmt,
    future::{Future, poll_fn},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use book::{Book, Count, Gauge, Mark, Note, Phase, Spent};

/// An account being kept. Cheap to clone; clones are the same account.
#[derive(Clone)]
pub struct Account(Arc<Kept>);

struct Kept {
    /// The time since the invocation began.
    elapsed: Box<dyn Fn() -> Duration + Send + Sync>,
    book: Mutex<Book>,
}

impl Account {
    /// Opens an account; `elapsed` says how long ago that was, and never less than before.
    pub fn open(elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(Kept { elapsed: Box::new(elapsed), book: Mutex::default() }))
    }

    /// Says something before the invocation runs; see [`note`].
    pub fn note(&self, what: Note, text: impl fmt::Display) {
        self.lock().note(what, &text);
    }

    /// Returns what is in the account now.
    #[must_use]
    pub fn book(&self) -> Book {
        let mut book = self.lock();
        book.run_to((self.0.elapsed)());
        book.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account")
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Account>> = const { RefCell::new(None) };
}

/// Runs a future whose call sites write to `account`. An account within another replaces it meanwhile.
pub fn keep<F: Future>(account: Account, future: F) -> impl Future<Output = F::Output> {
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        let _polled = Polled::by(&account);
        future.as_mut().poll(context)
    })
}

/// One poll; what was there before comes back, also after a panic.
struct Polled(Option<Account>);

impl Polled {
    fn by(account: &Account) -> Self {
        Self(CURRENT.replace(Some(account.clone())))
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// From here on time and units are this phase's. Exactly one phase runs at any moment.
pub fn enter(phase: Phase) {
    write(|book, elapsed| book.enter(phase, elapsed));
}

/// Says what a table took for a request, in request units.
pub fn spent(read_units: f64, write_units: f64) {
    write(|book, _| book.spend(read_units, write_units));
}

/// Counts one.
pub fn count(what: Count) {
    write(|book, _| *book.counts.entry(what).or_default() += 1);
}

/// Says something for the log line; of actions all, of others the last. Never content, never a secret.
pub fn note(what: Note, text: impl fmt::Display) {
    write(|book, _| book.note(what, &text));
}

/// Returns what was said.
#[must_use]
pub fn noted(what: Note) -> Option<String> {
    let mut text = None;
    write(|book, _| text = book.notes.get(&what).cloned());
    text
}

/// Says a number; the largest stays.
pub fn gauge(what: Gauge, value: u64) {
    write(|book, _| {
        let held = book.gauges.entry(what).or_default();
        *held = (*held).max(value);
    });
}

/// Says that a moment has come; of several of a kind the first counts.
pub fn mark(moment: Mark) {
    write(|book, elapsed| {
        book.marks.entry(moment).or_insert(elapsed);
    });
}

/// Returns what is in the account now; nothing where none is kept.
#[must_use]
pub fn so_far() -> Book {
    let kept = CURRENT.try_with(|current| current.borrow().clone()).ok().flatten();
    kept.map(|account| account.book()).unwrap_or_default()
}

fn write(entry: impl FnOnce(&mut Book, Duration)) {
    // A thread that is ending has no account any more.
    let _ = CURRENT.try_with(|current| {
        if let Some(account) = &*current.borrow() {
            entry(&mut account.lock(), (account.0.elapsed)());
        }
    });
}

#[cfg(test)]
mod tests;
