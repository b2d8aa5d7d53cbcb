//! One start of a function.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::{
    aws::Aws, bootstrap::Bootstrap, certificates, event, runtime::Runtime, runtime::Waiting, share::Share,
};

/// What the functions find when they start.
pub(crate) struct Stage {
    pub(crate) certificates: usize,
    aws: Aws,
    share: io::Result<Share>,
    bundle: PathBuf,
    folder: TempDir,
}

/// What a start took.
pub(crate) struct Start {
    pub(crate) init_ms: f64,
    /// None if nobody has written down an event for the function.
    pub(crate) first_ms: Option<f64>,
}

impl Stage {
    pub(crate) fn set() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let bundle = folder.path().join("bundle.pem");
        let certificates = certificates::write_bundle(&bundle)?;
        Ok(Self { certificates, aws: Aws::serve()?, share: Share::make(), bundle, folder })
    }

    /// Starts a function and has it handle one event.
    pub(crate) fn start(&self, one: &Bootstrap) -> Result<Start> {
        let Some(event) = event::of(&one.name) else {
            return Ok(Start { init_ms: self.run(one, |_, _| Ok(()))?.0, first_ms: None });
        };
        let (init_ms, first_ms) = self.run(one, |runtime, waiting| {
            let handed = waiting.hand(&event)?;
            Ok(ms(handed, runtime.response()?))
        })?;
        Ok(Start { init_ms, first_ms: Some(first_ms) })
    }

    /// Returns what first calls over TLS took from the event on, at the share of 128 MB; none where there is no share,
    /// or no event.
    pub(crate) fn first_calls(&self, one: &Bootstrap, starts: usize) -> Result<Vec<f64>> {
        let (Ok(share), Some(event)) = (&self.share, event::of(&one.name)) else { return Ok(Vec::new()) };
        let call = |runtime: &Runtime, waiting: Waiting| {
            self.aws.forget();
            share.limit()?;
            let handed = waiting.hand(&event)?;
            let called = ms(handed, self.aws.answered()?);
            share.lift()?;
            runtime.response()?;
            Ok(called)
        };
        (0..starts).map(|_| Ok(self.run(one, call)?.1)).collect()
    }

    /// Returns in words what the share is.
    pub(crate) fn share_says(&self) -> String {
        match &self.share {
            Ok(_) => "the share of 128 MB is a control group's quota".into(),
            Err(error) => format!("the share of 128 MB needs root and a control group for CPU: {error}"),
        }
    }

    /// Starts a function, waits until it asks for an event, and lets `then` go on. Returns what that took, and what
    /// `then` did.
    fn run<T>(&self, one: &Bootstrap, then: impl FnOnce(&Runtime, Waiting) -> Result<T>) -> Result<(f64, T)> {
        let runtime = Runtime::serve()?;
        let output = self.folder.path().join("output");
        let mut command = self.command(one, &runtime, File::create(&output)?)?;
        let started = Instant::now();
        let process = Process(command.spawn()?);
        if let Ok(share) = &self.share {
            share.hold(process.0.id())?;
        }
        let outcome = runtime.next().and_then(|waiting| {
            let init_ms = ms(started, waiting.since);
            Ok((init_ms, then(&runtime, waiting)?))
        });
        drop(process);
        outcome.with_context(|| {
            let said = fs::read_to_string(&output).unwrap_or_default();
            format!("{}, which wrote: {said}", one.name)
        })
    }

    fn command(&self, one: &Bootstrap, runtime: &Runtime, output: File) -> Result<Command> {
        let mut command = Command::new(&one.path);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string())
            .env("AWS_ENDPOINT_URL", format!("https://{}", self.aws.address))
            .env("SOCKET_ENDPOINT", format!("https://{}", self.aws.address))
            .env("WAKE_QUEUE_URLS", format!("https://{}/1/wake-0", self.aws.address))
            .env("SSL_CERT_FILE", &self.bundle)
            .envs(VARIABLES)
            .stdin(Stdio::null())
            .stderr(output.try_clone()?)
            .stdout(output);
        Ok(command)
    }
}

/// What Lambda and the template set, beside addresses.
const VARIABLES: [(&str, &str); 12] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_NAME", "cold"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "cold"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "cold"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
    ("STACK", "stack"),
    ("CHATS_TABLE", "chats"),
    ("DIRECTORY_TABLE", "directory"),
    ("MODEL_PROVIDERS", "anthropic,openai"),
];

/// A process that ends when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; what it said then is reported.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ms(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() * 1_000.0
}
