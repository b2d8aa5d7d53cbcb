//! A model that answers what it is asked, and refuses what providers would.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chat::{
    message::{Message, Role},
    model::{ModelError, ModelEvent, ModelRequest, StopReason},
    part::{Delta, Part},
    port::AskModel,
};

use crate::{
    faults::Faults,
    model::{Script, Scripted, ScriptedAnswer},
};

type Plan = dyn Fn(&ModelRequest, usize) -> Script + Send + Sync;

/// A model that answers by a function of what it is asked. Clones share what was asked.
#[derive(Clone)]
pub struct Replies {
    plan: Arc<Plan>,
    faults: Faults,
    requests: Arc<Mutex<Vec<ModelRequest>>>,
}

impl Replies {
    /// Answers by request, and by its number from 0.
    pub fn by(plan: impl Fn(&ModelRequest, usize) -> Script + Send + Sync + 'static) -> Self {
        Self { plan: Arc::new(plan), faults: Faults::default(), requests: Arc::default() }
    }

    /// Answers from a list.
    ///
    /// # Panics
    /// When it is asked more often.
    pub fn list(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts: Mutex<VecDeque<Script>> = Mutex::new(scripts.into_iter().collect());
        Self::by(move |_, number| {
            let next = scripts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            next.unwrap_or_else(|| panic!("request {number} was not expected"))
        })
    }

    /// Returns the same model, whose calls are subject to `faults`.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// Returns what was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the number of the request.
    fn note(&self, request: &ModelRequest) -> usize {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(request.clone());
        requests.len() - 1
    }
}

impl AskModel for Replies {
    type Answer = ScriptedAnswer;

    async fn ask(&self, request: ModelRequest) -> Result<Self::Answer, ModelError> {
        check(&request);
        let number = self.note(&request);
        let script = (self.plan)(&request, number);
        Scripted::new([script]).with_faults(self.faults.clone()).ask(request).await
    }
}

/// Panics on a request that a provider would refuse.
fn check(request: &ModelRequest) {
    let ids: Vec<_> = request.messages.iter().map(|message| message.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "messages out of order: {ids:?}");
    let last = request.messages.last().map(|message| message.role);
    assert!(matches!(last, Some(Role::User | Role::Tool)), "nothing to answer: {last:?}");
    let mut open = Vec::new();
    for message in &request.messages {
        assert!(message.role == Role::Tool || open.is_empty(), "{open:?} have no results");
        for result in message.results() {
            let index = open.iter().position(|id| *id == result.tool_call_id);
            assert!(index.is_some(), "{} has no call", result.tool_call_id);
            open.retain(|id| *id != result.tool_call_id);
        }
        open.extend(message.calls().map(|call| call.tool_call_id.clone()));
    }
    assert!(open.is_empty(), "{open:?} have no results");
}

/// Returns the texts that people have said and the model has not answered.
#[must_use]
pub fn unanswered(messages: &[Arc<Message>]) -> Vec<String> {
    let mut said = Vec::new();
    for message in messages {
        match message.role {
            Role::User => said.push(text_of(message)),
            Role::Assistant => said.clear(),
            Role::Tool | Role::System => {}
        }
    }
    said
}

/// Returns the text of a message.
#[must_use]
pub fn text_of(message: &Message) -> String {
    let texts = message.content.iter().filter_map(|stored| {
        let Part::Text { text } = &stored.part else { return None };
        Some(text.as_str())
    });
    texts.collect()
}

/// Returns an answer that names what it answers: `you said: a; b; and that is all`.
#[must_use]
pub fn echo(request: &ModelRequest) -> String {
    format!("you said: {}; and that is all", unanswered(&request.messages).join("; "))
}

/// Returns a script that reasons before it speaks.
#[must_use]
pub fn thinks(thought: &str, text: &str) -> Script {
    let words = thought.split_inclusive(' ').map(|word| Delta::Reasoning { text: word.to_owned() });
    let script = words.fold(Script::default(), |script, word| script.event(ModelEvent::Delta(word)));
    let part = Part::Reasoning { text: thought.to_owned(), started_at: None, ended_at: None };
    script.event(ModelEvent::Part(part.into())).text(text).finish(StopReason::End)
}
