//! Runs database calls one after another, away from the threads that stream.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// A queue of calls that one blocking thread empties.
///
/// The database has a single lock, so a second thread would only wait for it; and a checkpoint's `fsync`
/// takes tens of milliseconds on a busy disk, which on two workers would stall every stream at once.
/// `spawn_blocking` rather than a thread of our own: a paused clock then waits for the answer.
#[derive(Default)]
pub(crate) struct Lane {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    drained_by_someone: bool,
}

impl Lane {
    /// Runs `work` after everything queued before it. `None` if it panicked or the runtime went away.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.submit(Box::new(move || {
            // Nobody waits any more: the work is done all the same.
            let _ = answer.send(work());
        }));
        answered.await.ok()
    }

    fn submit(self: &Arc<Self>, job: Job) {
        let mut queue = self.lock();
        queue.jobs.push_back(job);
        if queue.drained_by_someone {
            return;
        }
        queue.drained_by_someone = true;
        drop(queue);
        let drain = Drain { lane: Arc::clone(self), over: false };
        tokio::task::spawn_blocking(move || drain.empty());
    }

    /// The next job; with none left, the drain is over before the lock is let go.
    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        let job = queue.jobs.pop_front();
        queue.drained_by_someone = job.is_some();
        job
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One emptying of the queue. Dropped before it ran (the runtime shut down), it hands the duty back.
struct Drain {
    lane: Arc<Lane>,
    over: bool,
}

impl Drain {
    fn empty(mut self) {
        while let Some(job) = self.lane.next() {
            // A panic in one call must not leave the calls behind it unanswered.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
        // `next` has given the duty back; someone else may hold it by now.
        self.over = true;
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        if !self.over {
            self.lane.lock().drained_by_someone = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_answer_in_their_order() {
        let lane = Arc::new(Lane::default());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let calls = (0..50).map(|number| {
            let seen = Arc::clone(&seen);
            lane.run(move || seen.lock().unwrap().push(number))
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        assert_eq!(*seen.lock().unwrap(), (0..50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_panic_fails_its_own_call_only() {
        let lane = Arc::new(Lane::default());
        let (bad, good) = tokio::join!(lane.run(|| panic!("on purpose")), lane.run(|| 7));
        assert_eq!((bad, good), (None::<()>, Some(7)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_waits_for_the_answer() {
        let lane = Arc::new(Lane::default());
        let (release, held) = std::sync::mpsc::channel::<()>();
        let call = tokio::time::timeout(std::time::Duration::from_millis(1), lane.run(move || held.recv()));
        std::thread::spawn(move || release.send(()));
        assert!(call.await.is_ok());
    }

    #[test]
    fn a_runtime_that_went_away_does_not_block_the_next() {
        let lane = Arc::new(Lane::default());
        for expected in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            assert_eq!(runtime.block_on(lane.run(move || expected)), Some(expected));
        }
        lane.lock().drained_by_someone = true;
        drop(Drain { lane: Arc::clone(&lane), over: false });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(lane.run(|| 1)), Some(1));
    }
}
