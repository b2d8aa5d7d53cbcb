//! How long things take.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::future::try_join_all;
use kit::rehearsal::Script;

use crate::{
    client::Client,
    table::{Row, percentile, row},
    world::World,
};

const SENDS: u32 = 200;
/// Turns until caches, connections and branches are warm.
const WARMING: u32 = 20;
/// How long the provider thinks before its first delta.
const THOUGHT: Duration = Duration::from_millis(30);
const CHATS: usize = 100;
const CHUNKS: usize = 12;
/// More than the steady flush window and less than the look after it: the next chunk finds the window open.
const BETWEEN_CHUNKS: Duration = Duration::from_millis(700);

/// From the request to send, and from its answer, to the request at the provider.
pub(crate) async fn send_to_wire() -> Result<()> {
    let world = World::start().await?;
    let chat = world.client.chat().await?;
    let mut listener = world.client.listen(&chat).await?;
    let (mut whole, mut accepted) = (Vec::new(), Vec::new());
    for sent in 1..=SENDS {
        let begun = Instant::now();
        world.client.send(&chat, "/pace 0\n/text 1").await?;
        let answered = Instant::now();
        world.rehearsal.requested(u64::from(sent)).await;
        let request = world.rehearsal.requests().pop().context("a request arrived")?;
        whole.push(ms(request.arrived.saturating_duration_since(begun)));
        accepted.push(ms(request.arrived.saturating_duration_since(answered)));
        listener.rest().await?;
    }
    world.stop().await?;
    let bar = Some(25.0);
    row(&Row {
        what: "send accepted → provider wire, p50",
        figure: percentile(&mut accepted, 50),
        unit: "ms",
        bar,
    });
    row(&Row {
        what: "send begun → provider wire, p50",
        figure: percentile(&mut whole, 50),
        unit: "ms",
        bar,
    });
    row(&Row {
        what: "send begun → provider wire, p99",
        figure: percentile(&mut whole, 99),
        unit: "ms",
        bar: None,
    });
    Ok(())
}

/// From a send to the first frame at a subscriber, less what the provider took from the request to its first delta:
/// what we add to the wait for the first word.
pub(crate) async fn first_frame() -> Result<()> {
    let world = World::start().await?;
    let chat = world.client.chat().await?;
    let mut listener = world.client.listen(&chat).await?;
    let (mut whole, mut accepted) = (Vec::new(), Vec::new());
    for sent in 1..=WARMING + SENDS {
        let (script, mut hold) = Script::say("word ".repeat(3)).held();
        world.rehearsal.enqueue(script);
        let begun = Instant::now();
        world.client.send(&chat, "and?").await?;
        let answered = Instant::now();
        world.rehearsal.requested(u64::from(sent)).await;
        tokio::time::sleep(THOUGHT).await;
        hold.release_all();
        listener.part().await?;
        let shown = Instant::now();
        let request = world.rehearsal.requests().pop().context("a request arrived")?;
        let first_delta = hold.begun_at().context("a delta was written")?;
        let providers_own = first_delta.saturating_duration_since(request.arrived);
        if sent > WARMING {
            whole.push(ms((shown - begun).saturating_sub(providers_own)));
            accepted.push(ms((shown - answered).saturating_sub(providers_own)));
        }
        listener.rest().await?;
        hold.gone().await;
    }
    world.stop().await?;
    for (what, figure, bar) in [
        (
            "send accepted → first frame less the provider's own, warm, p50",
            percentile(&mut accepted, 50),
            Some(10.0),
        ),
        ("send begun → first frame less the provider's own, warm, p50", percentile(&mut whole, 50), None),
        ("send begun → first frame less the provider's own, warm, p99", percentile(&mut whole, 99), None),
    ] {
        row(&Row { what, figure, unit: "ms", bar });
    }
    Ok(())
}

/// From a provider's chunk to the frame that carries it, with the flush window open, while 100 chats stream.
pub(crate) async fn chunk_to_frame() -> Result<()> {
    let world = World::start().await?;
    let streams = (0..CHATS).map(|index| stream(&world, index));
    let mut samples: Vec<f64> = try_join_all(streams).await?.into_iter().flatten().collect();
    world.stop().await?;
    for (what, percent, bar) in [
        ("chunk → frame beyond the flush window, 100 chats, p50", 50, 10.0),
        ("chunk → frame beyond the flush window, 100 chats, p99", 99, 40.0),
    ] {
        row(&Row { what, figure: percentile(&mut samples, percent), unit: "ms", bar: Some(bar) });
    }
    Ok(())
}

async fn stream(world: &World, index: usize) -> Result<Vec<f64>> {
    let client: &Client = &world.client;
    let chat = client.chat().await?;
    let mut listener = client.listen(&chat).await?;
    let words = format!("chat-{index}-of-many");
    let (script, mut hold) = Script::say("word ".repeat(CHUNKS)).held();
    world.rehearsal.enqueue_when(&words, script);
    client.send(&chat, &words).await?;
    // Chats do not begin in step with each other.
    tokio::time::sleep(BETWEEN_CHUNKS * u32::try_from(index % 7)? / 7).await;
    let mut samples = Vec::new();
    for chunk in 0..CHUNKS {
        tokio::time::sleep(BETWEEN_CHUNKS).await;
        let released = Instant::now();
        hold.release(1);
        listener.part().await?;
        // The first second is livelier, and the first flush also learns that somebody listens.
        if chunk >= 2 {
            samples.push(ms(released.elapsed()));
        }
    }
    hold.release_all();
    hold.gone().await;
    Ok(samples)
}

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
