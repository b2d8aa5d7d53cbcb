//! The agent of workspaces as a program of its own, built with those who drive it: what machines run.

use clap::Parser as _;
use workspace::{agent, args::Args};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Whoever starts it ends it.
    agent::run(Args::parse(), std::future::pending()).await
}
