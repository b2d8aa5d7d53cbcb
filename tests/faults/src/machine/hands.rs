//! What calls do on the machine: time passes, and somebody counts.

use std::{future::pending, sync::Arc, time::Duration};

use chat::{agent::CallToken, tool::IfLost};
use serde_json::{Value, json};
use tokio::time::sleep;
use workspace::{
    refusal::Refusal,
    tools::{Call, Progress, RunTools},
};

use super::Machine;

/// How often a tool says what it put out, and dies of what befalls the machine.
const PIECE_MS: u64 = 1_000;
/// How often at most: a command's places to die are not to outnumber all others.
const PIECES: u64 = 5;

/// The machine's tools.
#[derive(Clone)]
pub(super) struct Hands(Arc<Machine>);

impl Hands {
    pub(super) fn of(machine: &Arc<Machine>) -> Self {
        Self(Arc::clone(machine))
    }

    /// A place where everything on the machine may end.
    async fn last(&self) {
        if self.0.suffers() {
            pending::<()>().await;
        }
    }

    fn begin(&self, token: &CallToken, tool: &str) {
        let world = &self.0.world;
        let times = world.begins(token);
        world.note(|| format!("      {tool} of {token} begins, {times}"));
        if times > 1 && if_lost(tool) != IfLost::Retry {
            world.violated(format!("{tool} of {token} began {times} times"));
        }
    }

    async fn work(&self, call: &Call, takes_ms: u64) {
        let (mut left_ms, mut so_far) = (takes_ms, String::new());
        for piece in 0..PIECES {
            let piece_ms = if piece + 1 == PIECES { left_ms } else { left_ms.min(PIECE_MS) };
            sleep(Duration::from_millis(piece_ms)).await;
            left_ms -= piece_ms;
            if left_ms == 0 {
                return;
            }
            let fresh = format!("line {piece}\n");
            so_far.push_str(&fresh);
            // As with the real one: who does not keep up sees the next.
            drop(call.progress.try_send(Progress { fresh, so_far: so_far.clone() }));
            self.last().await;
        }
    }
}

/// What becomes of a tool's call after a death, as the registry of tools says.
fn if_lost(tool: &str) -> IfLost {
    if tool == "execute" { IfLost::Ask } else { IfLost::Retry }
}

impl RunTools for Hands {
    async fn run(&self, call: &Call, tool: &str, args: Value) -> Result<Value, Refusal> {
        self.last().await;
        self.begin(&call.token, tool);
        self.last().await;
        let command = args["command"].as_str().unwrap_or_default();
        let seconds = command.strip_prefix("sleep ").and_then(|seconds| seconds.parse::<u64>().ok());
        self.work(call, seconds.unwrap_or_default() * 1_000).await;
        self.last().await;
        Ok(json!({ "output": format!("{tool} {command}").trim(), "exit_code": 0 }))
    }

    fn stop(&self, token: &CallToken) {
        self.0.world.note(|| format!("      {token} is to stop"));
    }

    fn stop_all(&self) {}
}
