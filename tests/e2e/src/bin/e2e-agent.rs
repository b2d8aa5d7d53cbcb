//! The agent of workspaces as a program of its own, built with those who drive it: what machines run.

use std::io::Read as _;

use clap::Parser as _;
use tokio::sync::oneshot;
use workspace::{agent, args::Args};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    agent::run(Args::parse(), left()).await
}

/// Whoever started it has ended, however that was: nothing can come from there any more.
async fn left() {
    let (ended, end) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        drop(std::io::stdin().read(&mut [0]));
        drop(ended);
    });
    drop(end.await);
}
