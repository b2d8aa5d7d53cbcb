//! One call, from its place in the queue to its answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chat::{
    agent::{AgentAnswer, AgentCall, CallToken},
    part::Outcome,
    port::Clock,
};
use serde_json::{Value, json};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        mpsc::{Receiver, channel},
    },
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use super::Runner;
use crate::{
    http::Failed,
    limit,
    link::Outgoing,
    refusal::Refusal,
    tools::{Call, Progress, RunTools},
};

/// Ends a task with whoever waits for it.
struct Owned<T>(JoinHandle<T>);

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<K: Clock + 'static, T: RunTools> Runner<K, T> {
    pub(super) async fn perform(self: &Arc<Self>, call: AgentCall, patience: Duration) -> AgentAnswer {
        let (token, deadline) = (call.token.clone(), Instant::now() + patience);
        let has_begun = AtomicBool::new(false);
        let work = async {
            let Ok(place) = Arc::clone(&self.running.places).acquire_owned().await else {
                return failed(token.clone(), "the agent is ending", None);
            };
            let ready = match self.begin_in_journal(call).await {
                Ok(call) => call,
                Err(refusal) => return failed(token.clone(), &refusal.0, None),
            };
            has_begun.store(true, Ordering::Relaxed);
            self.run_tool(ready, deadline, place).await
        };
        match (timeout_at(deadline, work).await, has_begun.load(Ordering::Relaxed)) {
            (Ok(answer), _) => answer,
            (Err(_), true) => failed(token, "it was not done by its deadline", Some(Outcome::Unknown)),
            (Err(_), false) => {
                failed(token, "nothing was done, it could not begin before its deadline", None)
            }
        }
    }

    /// Fetches the arguments where they did not come along, and notes that the tool begins.
    async fn begin_in_journal(&self, mut call: AgentCall) -> Result<AgentCall, Refusal> {
        if call.args_omitted {
            call.args = self.fetch(&call.token).await?;
            call.args_omitted = false;
        }
        let noted = self.journal.start(call.clone(), self.clock.now()).await;
        noted
            .map_err(|error| Refusal::of("nothing was done, the agent's journal cannot be written", error))?;
        Ok(call)
    }

    /// Tries for as long as the call has.
    async fn fetch(&self, token: &CallToken) -> Result<Value, Refusal> {
        let mut pause = Duration::from_millis(250);
        loop {
            match self.api.args(&self.secret, token).await {
                Ok(args) => return Ok(args),
                Err(Failed::Lasting(reason) | Failed::Unknown(reason)) => {
                    return Err(Refusal::of("the call's arguments did not arrive", reason));
                }
                Err(Failed::Passing(reason)) => tracing::warn!(reason, %token, "arguments not fetched yet"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }

    async fn run_tool(
        self: &Arc<Self>,
        call: AgentCall,
        deadline: Instant,
        place: OwnedSemaphorePermit,
    ) -> AgentAnswer {
        let (progress, pieces) = channel(4);
        let _listener = Owned(tokio::spawn(Arc::clone(self).pass_on(call.token.clone(), pieces)));
        let tool_call = Call { token: call.token.clone(), deadline, progress, place: Arc::new(place) };
        let (tools, name, args) = (self.tools.clone(), call.tool_name, call.args);
        tracing::info!(token = %call.token, tool = name, "runs");
        // A task of its own, so that a panic ends in it.
        let mut task = Owned(tokio::spawn(async move { tools.run(&tool_call, &name, args).await }));
        match (&mut task.0).await {
            Ok(Ok(result)) => answered(call.token, result),
            Ok(Err(refusal)) => failed(call.token, &refusal.0, None),
            Err(error) => {
                tracing::error!(%error, "a tool broke down");
                failed(call.token, "the tool broke down", Some(Outcome::Unknown))
            }
        }
    }

    async fn pass_on(self: Arc<Self>, token: CallToken, mut pieces: Receiver<Progress>) {
        while let Some(piece) = pieces.recv().await {
            self.spool.write(&token, &piece.so_far);
            self.say(Outgoing::Progress(token.clone(), piece.fresh));
        }
    }
}

fn answered(token: CallToken, result: Value) -> AgentAnswer {
    let bytes = result.to_string().len();
    if bytes > limit::RESULT_BYTES {
        let reason = format!("the result is {bytes} bytes, more than the {} that fit", limit::RESULT_BYTES);
        return failed(token, &reason, None);
    }
    AgentAnswer { token, result, is_error: false, outcome: None }
}

fn failed(token: CallToken, reason: &str, outcome: Option<Outcome>) -> AgentAnswer {
    AgentAnswer { token, result: json!({ "error": reason }), is_error: true, outcome }
}
