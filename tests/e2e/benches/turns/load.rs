//! Many chats at once: all of them finish, none is wrong, and the configuration is hardly ever read.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use local::Usage;
use serde_json::json;

use crate::{
    client::Client,
    table::{Row, row},
    world::World,
};

const CHATS: usize = 5_000;
const TURNS: usize = 10;
/// Requests at once.
const CLIENTS: usize = 64;
/// What an administrator does meanwhile: the configuration moves.
const BETWEEN_EDITS: Duration = Duration::from_secs(15);
/// For all chats together, from the last message on.
const PATIENCE: Duration = Duration::from_secs(3_600);

pub(crate) async fn many_chats() -> Result<()> {
    let world = World::start().await?;
    let begun = Instant::now();
    tokio::select! {
        ran = run(&world.client) => ran?,
        edited = edit(&world.client) => match edited? {},
    }
    let took = begun.elapsed();
    let usage = world.stack.meter().snapshot();
    world.stop().await?;
    report(&usage, took);
    Ok(())
}

/// Takes all chats through all their turns, and looks at each.
async fn run(client: &Client) -> Result<()> {
    let chats: Vec<String> =
        stream::iter(0..CHATS).map(|_| client.chat()).buffer_unordered(CLIENTS).try_collect().await?;
    let sends = (0..TURNS).flat_map(|turn| chats.iter().map(move |chat| (turn, chat)));
    stream::iter(sends)
        .map(|(turn, chat)| async move { client.send(chat, &said(turn)).await })
        .buffer_unordered(CLIENTS)
        .try_collect::<()>()
        .await?;
    let until = Instant::now() + PATIENCE;
    stream::iter(&chats).map(|chat| finished(client, chat, until)).buffer_unordered(8).try_collect().await
}

fn said(turn: usize) -> String {
    format!("/pace 0\n/say answer {turn}")
}

/// Waits for a chat, and finds each message answered once, in order.
async fn finished(client: &Client, chat: &str, until: Instant) -> Result<()> {
    while client.read(chat).await?["status"] != "waiting" {
        ensure!(Instant::now() < until, "{chat} does not finish");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let texts = client.texts(chat, TURNS * 2).await?;
    let expect: Vec<String> = (0..TURNS).flat_map(|turn| [said(turn), format!("answer {turn}")]).collect();
    ensure!(texts == expect, "{chat} is wrong: {texts:?}");
    Ok(())
}

/// Renames a model again and again; never ends by itself.
async fn edit(client: &Client) -> Result<Infallible> {
    let body = json!({"type": "openai-compat", "name": "edited", "base_url": "http://127.0.0.1:9/v1", "api_key": "k"});
    let provider = client.post("/v1/providers", &body).await?["id"].clone();
    let body =
        json!({"provider_id": provider, "model": "edited", "enabled": false, "context_limit": 100_000});
    let model = client.post("/v1/models", &body).await?;
    let path = format!("/v1/models/{}", model["id"].as_str().context("a model has an id")?);
    let mut edits = 0;
    loop {
        edits += 1;
        client.patch(&path, &json!({"display_name": format!("edited {edits} times")})).await?;
        tokio::time::sleep(BETWEEN_EDITS).await;
    }
}

fn report(usage: &Usage, took: Duration) {
    let steps = usage.functions.get("Step").map_or(0, |step| step.invocations);
    let reads = |what: &str| usage.reads.get(what).copied().unwrap_or_default();
    // The catalogue is one query, a person's preferences one item; the version item is the one that may be read.
    let loads =
        reads("Step Query quickstep-directory catalogue") + reads("Step GetItem quickstep-directory user");
    let turns = (CHATS * TURNS) as f64;
    let what = format!("{CHATS} chats × {TURNS} turns: turns per second");
    row(&Row { what: &what, figure: turns / took.as_secs_f64(), unit: "", bar: None });
    let what = format!("{CHATS} chats × {TURNS} turns: steps");
    row(&Row { what: &what, figure: steps as f64, unit: "", bar: None });
    let what = format!("{CHATS} chats × {TURNS} turns: steps that loaded configuration");
    row(&Row { what: &what, figure: 100.0 * loads as f64 / steps as f64, unit: "%", bar: Some(1.0) });
}
