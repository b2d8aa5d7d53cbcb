//! The agent on a workspace's machine.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use workspace::{
    agent,
    args::Args,
    hooks::{Boot, Hooks},
};

/// How long what still blocks is waited for at the end: a file system that does not answer may never.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let args = Args::parse();
    // Both TLS users must agree on one provider; a second installation changes nothing.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let lines = tracing_subscriber::fmt().with_target(false).with_writer(std::io::stderr);
    if args.json {
        lines.json().flatten_event(true).init();
    } else {
        lines.with_ansi(false).init();
    }
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(begin(args));
    runtime.shutdown_timeout(PATIENCE);
    ended
}

/// On a MicroVM the machine says when to begin, that it has slept, and when it goes.
async fn begin(mut args: Args) -> anyhow::Result<()> {
    let Some(port) = args.hooks else { return agent::run(args, told_to_stop()).await };
    let hooks = Hooks::listen(port).await?;
    tokio::select! {
        Some(Boot { url, enrolment, .. }) = hooks.boot() => {
            (args.url, args.token) = (Some(url), Some(enrolment));
        }
        () = told_to_stop() => return Ok(()),
    }
    let stop = async {
        tokio::select! { () = told_to_stop() => {}, () = hooks.ended() => {} }
    };
    agent::run_on(args, stop, hooks.woken()).await
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
