//! A client of a stack, and the stack to talk to.

mod api;
mod follower;
mod lines;
mod socket;
mod truth;
mod world;

use std::{future::Future, time::Duration};

pub(crate) use api::{Api, Reply, said, say};
pub(crate) use follower::Follower;
pub(crate) use socket::Socket;
pub(crate) use truth::Truth;
pub(crate) use world::World;

/// How long anything may take that a test waits for. A step that died is gone on with after its lease, of
/// 30 s; the promise is 40.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Waits, within the limit.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => panic!("waited too long for {what}"),
    }
}
