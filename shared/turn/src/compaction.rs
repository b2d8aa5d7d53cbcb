//! When a chat is compacted, and what the model is asked for then: pure, over history.

mod fit;

use std::sync::Arc;

use chat::{
    catalogue::{ModelOverrides, Preferences},
    compaction::{SUMMARIZED, Source, boundary_call},
    failure::{Failure, Kind},
    id::MessageId,
    message::{Message, NewMessage, Role, Visibility},
    model::{ModelConfig, ModelRequest},
    part::{Part, StoredPart},
    record::Chat,
    time::Timestamp,
};

use crate::{
    prompt::{Asked, cut::budget_bytes},
    size,
};

/// Messages that nobody has answered and that are kept word for word; older ones are summarised with the rest.
const PENDING_MESSAGES: usize = 16;
/// Bytes that they may have together; a write transaction takes 4 MB.
const PENDING_BYTES: usize = 1024 * 1024;

/// How much a chat may use of its model's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Tokens that it holds, 0 for not known.
    pub limit_tokens: u64,
    /// Per cent that, once used, make the chat compact; 100 is never.
    pub threshold_percent: u8,
}

impl Window {
    /// Returns the window of a chat with `model` whose summaries `summariser` writes: the smaller of the two. A
    /// person's own threshold goes before the model's.
    #[must_use]
    pub fn of(model: &ModelConfig, summariser: &ModelConfig, preferences: &Preferences) -> Self {
        let own = preferences.compaction_thresholds.get(&model.id).copied();
        let known = [model.context_limit, summariser.context_limit].into_iter().filter(|limit| *limit > 0);
        Self {
            limit_tokens: known.min().unwrap_or_default(),
            threshold_percent: own.unwrap_or(model.compaction_threshold),
        }
    }

    /// Returns whether so much is too much.
    #[must_use]
    pub fn is_over(self, tokens: u64) -> bool {
        let is_on = self.threshold_percent < 100 && self.limit_tokens > 0;
        let (used, most) = (u128::from(tokens) * 100, u128::from(self.limit_tokens));
        is_on && used >= most * u128::from(self.threshold_percent)
    }
}

/// What a step does with the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It answers.
    Answer,
    /// It summarises.
    Compact(Source),
    /// Somebody asked for a summary of nothing.
    Nothing,
    /// A summary would not help: the one that there is, is too long with what must follow it.
    StillOver,
}

/// Plans a step that has the model's turn, over the history from the boundary on; `used_tokens` is what its prompt takes.
#[must_use]
pub fn plan(chat: &Chat, history: &[Arc<Message>], used_tokens: u64, window: Window) -> Plan {
    let answers = history.iter().filter(|message| is_answer(message)).count();
    if chat.compaction_requested {
        return if answers > 0 { Plan::Compact(Source::Manual) } else { Plan::Nothing };
    }
    if answers == 0 || !window.is_over(used_tokens) {
        return Plan::Answer;
    }
    let first = history.iter().find(|message| is_answer(message));
    let first_is_over = first.is_some_and(|first| window.is_over(size::measured_tokens(first)));
    if answers == 1 && is_compacted(history) && first_is_over {
        return Plan::StillOver;
    }
    Plan::Compact(Source::Automatic)
}

/// Returns the messages from the newest boundary on. The chat's own is older where an edit went back behind it.
#[must_use]
pub fn since_boundary(history: &[Arc<Message>]) -> &[Arc<Message>] {
    let call = history.iter().rposition(|message| boundary_call(message).is_some());
    history.get(call.map_or(0, |call| call.saturating_sub(1))..).unwrap_or_default()
}

/// Returns the tokens that a prompt of these messages takes with `model`: what the provider counted last, and what came since.
///
/// Where it has counted nothing, the system prompt and the tools take `overhead_tokens`.
#[must_use]
pub fn used_tokens(history: &[Arc<Message>], model: &ModelConfig, overhead_tokens: u64) -> u64 {
    let counted = |message: &&Arc<Message>| is_answer(message) && size::measured_tokens(message) > 0;
    let last = history.iter().rposition(|message| counted(&message));
    let since = history.get(last.map_or(0, |last| last + 1)..).unwrap_or_default();
    let measured =
        last.and_then(|last| history.get(last)).map_or(overhead_tokens, |last| size::measured_tokens(last));
    measured + size::tokens(since.iter().map(AsRef::as_ref), budget_bytes(model.context_limit))
}

/// Returns whether a compaction would shorten anything.
#[must_use]
pub fn is_compactable(history: &[Arc<Message>]) -> bool {
    history.iter().any(|message| is_answer(message))
}

fn is_compacted(history: &[Arc<Message>]) -> bool {
    history.iter().any(|message| boundary_call(message) == Some(SUMMARIZED))
}

fn is_answer(message: &Message) -> bool {
    message.role == Role::Assistant && message.visibility == Visibility::Both
}

/// Returns history in two: what is summarised, and what people said after it that nobody has answered.
#[must_use]
pub fn split(history: &[Arc<Message>]) -> (&[Arc<Message>], Vec<NewMessage>) {
    let said = |message: &&Arc<Message>| message.role == Role::User;
    let mut room = PENDING_BYTES;
    let pending = history.iter().rev().take(PENDING_MESSAGES).take_while(said).take_while(|message| {
        let size_bytes = size::bytes(message);
        let fits = size_bytes <= room;
        room = room.saturating_sub(size_bytes);
        fits
    });
    let (past, pending) = history.split_at(history.len() - pending.count());
    (past, pending.iter().map(|message| again(message)).collect())
}

fn again(message: &Message) -> NewMessage {
    NewMessage {
        visibility: Visibility::Model,
        created_by: message.created_by,
        ..NewMessage::of(message.role, message.content.clone())
    }
}

/// Returns the model that summarises: the one that is set for it where it can be asked, else the chat's own.
#[must_use]
pub fn summariser(asked: &Asked) -> Asked {
    let ModelOverrides { compaction, .. } = asked.offer.catalogue.settings.model_overrides;
    asked.instead(compaction).unwrap_or_else(|| asked.clone())
}

/// Whether the summariser is given what the chat's turns are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The same messages and tools in the same order, so that the provider's cache knows them.
    Whole,
    /// No tools, calls as plain text, and what tools answered cut until all of it fits.
    Bare,
}

/// Returns the request for a summary: `turn` is what the model would be asked for its next turn, were there nothing
/// pending.
#[must_use]
pub fn request(
    turn: &ModelRequest,
    summariser: &Asked,
    shape: Shape,
    (id, now): (MessageId, Timestamp),
) -> ModelRequest {
    let instructions: StoredPart = Part::Text { text: INSTRUCTIONS.to_owned() }.into();
    let instructions = NewMessage::of(Role::User, vec![instructions]).placed(id, now, 0);
    let mut request = ModelRequest {
        model: Arc::clone(&summariser.model),
        access: summariser.access.clone(),
        effort: summariser.model.effort(turn.effort),
        ..turn.clone()
    };
    if shape == Shape::Bare {
        request.tools = Vec::new();
        request.messages = fit::fit(&request.messages, room_bytes(&request));
    }
    request.messages.push(Arc::new(instructions));
    request
}

/// What messages may take so that the answer has room, with a third to spare: tokens are only estimated.
fn room_bytes(request: &ModelRequest) -> usize {
    let model = &request.model;
    let overhead = size::overhead_tokens(&request.system, &request.tools);
    let limit = if model.context_limit > 0 { model.context_limit } else { size::UNKNOWN_LIMIT_TOKENS };
    let tokens = limit.saturating_sub(model.max_output_tokens().min(limit / 4)).saturating_sub(overhead);
    usize::try_from(tokens.saturating_mul(2)).unwrap_or(usize::MAX)
}

/// The failure of a chat that no compaction makes fit.
#[must_use]
pub fn does_not_fit(detail: Option<String>) -> Failure {
    Failure {
        message: "the conversation does not fit into the model's context window, and compacting it did not help; \
                  choose a model with a larger window, raise the compaction threshold, edit an earlier message, \
                  clear the context, or start a new chat"
            .into(),
        detail,
        kind: Kind::Config,
        provider: None,
        status_code: None,
        retryable: false,
    }
}

const INSTRUCTIONS: &str = "\
The context window is nearly full. Write the hand-off with which a fresh assistant, who has the system prompt and the \
tools but nothing of this conversation, carries on without asking anybody again. Your whole answer becomes its memory. \
Do not call tools, do not address the user, do not continue the work now.

Be dense: facts instead of narration. Refer to what can be read again (files, pages, command output) by its exact path \
or command instead of repeating it. Leave a section out if it would be empty. Sections, in this order:

1. People's constraints and corrections: every one that still holds, word for word, oldest first, each with what it \
applies to. Do not mix them with rules of the system prompt or of instruction files.
2. Goal: what is wanted in the end and what the current task is, in the user's own words where they matter.
3. Decisions: what was decided, why, and what was ruled out.
4. Details: names, paths, identifiers, commands, versions, numbers, addresses, interfaces, data shapes, exactly.
5. Errors: each with what fixed it or what is known of it. Keep them specific; never turn one failure into a general \
advice against a tool.
6. Done, in progress, remaining: three lists; for what is in progress, how far it is.
7. Next action: the single next step, concrete enough to take at once.";
