//! A client of a stack, and the stack to talk to.

mod api;
mod follower;
mod lines;
mod machine;
mod socket;
mod truth;
mod world;

use std::{future::Future, time::Duration};

pub(crate) use api::{Api, Reply, said, say};
pub(crate) use follower::Follower;
pub(crate) use machine::Machine;
pub(crate) use socket::Socket;
pub(crate) use truth::Truth;
pub(crate) use world::World;

/// How long anything may take that a test waits for. A step that died is gone on with after its lease, of
/// 30 s; the promise is 40.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Runs a test on a stack as large as a function's on Lambda: unoptimised, making an agent takes more than a test's.
pub(crate) fn on_a_large_stack<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test());
    };
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(run).unwrap();
    thread.join().unwrap();
}

/// Waits, within the limit.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => panic!("waited too long for {what}"),
    }
}
