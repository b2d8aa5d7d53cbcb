//! The agent on a workspace's machine.

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use workspace::{agent, args::Args};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // Both TLS users must agree on one provider; a second installation changes nothing.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let lines = tracing_subscriber::fmt().with_target(false).with_writer(std::io::stderr);
    if args.json {
        lines.json().flatten_event(true).init();
    } else {
        lines.with_ansi(false).init();
    }
    match agent::run(args, told_to_stop()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn told_to_stop() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "signals cannot be heard");
            std::future::pending::<()>().await;
        }
    }
}
