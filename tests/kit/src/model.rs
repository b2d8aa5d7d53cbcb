//! A model that says what the test wrote down.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chat::{
    failure::Kind,
    message::Usage,
    model::{ModelError, ModelEvent, ModelRequest, StopReason},
    part::{Delta, Part, ToolCall},
    port::{Answer, AskModel},
};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use crate::faults::Faults;

/// One answer.
#[derive(Clone, Debug, Default)]
pub struct Script {
    refusal: Option<ModelError>,
    events: VecDeque<Result<ModelEvent, ModelError>>,
    pace: Duration,
    hangs: bool,
}

impl Script {
    /// Answers a text, in pieces of one word, and finishes.
    #[must_use]
    pub fn says(text: &str) -> Self {
        Self::default().text(text).finish(StopReason::End)
    }

    /// Asks for tools, each by call id, name and arguments, and finishes.
    #[must_use]
    pub fn calls<'a>(calls: impl IntoIterator<Item = (&'a str, &'a str, Value)>) -> Self {
        let script = calls.into_iter().fold(Self::default(), |script, (id, name, args)| {
            let tool_call_id = id.into();
            let tool_name = name.to_owned();
            script.call(ToolCall { tool_call_id, tool_name, args, provider_executed: false })
        });
        script.finish(StopReason::ToolCalls)
    }

    /// Refuses the request.
    #[must_use]
    pub fn refuses(error: ModelError) -> Self {
        Self { refusal: Some(error), ..Self::default() }
    }

    /// Adds a text, in pieces of one word.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let words = text.split_inclusive(' ').map(|word| Delta::Text { text: word.to_owned() });
        let script = words.fold(self, |script, word| script.event(ModelEvent::Delta(word)));
        script.event(ModelEvent::Part(Part::Text { text: text.to_owned() }.into()))
    }

    /// Adds a call, its arguments in one piece.
    #[must_use]
    pub fn call(self, call: ToolCall) -> Self {
        let delta = Delta::ToolCall {
            tool_call_id: call.tool_call_id.clone(),
            tool_name: call.tool_name.clone(),
            args_delta: call.args.to_string(),
        };
        self.event(ModelEvent::Delta(delta)).event(ModelEvent::Part(Part::ToolCall(call).into()))
    }

    /// Adds any event.
    #[must_use]
    pub fn event(mut self, event: ModelEvent) -> Self {
        self.events.push_back(Ok(event));
        self
    }

    /// Ends the answer as it should end.
    #[must_use]
    pub fn finish(self, reason: StopReason) -> Self {
        let usage = Usage { input_tokens: 10, output_tokens: 5, ..Usage::default() };
        self.event(ModelEvent::Finish { reason, usage })
    }

    /// Ends the answer with other figures than it would.
    #[must_use]
    pub fn using(mut self, counted: Usage) -> Self {
        for event in &mut self.events {
            if let Ok(ModelEvent::Finish { usage, .. }) = event {
                *usage = counted;
            }
        }
        self
    }

    /// Breaks the answer off with an error.
    #[must_use]
    pub fn fails(mut self, error: ModelError) -> Self {
        self.events.push_back(Err(error));
        self
    }

    /// Falls silent after what was added so far, and stays connected.
    #[must_use]
    pub const fn hangs(mut self) -> Self {
        self.hangs = true;
        self
    }

    /// Waits before each event, by tokio's clock.
    #[must_use]
    pub const fn paced(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }
}

/// Returns an error of a kind, as a provider of no name would cause it.
#[must_use]
pub fn model_error(kind: Kind, retryable: bool) -> ModelError {
    ModelError {
        provider: "rehearsal".into(),
        status: None,
        code: None,
        message: format!("{kind:?} on purpose"),
        retry_after_ms: None,
        kind,
        retryable,
        context_overflow: false,
        useless: false,
    }
}

/// A model with a list of answers. Clones share the list.
#[derive(Clone, Default)]
pub struct Scripted(Arc<Mutex<Inner>>, Faults);

#[derive(Default)]
struct Inner {
    scripts: VecDeque<Script>,
    requests: Vec<ModelRequest>,
}

impl Scripted {
    /// Makes a model that gives these answers, one per request, in order.
    pub fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let inner = Inner { scripts: scripts.into_iter().collect(), requests: Vec::new() };
        Self(Arc::new(Mutex::new(inner)), Faults::default())
    }

    /// Returns the same model, whose calls through this value are subject to `faults`.
    #[must_use]
    pub fn with_faults(&self, faults: Faults) -> Self {
        Self(Arc::clone(&self.0), faults)
    }

    /// Adds an answer after the others.
    pub fn then(&self, script: Script) {
        self.lock().scripts.push_back(script);
    }

    /// Returns what was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.lock().requests.clone()
    }

    /// Returns how many answers nobody has asked for.
    #[must_use]
    pub fn left(&self) -> usize {
        self.lock().scripts.len()
    }

    fn take(&self, request: ModelRequest) -> Script {
        let mut inner = self.lock();
        inner.requests.push(request);
        let count = inner.requests.len();
        let next = inner.scripts.pop_front();
        // The lock is not held in the panic: other tests' assertions still read what was asked.
        drop(inner);
        assert!(next.is_some(), "request {count} was not expected");
        next.unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AskModel for Scripted {
    type Answer = ScriptedAnswer;

    async fn ask(&self, request: ModelRequest) -> Result<Self::Answer, ModelError> {
        let script = self.1.around("ask", || self.take(request)).await;
        let mut script = script.map_err(|_| model_error(Kind::Timeout, true))?;
        match script.refusal.take() {
            Some(error) => Err(error),
            None => Ok(ScriptedAnswer { at: Instant::now() + script.pace, script, faults: self.1.clone() }),
        }
    }
}

/// A script as it plays.
pub struct ScriptedAnswer {
    script: Script,
    at: Instant,
    faults: Faults,
}

impl Answer for ScriptedAnswer {
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        if self.script.events.is_empty() {
            return if self.script.hangs { pending().await } else { None };
        }
        if !self.script.pace.is_zero() {
            sleep_until(self.at).await;
        }
        // Nothing is taken before the last await, so that dropping this future loses nothing.
        if self.faults.around("next", || ()).await.is_err() {
            self.script.events.clear();
            return Some(Err(model_error(Kind::Timeout, true)));
        }
        self.at = Instant::now() + self.script.pace;
        self.script.events.pop_front()
    }
}
