//! Running calls: each once, whatever happens to the agent or the link.

mod perform;
mod spool;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chat::{
    agent::{AgentAnswer, AgentCall, CallToken},
    part::Outcome,
    port::Clock,
    tool::IfLost,
};
use serde_json::json;
use tokio::{
    sync::{Notify, Semaphore, mpsc::UnboundedSender},
    task::AbortHandle,
};

pub use self::spool::Spool;
use crate::{
    http::Api,
    journal::{Journal, Seen},
    limit,
    link::{Incoming, Outgoing},
    tools::{RunTools, Tools},
};

/// What runs calls.
#[derive(Debug)]
pub struct Runner<K, T = Tools> {
    /// What it remembers.
    pub journal: Journal,
    /// What it can do.
    pub tools: T,
    /// Whom it tells.
    pub outgoing: UnboundedSender<Outgoing>,
    /// Where it puts what running calls have put out.
    pub spool: Spool,
    /// Where large arguments are.
    pub api: Api,
    /// The agent's own token.
    pub secret: String,
    /// The time.
    pub clock: K,
    /// Rung when a call has ended.
    pub call_ended: Arc<Notify>,
    /// Calls that run now.
    pub running: Running,
}

/// The calls that run or wait to.
#[derive(Debug)]
pub struct Running {
    held: Mutex<BTreeMap<CallToken, Held>>,
    places: Arc<Semaphore>,
}

#[derive(Debug)]
struct Held {
    task: AbortHandle,
    is_accepted: bool,
}

impl Default for Running {
    fn default() -> Self {
        Self { held: Mutex::default(), places: Arc::new(Semaphore::new(limit::RUNNING_CALLS)) }
    }
}

impl Running {
    fn held(&self) -> MutexGuard<'_, BTreeMap<CallToken, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clock + 'static, T: RunTools> Runner<K, T> {
    /// Does what the deployment says.
    pub async fn hear(self: &Arc<Self>, incoming: Incoming) {
        match incoming {
            Incoming::Call(call) => self.take(*call).await,
            Incoming::Acknowledged(tokens) => self.forget(&tokens).await,
            Incoming::Cancelled(tokens) => {
                tokens.iter().for_each(|token| self.stop(token));
                self.forget(&tokens).await;
            }
        }
    }

    /// Takes up what the last run of the agent left: answers that nobody has acknowledged, calls that did not end.
    ///
    /// Nothing begins here. What may be repeated is, if the deployment still wants it and gives it again.
    pub async fn recover(self: &Arc<Self>) {
        for answer in self.journal.unacknowledged() {
            self.say(Outgoing::Answer(Box::new(answer)));
        }
        for call in self.journal.unanswered() {
            if call.if_lost != IfLost::Retry || call.deadline_at <= self.clock.now() {
                self.answer(self.lost(&call)).await;
            }
        }
    }

    /// Stops everything; what runs stays in the journal.
    pub fn stop_all(&self) {
        std::mem::take(&mut *self.running.held()).into_values().for_each(|held| held.task.abort());
        self.tools.stop_all();
    }

    async fn take(self: &Arc<Self>, call: AgentCall) {
        let held = self.running.held().get(&call.token).map(|held| held.is_accepted);
        if let Some(is_accepted) = held {
            if is_accepted {
                self.say(Outgoing::Accepted(call.token));
            }
            return;
        }
        match (self.journal.seen(&call.token), call.if_lost) {
            (Seen::Never, _) | (Seen::Started, IfLost::Retry) => self.begin(call),
            // It began and does not run: whatever it did, nobody has noted how it ended.
            (Seen::Started, IfLost::Report | IfLost::Ask) => self.answer(self.lost(&call)).await,
            (Seen::Answered(answer), _) => self.say(Outgoing::Answer(answer)),
            (Seen::Gone, _) => {}
        }
    }

    fn begin(self: &Arc<Self>, call: AgentCall) {
        let mut held = self.running.held();
        if held.len() >= limit::HELD_CALLS {
            tracing::warn!(token = %call.token, "too many calls; this one is left to be sent again");
            return;
        }
        let token = call.token.clone();
        let task = tokio::spawn(Arc::clone(self).see_to(call)).abort_handle();
        held.insert(token, Held { task, is_accepted: false });
    }

    /// Sees a call through, whatever becomes of it.
    async fn see_to(self: Arc<Self>, call: AgentCall) {
        let token = call.token.clone();
        let patience = self.patience(&call);
        let done = {
            let work = self.perform(call, patience);
            tokio::pin!(work);
            match tokio::time::timeout(limit::ACCEPTED, &mut work).await {
                Ok(answer) => answer,
                Err(_) => {
                    self.accept(&token);
                    work.await
                }
            }
        };
        self.answer(done).await;
        self.running.held().remove(&token);
        self.call_ended.notify_one();
    }

    fn accept(&self, token: &CallToken) {
        if let Some(held) = self.running.held().get_mut(token) {
            held.is_accepted = true;
            self.say(Outgoing::Accepted(token.clone()));
        }
    }

    /// The clocks of machine and deployment may differ: what is given is run, however late it seems.
    fn patience(&self, call: &AgentCall) -> Duration {
        let left = Duration::from_millis(call.deadline_at.since_ms(self.clock.now()));
        left.clamp(limit::PATIENCE_MIN, limit::PATIENCE_MAX)
    }

    /// Tells how a call ended, once that cannot be forgotten any more.
    async fn answer(&self, answer: AgentAnswer) {
        if let Err(error) = self.journal.answer(answer.clone(), self.clock.now()).await {
            tracing::error!(%error, token = %answer.token, "an answer is not in the journal");
        }
        self.spool.remove(&answer.token);
        // Where it was cancelled meanwhile nobody wants it.
        if self.journal.seen(&answer.token) != Seen::Gone {
            self.say(Outgoing::Answer(Box::new(answer)));
        }
    }

    fn stop(&self, token: &CallToken) {
        let held = self.running.held().remove(token);
        if let Some(held) = held {
            held.task.abort();
            self.tools.stop(token);
        }
        self.spool.remove(token);
    }

    async fn forget(&self, tokens: &[CallToken]) {
        if let Err(error) = self.journal.forget(tokens, self.clock.now()).await {
            tracing::warn!(%error, "what is acknowledged is not in the journal; it may be said once more");
        }
    }

    /// Returns the answer to a call that ran when the agent died.
    fn lost(&self, call: &AgentCall) -> AgentAnswer {
        let then = match call.if_lost {
            IfLost::Ask => "; ask the user before trying again",
            IfLost::Report | IfLost::Retry => "",
        };
        let error = format!("the agent was restarted while this ran, so it is not known what it did{then}");
        let mut result = json!({ "error": error });
        if let Some(output) = self.spool.read(&call.token) {
            result["output"] = json!(output);
        }
        let token = call.token.clone();
        AgentAnswer { token, result, is_error: true, outcome: Some(Outcome::Unknown) }
    }

    fn say(&self, outgoing: Outgoing) {
        // The link has ended only where the agent ends.
        drop(self.outgoing.send(outgoing));
    }
}

#[cfg(test)]
mod tests;
