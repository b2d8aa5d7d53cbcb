//! What a model said, as it comes in: finished parts, and the deltas of those that are not.

use std::collections::BTreeMap;

use chat::{
    id::{CallId, ModelId},
    message::{NewMessage, Role, Usage},
    part::{Delta, Part, StoredPart, ToolCall, assemble, push_delta},
    time::Timestamp,
};

/// An answer in the making.
#[derive(Clone, Debug, Default)]
pub struct Output {
    parts: Vec<StoredPart>,
    open: Vec<Delta>,
    reasoning_since: Option<Timestamp>,
}

impl Output {
    /// Adds a piece.
    pub fn delta(&mut self, delta: Delta, now: Timestamp) {
        if matches!(delta, Delta::Reasoning { .. }) {
            self.reasoning_since.get_or_insert(now);
        }
        push_delta(&mut self.open, delta);
    }

    /// Adds a finished part; the pieces that it covers are done with.
    pub fn part(&mut self, mut stored: StoredPart, now: Timestamp) {
        let covers = |delta: &Delta| covers(&stored.part, delta);
        self.open.retain(|delta| !covers(delta));
        if let Part::Reasoning { started_at, ended_at, .. } = &mut stored.part {
            *started_at = self.reasoning_since.take();
            *ended_at = Some(now);
        }
        self.parts.push(stored);
    }

    /// Returns whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns what is worth keeping when the model was stopped in mid-sentence: text as far as it came,
    /// calls only with complete arguments.
    #[must_use]
    pub fn stopped(mut self) -> Vec<StoredPart> {
        self.parts.extend(assemble(self.open).into_iter().map(StoredPart::from));
        self.parts
    }

    /// Ends what is open where it is.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { parts: self.stopped(), ..Self::default() }
    }

    /// Returns the finished parts.
    #[must_use]
    pub fn finished(self) -> Vec<StoredPart> {
        self.parts
    }

    /// Returns a call id that was used twice, if any: results could not be told apart.
    #[must_use]
    pub fn doubled_call(&self) -> Option<CallId> {
        let mut seen = BTreeMap::new();
        calls(&self.parts)
            .find(|call| seen.insert(call.tool_call_id.clone(), ()).is_some())
            .map(|call| call.tool_call_id)
    }
}

fn covers(part: &Part, delta: &Delta) -> bool {
    match (part, delta) {
        (Part::Text { .. }, Delta::Text { .. })
        | (Part::Reasoning { .. }, Delta::Reasoning { .. })
        | (Part::Source { .. }, Delta::Source { .. }) => true,
        (Part::ToolCall(call), Delta::ToolCall { tool_call_id, .. }) => call.tool_call_id == *tool_call_id,
        (
            Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall(_)
            | Part::ToolResult(_)
            | Part::Source { .. }
            | Part::File { .. }
            | Part::FileReference { .. }
            | Part::ContextFile { .. }
            | Part::Skill { .. },
            _,
        ) => false,
    }
}

/// Returns the calls among parts that somebody on our side must answer.
pub fn calls(parts: &[StoredPart]) -> impl Iterator<Item = ToolCall> {
    parts.iter().filter_map(StoredPart::call).cloned()
}

/// Returns the model's message.
#[must_use]
pub fn answer(parts: Vec<StoredPart>, model_id: ModelId, usage: Option<Usage>) -> NewMessage {
    NewMessage { model_id: Some(model_id), usage, ..NewMessage::of(Role::Assistant, parts) }
}

/// Returns the text of parts.
pub(crate) fn text_of(parts: &[StoredPart]) -> String {
    let texts = parts.iter().filter_map(|stored| stored.part.text());
    texts.collect::<String>().trim().to_owned()
}
