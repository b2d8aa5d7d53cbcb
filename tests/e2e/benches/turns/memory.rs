//! The peak memory of a stack with 500 streaming chats: a process of its own, so that clients do not count.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use futures::future::try_join_all;
use kit::rehearsal::Rehearsal;
use serde_json::Value;

use crate::{
    client::Client,
    table::{Row, row},
    world,
};

/// The argument that makes this program the stack.
pub(crate) const STACK: &str = "stack";
const CHATS: usize = 500;

/// Is the stack until the standard input ends.
pub(crate) async fn serve() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let rehearsal = Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let stack = world::start(&rehearsal, folder.path()).await?;
    println!("{}", serde_json::to_string(&stack)?);
    tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await?;
    world::nothing_was_denied(&stack)?;
    stack.stop().await;
    Ok(rehearsal.stop().await?)
}

pub(crate) async fn streaming_chats() -> Result<()> {
    let mut process = Command::new(std::env::current_exe()?)
        .arg(STACK)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("its output")?).read_line(&mut line)?;
    let said: Value = serde_json::from_str(&line)?;
    let field = |name: &str| said[name].as_str().unwrap_or_default();
    let client = Client::new(field("http_url"), field("socket_url"), field("token"))?;
    try_join_all((0..CHATS).map(|_| one(&client))).await?;
    let peak = peak_mb(process.id())?;
    drop(process.stdin.take());
    process.wait()?;
    row(&Row { what: "peak memory, 500 streaming chats", figure: peak, unit: "MB", bar: Some(400.0) });
    Ok(())
}

async fn one(client: &Client) -> Result<()> {
    let chat = client.chat().await?;
    let mut listener = client.listen(&chat).await?;
    client.send(&chat, "/pace 100\n/text 150").await?;
    listener.rest().await
}

fn peak_mb(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes / 1_024.0)
}
