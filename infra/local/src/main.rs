//! Starts the local stack and says where it is.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context, Result};
use clap::Parser;
use edge::config::Vars;
use kit::rehearsal::Rehearsal;
use local::{Options, Stack, wiring};
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;

/// Quickstep in one process, on this machine.
#[derive(Debug, Parser)]
#[command(
    bin_name = "cargo run --",
    after_help = "ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, OPENAI_API_KEY and OPENAI_BASE_URL are read as the \
                        official SDKs read them. Without a key a rehearsal model answers. With GITHUB_API_URL \
                        (https://api.github.com), and GITHUB_TOKEN, pull requests are asked for."
)]
struct Arguments {
    /// The port on this machine; 0 takes a free one.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// The folder where everything is kept.
    #[arg(long, default_value = ".quickstep")]
    data: PathBuf,
    /// Print one line of JSON once ready, instead of text.
    #[arg(long)]
    json: bool,
    /// What is logged to the standard error: off, error, warn, info, debug or trace.
    #[arg(long, default_value = "warn")]
    log: LevelFilter,
}

/// What Lambda gives a function's only thread; unoptimised code needs more than a worker's usual 2 MB.
const STACK_BYTES: usize = 8 * 1024 * 1024;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).thread_stack_size(STACK_BYTES).enable_all().build()?.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> Result<()> {
    tracing_subscriber::fmt().with_max_level(arguments.log).with_writer(io::stderr).init();
    // Before the start: a signal during it would otherwise end the process in the middle.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let environment = edge::config::environment();
    let models = Models::find(&environment).await?;
    let mut parameters = models.parameters();
    parameters.extend(github(&environment));
    let options = Options { port: arguments.port, parameters, ..Options::new(arguments.data) };
    let stack = Stack::start(options, wiring::functions).await?;
    if arguments.json {
        say(&serde_json::to_string(&stack)?)?;
    } else {
        say(&greeting(&stack, &models))?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stack.stop().await;
    models.stop().await
}

/// The template's parameters for whoever keeps pull requests; none where that is not said.
fn github(environment: &Vars) -> BTreeMap<String, String> {
    let said = |name: &str| environment.get(name).filter(|value| !value.trim().is_empty()).cloned();
    let Some(api_url) = said("GITHUB_API_URL") else { return BTreeMap::new() };
    let parameters = [
        ("GitHubApiUrl", Some(api_url)),
        ("GitHubHost", said("GITHUB_HOST")),
        ("GitHubToken", said("GITHUB_TOKEN")),
    ];
    parameters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Who answers.
enum Models {
    Providers(BTreeMap<String, String>),
    Rehearsal(Rehearsal),
}

impl Models {
    async fn find(environment: &Vars) -> Result<Self> {
        let variables = [
            ("ANTHROPIC_API_KEY", "AnthropicApiKey"),
            ("ANTHROPIC_BASE_URL", "AnthropicBaseUrl"),
            ("OPENAI_API_KEY", "OpenAiApiKey"),
            ("OPENAI_BASE_URL", "OpenAiBaseUrl"),
        ];
        let parameters: BTreeMap<_, _> = variables
            .into_iter()
            .filter_map(|(variable, parameter)| {
                Some((parameter.to_owned(), environment.get(variable)?.clone()))
            })
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        if parameters.keys().any(|name| name.ends_with("ApiKey")) {
            return Ok(Self::Providers(parameters));
        }
        let rehearsal = Rehearsal::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
        Ok(Self::Rehearsal(rehearsal.context("rehearsal model")?))
    }

    /// The template's parameters for them.
    fn parameters(&self) -> BTreeMap<String, String> {
        match self {
            Self::Providers(parameters) => parameters.clone(),
            Self::Rehearsal(rehearsal) => [("RehearsalUrl".to_owned(), rehearsal.openai_url())].into(),
        }
    }

    const fn introduction(&self) -> &'static str {
        match self {
            Self::Providers(_) => "The models are those of the providers whose keys are set.",
            Self::Rehearsal(_) => {
                "No ANTHROPIC_API_KEY or OPENAI_API_KEY is set: a rehearsal model answers. It is a script, not a \
                 mind;\nmessages such as `/say hello` or `/text 200` direct it."
            }
        }
    }

    async fn stop(self) -> Result<()> {
        match self {
            Self::Providers(_) => Ok(()),
            Self::Rehearsal(rehearsal) => Ok(rehearsal.stop().await?),
        }
    }
}

fn greeting(stack: &Stack, models: &Models) -> String {
    let Stack { http_url, socket_url, token, data, .. } = stack;
    format!(
        "Quickstep is running. {introduction}\n\n\
         HTTP    {http_url}\nsocket  {socket_url}\ntoken   {token}\ndata    {data}\n\n\
         Try:\n\n    cargo quickstep chat \"hello\"\n\nor:\n\n    \
         curl -X POST {http_url}/v1/chats -H 'authorization: Bearer {token}' \\\n        \
         -H 'content-type: application/json' -d '{{\"content\": [{{\"type\": \"text\", \"text\": \"hello\"}}]}}'\n\n\
         Ctrl-C ends it; what is unfinished goes on at the next start.",
        introduction = models.introduction(),
        data = data.display(),
    )
}

fn say(text: &str) -> Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
