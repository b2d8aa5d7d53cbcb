//! What tools on a machine cost: time from the model's words to the result, calls beside each other, large outputs, and
//! what runs while a command sleeps.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use chat::event::{Body, Event};
use kit::rehearsal::{Rehearsal, Script};
use serde_json::{Value, json};

use crate::{
    client::{Client, Listener},
    machine::Machine,
    memory::{Process, peak_mb},
    table::{Row, percentile, row},
    world::World,
};

const CALLS: usize = 100;
const WARMING: usize = 10;
const TOGETHER: usize = 50;
const TOGETHER_TURNS: usize = 15;
/// Bytes that a command puts out.
const LARGE_BYTES: u64 = 10_000_000;
const SLEEP: Duration = Duration::from_secs(600);

/// From the model's last words to the results at a listener: they are in history by then.
pub(crate) async fn latency() -> Result<()> {
    let world = World::start().await?;
    let machine = Machine::enrol(&world.client).await?;
    let chat = world.client.chat_on(&machine.workspace_id).await?;
    let mut listener = world.client.listen(&chat).await?;
    let stage = Stage { world: &world, chat: &chat };
    let mut one = stage.turns(&mut listener, 1, CALLS).await?;
    let mut many = stage.turns(&mut listener, TOGETHER, TOGETHER_TURNS).await?;
    drop(machine);
    world.stop().await?;
    let (p50, p99) = (percentile(&mut one, 50), percentile(&mut one, 99));
    row(&Row {
        what: "execute true: model's words → result in history, p50",
        figure: p50,
        unit: "ms",
        bar: Some(60.0),
    });
    row(&Row {
        what: "execute true: model's words → result in history, p99",
        figure: p99,
        unit: "ms",
        bar: None,
    });
    let figure = percentile(&mut many, 50);
    row(&Row { what: "50 beside each other: all results in history, p50", figure, unit: "ms", bar: None });
    let what = "50 beside each other ÷ one";
    row(&Row { what, figure: figure / p50, unit: "", bar: Some(2.0) });
    let mut bare = (0..TOGETHER_TURNS).map(|_| shells()).collect::<Result<Vec<_>>>()?;
    let what = "50 shells beside each other, without Quickstep, p50";
    row(&Row { what, figure: percentile(&mut bare, 50), unit: "ms", bar: None });
    Ok(())
}

/// Returns the milliseconds that this machine needs for as many shells, whoever starts them.
fn shells() -> Result<f64> {
    let began = Instant::now();
    let mut shell = Command::new("/bin/bash");
    shell.args(["-c", "true"]).stdin(Stdio::null());
    let children = (0..TOGETHER).map(|_| shell.spawn()).collect::<Result<Vec<_>, _>>()?;
    for mut child in children {
        child.wait()?;
    }
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

struct Stage<'a> {
    world: &'a World,
    chat: &'a str,
}

impl Stage<'_> {
    /// Returns the milliseconds that each turn's calls took.
    async fn turns(&self, listener: &mut Listener, calls: usize, turns: usize) -> Result<Vec<f64>> {
        let mut took = Vec::new();
        for turn in 0..WARMING + turns {
            let ms = self.turn(listener, calls).await?;
            if turn >= WARMING {
                took.push(ms);
            }
        }
        Ok(took)
    }

    async fn turn(&self, listener: &mut Listener, calls: usize) -> Result<f64> {
        let execute = json!({"command": "true"});
        let asks = (0..calls).fold(Script::new(), |script, _| script.call("execute", &execute));
        let (asks, mut hold) = asks.held();
        self.world.rehearsal.enqueue(asks);
        self.world.rehearsal.enqueue(Script::say("done"));
        self.world.client.send(self.chat, "work").await?;
        hold.release_all();
        hold.gone().await;
        let said = Instant::now();
        let mut results = 0;
        while results < calls {
            results += listener.frame().await?.iter().filter(|event| is_result(event)).count();
        }
        let took = said.elapsed();
        listener.rest().await?;
        Ok(took.as_secs_f64() * 1_000.0)
    }
}

fn is_result(event: &Event) -> bool {
    matches!(&event.body, Body::Message { message } if message.role == chat::message::Role::Tool)
}

/// How much more memory the stack needs for a command that puts out much.
pub(crate) async fn memory() -> Result<()> {
    let rehearsal = Rehearsal::start(([127, 0, 0, 1], 0).into()).await?;
    let stack = Process::start(Some(&rehearsal.openai_url()))?;
    let machine = Machine::enrol(&stack.client).await?;
    let chat = stack.client.chat_on(&machine.workspace_id).await?;
    let mut listener = stack.client.listen(&chat).await?;
    let small = "head -c 40000 /dev/zero | tr '\\0' x | fold -w 100";
    for _ in 0..WARMING {
        command(&stack.client, &chat, &mut listener, small).await?;
    }
    let before = peak_mb(stack.id())?;
    let large = format!("head -c {LARGE_BYTES} /dev/zero | tr '\\0' x | fold -w 100");
    command(&stack.client, &chat, &mut listener, &large).await?;
    let figure = peak_mb(stack.id())? - before;
    drop(machine);
    stack.end()?;
    rehearsal.stop().await?;
    let what = "10 MB of output: more memory, all functions together";
    row(&Row { what, figure, unit: "MB", bar: Some(1.0) });
    Ok(())
}

async fn command(client: &Client, chat: &str, listener: &mut Listener, command: &str) -> Result<()> {
    let call = json!({"command": command, "timeout": "60s"});
    client.send(chat, &format!("/pace 0\n/call execute {call}\n/then /say done")).await?;
    listener.rest().await
}

/// Ten minutes of sleep, and the share of them in which any function ran. Only where it is asked for by name.
pub(crate) async fn sleep() -> Result<()> {
    let world = World::start().await?;
    let machine = Machine::enrol(&world.client).await?;
    let chat = world.client.chat_on(&machine.workspace_id).await?;
    let mut listener = world.client.listen(&chat).await?;
    let call = json!({"command": format!("sleep {}", SLEEP.as_secs()), "timeout": "10m"});
    world.client.send(&chat, &format!("/pace 0\n/call execute {call}\n/then /say done")).await?;
    tokio::time::sleep(Duration::from_secs(30)).await;
    world.stack.meter().reset();
    tokio::time::sleep(SLEEP - Duration::from_secs(60)).await;
    let usage = world.stack.meter().snapshot();
    let at_work = |name: &str| usage.functions.get(name).map_or(0, |function| function.invocations);
    let others: Vec<&String> = usage.functions.keys().filter(|name| *name != "Sweep").collect();
    let busy: u64 = others.iter().map(|name| at_work(name)).sum();
    // The agent says every four minutes that it is there.
    let pings = at_work("Socket");
    ensure!(listener.rest().await.is_ok(), "the command never ended");
    drop(machine);
    world.stop().await?;
    let what = "nine minutes of a sleeping command: invocations but sweeps and pings";
    row(&Row { what, figure: (busy - pings) as f64, unit: "", bar: Some(0.0) });
    row(&Row { what: "the agent's pings meanwhile", figure: pings as f64, unit: "", bar: Some(3.0) });
    Ok(())
}

/// The field of an answer, as text.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("no {field} in {value}"))
}
