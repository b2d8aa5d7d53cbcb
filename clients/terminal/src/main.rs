//! The command line.

use std::{
    io::{self, ErrorKind},
    process::ExitCode,
};

use clap::Parser;
use terminal::{
    admin::{Form, limits, models, providers, servers, settings, usage},
    args::{Args, Verb},
    context, conversation, diff, kill, list,
    output::Output,
    stack::Finder,
    status, tail, title, watch, workspaces,
};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::standard();
    // Both TLS users must agree on one provider; a second installation changes nothing.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let code = match std::env::current_dir() {
        Ok(directory) => run(args, directory, &mut output).await,
        Err(error) => Err(error.into()),
    };
    code.unwrap_or_else(|error| {
        // Whoever reads has seen enough.
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
            return ExitCode::FAILURE;
        }
        output.notice(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

async fn run(args: Args, directory: std::path::PathBuf, output: &mut Output) -> anyhow::Result<ExitCode> {
    let finder = Finder { args: args.stack, directory };
    match args.verb {
        Verb::Chat(options) => conversation::run(finder, options, output).await,
        Verb::Watch { json } => watch::run(finder, json, output).await,
        Verb::List => list::run(finder, output).await,
        Verb::Status { json } => status::run(finder, json, output).await,
        Verb::Tail(options) => tail::run(finder, options, output).await,
        Verb::Kill(options) => kill::run(finder, options, output).await,
        Verb::Diff { chat, json } => diff::run(finder, chat, Form::of(json), output).await,
        Verb::Title { chat, json } => title::run(finder, chat, json, output).await,
        Verb::Context { chat, refresh, json } => {
            let word = if refresh { context::Word::Last } else { context::Word::Kept };
            context::run(finder, chat, word, json, output).await
        }
        Verb::Providers { verb, json } => providers::run(finder, verb, Form::of(json), output).await,
        Verb::McpServers { verb, json } => servers::run(finder, verb, Form::of(json), output).await,
        Verb::Models { verb, json } => models::run(finder, verb, Form::of(json), output).await,
        Verb::Workspaces { verb, json } => workspaces::run(finder, verb, Form::of(json), output).await,
        Verb::Limits { verb, json } => limits::run(finder, verb, Form::of(json), output).await,
        Verb::Usage { options, json } => usage::run(finder, options, Form::of(json), output).await,
        Verb::Settings { verb, json } => settings::run(finder, verb, Form::of(json), output).await,
        Verb::Interrupt { id } => list::interrupt(finder, id).await,
    }
}
