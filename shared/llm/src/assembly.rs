//! Puts an answer together: pieces as they come, parts when they are whole.

mod own;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chat::{
    id::CallId,
    message::Usage,
    model::{ModelEvent, ModelRequest, StopReason},
    part::{Delta, Part, ProviderItem, StoredPart, ToolCall},
};
use serde_json::{Map, Value};

use crate::{
    fault::Fault,
    names::{ToolNames, plain},
    wire::origin,
};

/// Parts of one answer.
pub(crate) const MOST_PARTS: usize = 1_024;
/// Bytes of one answer: text, reasoning, arguments, and what its provider wants back; a function has 128 MB.
const MOST_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug)]
struct OpenCall {
    id: CallId,
    name: String,
    args: String,
}

/// An answer in the making.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    ready: VecDeque<ModelEvent>,
    origin: String,
    names: ToolNames,
    /// Tells the calls of this answer from those of others, where the provider does not.
    salt: u64,
    text: String,
    reasoning: String,
    sources: Vec<(String, Option<String>)>,
    urls: BTreeSet<String>,
    calls: BTreeMap<u64, OpenCall>,
    ids: BTreeSet<CallId>,
    parts: usize,
    bytes: usize,
    called: bool,
    broken_call: bool,
    /// What the model calls used that this answer was paused between.
    spent: Usage,
    paused: bool,
}

impl Assembly {
    pub(crate) fn of(request: &ModelRequest) -> Self {
        Self {
            origin: origin(request),
            names: ToolNames::of(request),
            salt: request.messages.last().map_or(0, |message| message.id.0),
            ids: request.messages.iter().flat_map(|message| message.calls()).map(id_of).collect(),
            ..Self::default()
        }
    }

    /// Returns the next event for the turn.
    pub(crate) fn pop(&mut self) -> Option<ModelEvent> {
        self.ready.pop_front()
    }

    pub(crate) fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    pub(crate) fn has_reasoning(&self) -> bool {
        !self.reasoning.is_empty()
    }

    pub(crate) fn has_call(&self, index: u64) -> bool {
        self.calls.contains_key(&index)
    }

    pub(crate) fn has_args(&self, index: u64) -> bool {
        self.calls.get(&index).is_some_and(|call| !call.args.trim().is_empty())
    }

    /// Returns whether nothing can follow what came of a call's arguments.
    pub(crate) fn has_whole_args(&self, index: u64) -> bool {
        let args = self.calls.get(&index).map(|call| call.args.trim_end());
        // Most pieces end elsewhere: what is long is not read again for each.
        args.is_some_and(|args| {
            args.ends_with('}') && serde_json::from_str::<Map<String, Value>>(args).is_ok()
        })
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        self.grow(text)?;
        self.text.push_str(text);
        self.delta(Delta::Text { text: text.to_owned() });
        Ok(())
    }

    pub(crate) fn reasoning(&mut self, text: &str) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        self.grow(text)?;
        self.reasoning.push_str(text);
        self.delta(Delta::Reasoning { text: text.to_owned() });
        Ok(())
    }

    /// Notes where the text comes from; told after the text, whose pieces must not be torn apart.
    pub(crate) fn source(&mut self, url: &str, title: Option<&str>) -> Result<(), Fault> {
        if !url.is_empty() && self.urls.insert(url.to_owned()) {
            self.grow(url)?;
            self.sources.push((url.to_owned(), title.map(str::to_owned)));
        }
        Ok(())
    }

    pub(crate) fn end_text(&mut self, item: Option<Value>) -> Result<(), Fault> {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.part(Part::Text { text }, item)?;
        }
        for (url, title) in std::mem::take(&mut self.sources) {
            self.delta(Delta::Source { url: url.clone(), title: title.clone() });
            self.part(Part::Source { url, title }, None)?;
        }
        Ok(())
    }

    /// Ends a thought; one without words is kept for what only its provider understands.
    pub(crate) fn end_reasoning(&mut self, item: Option<Value>) -> Result<(), Fault> {
        let text = std::mem::take(&mut self.reasoning);
        if text.is_empty() && item.is_none() {
            return Ok(());
        }
        self.part(Part::Reasoning { text, started_at: None, ended_at: None }, item)
    }

    /// Opens the call that the wire knows by `index`, and shows it before its arguments come.
    pub(crate) fn open_call(&mut self, index: u64, id: &str, name: &str) -> Result<(), Fault> {
        let call = OpenCall { id: self.unused_id(id), name: self.names.ours(name), args: String::new() };
        self.grow(id)?;
        self.count_part()?;
        self.delta(piece(&call, String::new()));
        self.called = true;
        self.calls.insert(index, call);
        Ok(())
    }

    pub(crate) fn args(&mut self, index: u64, fragment: &str) -> Result<(), Fault> {
        self.grow(fragment)?;
        let Some(call) = self.calls.get_mut(&index) else {
            return Err(Fault::malformed("arguments arrived for a call that was not opened"));
        };
        if !fragment.is_empty() {
            call.args.push_str(fragment);
            let delta = piece(call, fragment.to_owned());
            self.delta(delta);
        }
        Ok(())
    }

    /// Ends a call; `whole` are its arguments where the wire repeats them and no pieces came.
    pub(crate) fn end_call(&mut self, index: u64, whole: &str, item: Option<Value>) -> Result<(), Fault> {
        if self.has_call(index) && !self.has_args(index) {
            self.args(index, if whole.trim().is_empty() { "{}" } else { whole })?;
        }
        let Some(call) = self.calls.remove(&index) else {
            return Ok(());
        };
        let Ok(args) = serde_json::from_str::<Map<String, Value>>(&call.args) else {
            self.broken_call = true;
            return Ok(());
        };
        let OpenCall { id: tool_call_id, name: tool_name, .. } = call;
        let args = Value::Object(args);
        let call = ToolCall { tool_call_id, tool_name, args, provider_executed: false };
        self.stored(Part::ToolCall(call), item)
    }

    /// Completes the answer. A call that the limit of the answer cut off is dropped.
    pub(crate) fn finish(&mut self, reason: StopReason, usage: Usage) -> Result<(), Fault> {
        self.end_reasoning(None)?;
        self.end_text(None)?;
        let incomplete = self.broken_call || !self.calls.is_empty();
        let reason = match reason {
            StopReason::End | StopReason::ToolCalls if incomplete => {
                return Err(Fault::useless("the arguments of a tool call are not a JSON object"));
            }
            StopReason::End | StopReason::ToolCalls if self.called => StopReason::ToolCalls,
            StopReason::End | StopReason::ToolCalls => StopReason::End,
            StopReason::Length | StopReason::Filtered => reason,
        };
        self.spent.add(&usage);
        self.ready.push_back(ModelEvent::Finish { reason, usage: self.spent });
        Ok(())
    }

    /// Ends what the provider sends in one go: the answer goes on once it was sent back what it said so far. One that
    /// calls tools of ours ends, for it waits for them.
    pub(crate) fn pause(&mut self, usage: Usage) -> Result<(), Fault> {
        if self.called {
            return self.finish(StopReason::ToolCalls, usage);
        }
        self.end_reasoning(None)?;
        self.end_text(None)?;
        self.spent.add(&usage);
        self.paused = true;
        Ok(())
    }

    pub(crate) const fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) const fn go_on(&mut self) {
        self.paused = false;
    }

    fn unused_id(&mut self, id: &str) -> CallId {
        let salt = self.salt;
        let base = if id.is_empty() { format!("call_{salt}_{}", self.ids.len()) } else { plain(id) };
        let mut id = CallId(base);
        while !self.ids.insert(id.clone()) {
            id = CallId(format!("call_{salt}_{}", self.ids.len()));
        }
        id
    }

    fn delta(&mut self, delta: Delta) {
        self.ready.push_back(ModelEvent::Delta(delta));
    }

    fn part(&mut self, part: Part, item: Option<Value>) -> Result<(), Fault> {
        self.count_part()?;
        self.stored(part, item)
    }

    fn stored(&mut self, part: Part, item: Option<Value>) -> Result<(), Fault> {
        if let Some(item) = &item {
            self.grow(&item.to_string())?;
        }
        let provider = item.map(|item| ProviderItem { origin: self.origin.clone(), item });
        self.ready.push_back(ModelEvent::Part(StoredPart { part, provider }));
        Ok(())
    }

    fn count_part(&mut self) -> Result<(), Fault> {
        self.parts += 1;
        if self.parts > MOST_PARTS { Err(Fault::malformed("the answer has too many parts")) } else { Ok(()) }
    }

    /// Counts what is kept of an answer, here or by who reads the wire.
    pub(crate) fn grow(&mut self, text: &str) -> Result<(), Fault> {
        self.bytes += text.len();
        if self.bytes > MOST_BYTES { Err(Fault::malformed("the answer is too long")) } else { Ok(()) }
    }
}

fn id_of(call: &ToolCall) -> CallId {
    call.tool_call_id.clone()
}

fn piece(call: &OpenCall, args_delta: String) -> Delta {
    Delta::ToolCall { tool_call_id: call.id.clone(), tool_name: call.name.clone(), args_delta }
}
