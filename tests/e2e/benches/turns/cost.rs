//! What a turn costs on AWS, without tokens and egress: counted, then priced.

use std::time::Duration;

use anyhow::Result;
use futures::future::try_join_all;
use local::Usage;

use crate::{
    client::Client,
    table::{Row, row},
    world::World,
};

/// Words of the answer and their pace: with the timers' own grain, a model call of 11 seconds.
const WORDS: usize = 440;
const PACE_MS: usize = 24;
/// Turns that are measured beside each other; a meter of one turn would be a matter of luck.
const TURNS: usize = 8;
/// Messages that a chat has before the turn.
const SIZES: [usize; 3] = [1, 200, 2_000];

/// Dollars, on demand, as published for us-east-1 on arm64.
mod price {
    pub(crate) const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
    pub(crate) const INVOCATION: f64 = 0.000_000_2;
    pub(crate) const HTTP_REQUEST: f64 = 0.000_001;
    pub(crate) const SOCKET_MESSAGE: f64 = 0.000_001;
    pub(crate) const SQS_REQUEST: f64 = 0.000_000_4;
    pub(crate) const READ_UNIT: f64 = 0.000_000_125;
    pub(crate) const WRITE_UNIT: f64 = 0.000_000_625;
}

#[derive(Clone, Copy, PartialEq)]
enum Audience {
    One,
    Nobody,
}

impl Audience {
    const fn name(self) -> &'static str {
        match self {
            Self::One => "one listener",
            Self::Nobody => "nobody",
        }
    }
}

pub(crate) async fn turns() -> Result<()> {
    for size in SIZES {
        for (audience, bar) in [(Audience::One, 85.0), (Audience::Nobody, 35.0)] {
            measure(size, audience, bar).await?;
        }
    }
    Ok(())
}

async fn measure(size: usize, audience: Audience, bar: f64) -> Result<()> {
    let world = World::start().await?;
    let chats = try_join_all((0..TURNS).map(|_| grown(&world.client, size))).await?;
    let world = world.restart().await?;
    let mut listeners = Vec::new();
    if audience == Audience::One {
        for chat in &chats {
            listeners.push(world.client.listen(chat).await?);
        }
    }
    // The process that has just started remembers no history; the next turn finds it warm.
    for process in ["cold", "warm"] {
        world.stack.meter().reset();
        try_join_all(chats.iter().map(|chat| turn(&world.client, chat))).await?;
        report(
            &format!("{size} messages, {}, {process}", audience.name()),
            bar,
            &world.stack.meter().snapshot(),
        );
    }
    drop(listeners);
    world.stop().await
}

/// A chat with so many messages, or as many as turns of two make.
async fn grown(client: &Client, size: usize) -> Result<String> {
    let chat = client.chat().await?;
    let mut listener = client.listen(&chat).await?;
    for _ in 0..size / 2 {
        client.send(&chat, "/pace 0\n/text 40").await?;
        listener.rest().await?;
    }
    Ok(chat)
}

/// One turn of eleven seconds; the meter stands still once it is over.
async fn turn(client: &Client, chat: &str) -> Result<()> {
    client.send(chat, &format!("/pace {PACE_MS}\n/text {WORDS}")).await?;
    let took = u64::try_from(WORDS * PACE_MS)?;
    tokio::time::sleep(Duration::from_millis(took + 2_500)).await;
    Ok(())
}

fn report(case: &str, bar: f64, usage: &Usage) {
    let per_turn = |total: f64| total / TURNS as f64;
    let functions = usage.functions.values();
    let invocations: u64 = functions.clone().map(|function| function.invocations).sum();
    let megabyte_ms: u64 = functions.clone().map(|function| function.megabyte_ms).sum();
    let billed_ms: u64 = functions.map(|function| function.billed_ms).sum();
    let counted = [
        ("write units", usage.write_units, price::WRITE_UNIT),
        ("read units", usage.read_units, price::READ_UNIT),
        ("socket messages", usage.socket_messages as f64, price::SOCKET_MESSAGE),
        ("queue requests", usage.sqs_requests as f64, price::SQS_REQUEST),
        ("HTTP requests", usage.http_requests as f64, price::HTTP_REQUEST),
        ("invocations", invocations as f64, price::INVOCATION),
        ("gigabyte seconds", megabyte_ms as f64 / 1_024_000.0, price::GIGABYTE_SECOND),
    ];
    for (what, total, _) in counted {
        let what = format!("{case}: {what} per turn");
        row(&Row { what: &what, figure: per_turn(total), unit: "", bar: None });
    }
    let what = format!("{case}: billed ms per turn");
    row(&Row { what: &what, figure: per_turn(billed_ms as f64), unit: "ms", bar: None });
    let bill: f64 = counted.iter().map(|(_, total, price)| per_turn(*total) * price * 1e6).sum();
    let what = format!("{case}: AWS bill per million turns");
    row(&Row { what: &what, figure: bill, unit: "$", bar: Some(bar) });
}
