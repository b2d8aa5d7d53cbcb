//! The peak memory of a stack in a process of its own, so that neither clients nor, where it matters, the provider count.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use kit::rehearsal::Rehearsal;
use serde_json::Value;

use crate::{
    client::Client,
    table::{Row, row},
    world,
};

/// The argument that makes this program the stack; the provider's address may follow.
pub(crate) const STACK: &str = "stack";
const CHATS: usize = 500;

/// Is the stack until the standard input ends, with the provider at this address, or one of its own.
pub(crate) async fn serve(provider: Option<&str>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let own = match provider {
        None => Some(Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await?),
        Some(_) => None,
    };
    let provider = provider.map(str::to_owned).or(own.as_ref().map(Rehearsal::openai_url));
    let stack = world::start(provider.context("a provider")?, folder.path()).await?;
    println!("{}", serde_json::to_string(&stack)?);
    tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await?;
    world::nothing_was_denied(&stack)?;
    stack.stop().await;
    match own {
        Some(own) => Ok(own.stop().await?),
        None => Ok(()),
    }
}

/// A stack that is a process.
pub(crate) struct Process {
    process: Child,
    pub(crate) client: Client,
}

impl Process {
    pub(crate) fn start(provider: Option<&str>) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(STACK)
            .args(provider)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("its output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let field = |name: &str| said[name].as_str().unwrap_or_default();
        let client = Client::new(field("http_url"), field("socket_url"), field("token"))?;
        Ok(Self { process, client })
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it; returns the most memory that it held, in MB.
    pub(crate) fn end(mut self) -> Result<f64> {
        let peak = peak_mb(self.process.id())?;
        drop(self.process.stdin.take());
        self.process.wait()?;
        Ok(peak)
    }
}

pub(crate) async fn streaming_chats() -> Result<()> {
    let stack = Process::start(None)?;
    try_join_all((0..CHATS).map(|_| one(&stack.client))).await?;
    let figure = stack.end()?;
    row(&Row { what: "peak memory, 500 streaming chats", figure, unit: "MB", bar: Some(400.0) });
    Ok(())
}

async fn one(client: &Client) -> Result<()> {
    let chat = client.chat().await?;
    let mut listener = client.listen(&chat).await?;
    client.send(&chat, "/pace 100\n/text 150").await?;
    listener.rest().await
}

pub(crate) fn peak_mb(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes / 1_024.0)
}
