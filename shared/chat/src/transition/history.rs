//! What enters history, and what history closes: shared by the transitions.

use crate::{
    call::{Answerer, Call, OpenCall},
    draft::Draft,
    id::MessageId,
    message::{Message, NewMessage, Role, Visibility},
    part::{Outcome, Part, ToolResult},
    transition::{Refusal, title_of},
};

impl Draft {
    /// Gives a message the next id and makes it visible.
    pub(super) fn append(&mut self, message: NewMessage) -> Result<MessageId, Refusal> {
        let now = self.now;
        let chat = self.chat_mut()?;
        let version = chat.versions.snapshot;
        let message = message.placed(chat.next_message_id, now, version);
        chat.next_message_id = message.id.next();
        chat.spans.append(message.id, version);
        chat.versions.history = version;
        chat.versions.generation_attempt = 0;
        chat.useless_answers = 0;
        chat.retry = None;
        match message.role {
            Role::User if message.visibility == Visibility::Both => note_person(chat, &message),
            Role::Assistant if message.visibility == Visibility::Both => {
                chat.last_answer_id = Some(message.id);
            }
            // Nobody has said what only people or only the model see.
            Role::User | Role::Assistant | Role::System | Role::Tool => {}
        }
        let (id, chat_id) = (message.id, chat.id);
        self.tell_message(&message, chat_id);
        self.messages.push(message);
        Ok(id)
    }

    /// Appends results.
    pub(super) fn append_results(&mut self, results: Vec<ToolResult>) -> Result<(), Refusal> {
        for message in NewMessage::results(results) {
            self.append(message)?;
        }
        Ok(())
    }

    /// Gives every open call its result: the answer that is in the ledger or known to whoever closes it, else an error that
    /// says why nobody answers any more.
    pub(super) fn close_calls(&mut self, reason: &str) -> Result<(), Refusal> {
        let open = std::mem::take(&mut self.chat_mut()?.calls);
        self.cancel(&open);
        let (ledger, known) = (std::mem::take(&mut self.ledger), std::mem::take(&mut self.known));
        let chat = self.chat_mut()?;
        // A batch that has begun may have had its effects; one that has not, has none.
        let begun = chat.versions.generation_attempt > 0;
        let results = open.into_iter().map(|call| {
            let entry = ledger.iter().find(|entry| entry.call.tool_call_id == call.id);
            let known = known.iter().find(|result| result.tool_call_id == call.id);
            let answer = entry.and_then(|entry| entry.result.as_ref()).or(known).cloned();
            answer.unwrap_or_else(|| {
                let may_have_run = match call.answerer {
                    Answerer::Step => begun,
                    // It was handed out: a frame that begins it may have arrived, whatever was heard since.
                    Answerer::Workspace => entry.is_some(),
                    // It is claimed before it is made.
                    Answerer::Server => entry.is_some_and(|entry| entry.accepted_at.is_some()),
                    Answerer::Client
                    | Answerer::Person
                    | Answerer::Machine
                    | Answerer::Chat
                    | Answerer::Clock => false,
                };
                let outcome = may_have_run.then_some(Outcome::Unknown);
                ToolResult { outcome, ..ToolResult::synthetic(call.id, call.tool_name, reason) }
            })
        });
        let results: Vec<ToolResult> = results.collect();
        self.append_results(results)
    }

    /// Notes that nobody wants these calls answered any more: the agent that has some of them is told.
    pub(super) fn cancel(&mut self, calls: &[OpenCall]) {
        let Some(chat_id) = self.chat.as_ref().map(|chat| chat.id) else { return };
        let out = |entry: &&Call| {
            let waits = entry.answerer == Answerer::Workspace && entry.result.is_none();
            waits && calls.iter().any(|call| call.id == entry.call.tool_call_id)
        };
        self.cancelled.extend(self.ledger.iter().filter(out).map(|entry| entry.token(chat_id)));
    }

    /// Notes whether one of the calls that are answered now ends the turn.
    pub(super) fn note_endings(&mut self, results: &[&ToolResult]) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        let succeeded =
            |call: &OpenCall| results.iter().any(|result| result.tool_call_id == call.id && !result.is_error);
        chat.turn_ends |= chat.calls.iter().any(|call| call.ends_turn && succeeded(call));
        Ok(())
    }
}

fn note_person(chat: &mut crate::record::Chat, message: &Message) {
    chat.steps = 0;
    chat.turn_ends = false;
    chat.summary = None;
    chat.model_id = message.model_id.unwrap_or(chat.model_id);
    chat.reasoning_effort = message.reasoning_effort.or(chat.reasoning_effort);
    if chat.title.is_empty() {
        let parts: Vec<Part> = message.content.iter().map(|stored| stored.part.clone()).collect();
        chat.title = title_of(&parts);
        chat.derived_title = true;
    }
}
