//! A model that answers what it is asked, and refuses what providers would.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use chat::{
    message::{Message, Role},
    model::{ModelError, ModelEvent, ModelRequest, StopReason},
    part::{Delta, Part},
    port::AskModel,
};
use kit::{
    faults::Faults,
    model::{Script, Scripted, ScriptedAnswer},
};

type Plan = dyn Fn(&ModelRequest, usize) -> Script + Send + Sync;

/// A model that answers by a function of what it is asked.
#[derive(Clone)]
pub(crate) struct Replies {
    plan: Arc<Plan>,
    faults: Faults,
    requests: Arc<Mutex<Vec<ModelRequest>>>,
}

impl Replies {
    /// Answers by request, and by its number from 0.
    pub(crate) fn by(plan: impl Fn(&ModelRequest, usize) -> Script + Send + Sync + 'static) -> Self {
        Self { plan: Arc::new(plan), faults: Faults::default(), requests: Arc::default() }
    }

    /// Answers from a list.
    pub(crate) fn list(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts: Mutex<VecDeque<Script>> = Mutex::new(scripts.into_iter().collect());
        Self::by(move |_, number| {
            let next = scripts.lock().unwrap().pop_front();
            next.unwrap_or_else(|| panic!("request {number} was not expected"))
        })
    }

    pub(crate) fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    pub(crate) fn requests(&self) -> Vec<ModelRequest> {
        self.requests.lock().unwrap().clone()
    }
}

impl AskModel for Replies {
    type Answer = ScriptedAnswer;

    async fn ask(&self, request: ModelRequest) -> Result<Self::Answer, ModelError> {
        check(&request);
        let number = self.requests().len();
        self.requests.lock().unwrap().push(request.clone());
        let script = (self.plan)(&request, number);
        Scripted::new([script]).with_faults(self.faults.clone()).ask(request).await
    }
}

/// Panics on a request that a provider would refuse.
fn check(request: &ModelRequest) {
    let ids: Vec<_> = request.messages.iter().map(|message| message.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "messages out of order: {ids:?}");
    let last = request.messages.last().expect("something was said");
    assert!(matches!(last.role, Role::User | Role::Tool), "nothing to answer: {last:?}");
    let mut open = Vec::new();
    for message in &request.messages {
        assert!(message.role == Role::Tool || open.is_empty(), "{open:?} have no results");
        for result in message.results() {
            let index = open.iter().position(|id| *id == result.tool_call_id);
            open.remove(index.expect("a result has its call"));
        }
        open.extend(message.calls().map(|call| call.tool_call_id.clone()));
    }
    assert!(open.is_empty(), "{open:?} have no results");
}

/// Returns the texts that people have said and the model has not answered.
pub(crate) fn unanswered(messages: &[Arc<Message>]) -> Vec<String> {
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

pub(crate) fn text_of(message: &Message) -> String {
    let texts = message.content.iter().filter_map(|stored| {
        let Part::Text { text } = &stored.part else { return None };
        Some(text.as_str())
    });
    texts.collect()
}

/// Returns an answer that names what it answers: `you said: a; b; and that is all`.
pub(crate) fn echo(request: &ModelRequest) -> String {
    format!("you said: {}; and that is all", unanswered(&request.messages).join("; "))
}

/// Returns a script that reasons before it speaks.
pub(crate) fn thinks(thought: &str, text: &str) -> Script {
    reasons(Script::default(), thought).text(text).finish(StopReason::End)
}

fn reasons(script: Script, thought: &str) -> Script {
    let words = thought.split_inclusive(' ').map(|word| Delta::Reasoning { text: word.to_owned() });
    let script = words.fold(script, |script, word| script.event(ModelEvent::Delta(word)));
    let part = Part::Reasoning { text: thought.to_owned(), started_at: None, ended_at: None };
    script.event(ModelEvent::Part(part.into()))
}
