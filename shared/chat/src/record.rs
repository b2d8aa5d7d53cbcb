//! The chat's own item: everything that transitions decide on.

mod begin;
mod progress;
mod status;

use std::collections::BTreeMap;

pub use progress::{Activity, Progress, Working};
use serde::{Deserialize, Serialize};
pub use status::Status;

use crate::{
    call::{Answerer, Call, OpenCall},
    cursor::Episode,
    diff::NotedDiff,
    failure::{Failure, Retry},
    id::{ChatId, MessageId, ModelId, OrgId, QueuedId, ServerId, UserId, WorkerId, WorkspaceId},
    message::{QueuedMessage, Usage},
    model::{Effort, ToolSpec},
    span::Spans,
    time::Timestamp,
    workspace::{Context, Pin},
};

/// What a chat is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Anything.
    #[default]
    Default,
    /// Reading only.
    Explore,
    /// A desktop.
    ComputerUse,
}

/// Counters that order everything. All but `generation_attempt` record a `snapshot_version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Raised by one by each committed transition.
    pub snapshot: u64,
    /// Of the last change of history.
    pub history: u64,
    /// Of the last change of the queue.
    pub queue: u64,
    /// Of the last change of the retry that waits.
    pub retry: u64,
    /// Model calls since history changed.
    pub generation_attempt: u32,
}

/// Who works on a chat, and how long others must stay away without hearing from him.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The invocation that works.
    pub worker: WorkerId,
    /// When it counts as dead.
    pub until: Timestamp,
}

impl Lease {
    /// Returns the lease of `worker` as it is taken or renewed at `now`.
    #[must_use]
    pub const fn from(worker: WorkerId, now: Timestamp) -> Self {
        Self { worker, until: now.plus_ms(crate::limit::LEASE_MS) }
    }
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The queued message.
    #[serde(rename = "i")]
    pub id: QueuedId,
    /// Whether it joins the running turn at its next step.
    #[serde(default, rename = "s", skip_serializing_if = "std::ops::Not::not")]
    pub steers: bool,
}

/// A chat. Its execution state is derived from this, never stored beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// The organisation that it belongs to.
    pub org_id: OrgId,
    /// The person that it belongs to.
    pub owner_id: UserId,
    /// What it is called.
    pub title: String,
    /// Whether nobody has given it that title: it is the first line of what was first said.
    pub derived_title: bool,
    /// How its last turn ended, in a few words; none while another runs.
    pub summary: Option<String>,
    /// What it is busy with.
    pub status: Status,
    /// Whether it is put away.
    pub archived: bool,
    /// Marked for erasure: it exists for nobody, its items are being removed.
    pub deleted: bool,
    /// Its place among pinned chats, from 1; 0 is not pinned.
    pub pin_order: u32,
    /// The owner's labels.
    pub labels: BTreeMap<String, String>,
    /// What it is for.
    pub mode: Mode,
    /// Whether the model shall plan and not act.
    pub plan_mode: bool,
    /// The chat that spawned it.
    pub parent_chat_id: Option<ChatId>,
    /// The root of its family.
    pub root_chat_id: Option<ChatId>,
    /// Whether its model has asked for children; there may be none all the same.
    pub has_children: bool,
    /// The workspace that its tools run in.
    pub workspace_id: Option<WorkspaceId>,
    /// What it keeps of what a workspace said of how to work there.
    pub pin: Option<Pin>,
    /// What has changed in that workspace, as far as it is known.
    pub diff: Option<Box<NotedDiff>>,
    /// The model that answers next.
    pub model_id: ModelId,
    /// How hard it thinks.
    pub reasoning_effort: Option<Effort>,
    /// The counters.
    pub versions: Versions,
    /// Which write made it what it is: tells a writer whose answer got lost that it was his.
    pub commit_id: uuid::Uuid,
    /// Who works on it.
    pub lease: Option<Lease>,
    /// How far the running turn is; none at rest.
    pub progress: Option<Progress>,
    /// What of its history is visible.
    pub spans: Spans,
    /// The id that the next message gets; ids are never used twice.
    pub next_message_id: MessageId,
    /// The first message that the model sees.
    pub boundary: MessageId,
    /// Where it began before, oldest first; what an edit or a fork goes back to. At most [`crate::limit::BOUNDARIES`].
    pub earlier_boundaries: Vec<MessageId>,
    /// The queue's order.
    pub queue: Vec<QueueEntry>,
    /// The id that the next queued message gets.
    pub next_queued_id: QueuedId,
    /// Calls without a result in history, in call order.
    pub calls: Vec<OpenCall>,
    /// Model turns since the last message of a person.
    pub steps: u32,
    /// Answers since history changed that came and were of no use.
    pub useless_answers: u32,
    /// Whether a tool that ends the turn has succeeded in it.
    pub turn_ends: bool,
    /// The failure that stopped it, while it is in `error`.
    pub last_error: Option<Failure>,
    /// The retry that waits.
    pub retry: Option<Retry>,
    /// Whether somebody asked for a compaction.
    pub compaction_requested: bool,
    /// When somebody must look at it if nobody else did; none at rest.
    pub due_at: Option<Timestamp>,
    /// Sum over all model calls.
    pub usage: Usage,
    /// Tokens of the context window in use after the last call.
    pub context_tokens: u64,
    /// Tokens that the last model's window holds.
    pub context_limit: u64,
    /// The newest message of the model.
    pub last_answer_id: Option<MessageId>,
    /// The newest message that the owner has read.
    pub read_through: MessageId,
    /// Messages up to here are shared with forks and outlive this chat.
    pub forked_through: MessageId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last wrote to it; orders lists.
    pub updated_at: Timestamp,
}

impl Chat {
    /// Returns the worker whose lease is alive at `now`.
    #[must_use]
    pub fn leased_at(&self, now: Timestamp) -> Option<Lease> {
        self.lease.filter(|lease| lease.until > now)
    }

    /// Returns the model call whose parts are on screens, if one runs.
    #[must_use]
    pub fn episode(&self) -> Option<Episode> {
        let streams = match self.status {
            Status::Running | Status::Interrupting => true,
            Status::Waiting | Status::RequiresAction | Status::Error => false,
        };
        let begun = self.versions.generation_attempt > 0 && self.retry.is_none();
        let runs = streams && begun && self.lease.is_some();
        runs.then(|| self.last_episode())
    }

    /// Returns where calls that run elsewhere put something out, while nothing else is waited for. No model call has its number:
    /// they count from 1.
    #[must_use]
    pub fn output_episode(&self) -> Option<Episode> {
        let waits = self.status == Status::Running && self.is_parked();
        (waits && self.versions.generation_attempt == 0).then(|| self.last_episode())
    }

    /// Returns the newest model call, running or not.
    #[must_use]
    pub const fn last_episode(&self) -> Episode {
        Episode {
            history_version: self.versions.history,
            generation_attempt: self.versions.generation_attempt,
        }
    }

    /// Returns whether the model said something that the owner has not read.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        self.last_answer_id.is_some_and(|id| id > self.read_through)
    }

    /// Returns whether all that it waits for is somebody else's answer.
    #[must_use]
    pub fn is_parked(&self) -> bool {
        let waits = |call: &OpenCall| call.answered || call.deadline_at.is_some();
        !self.calls.is_empty() && self.calls.iter().all(waits)
    }

    /// Returns whether the model has said the last word, and waits for nothing.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.calls.is_empty() && self.last_answer_id == self.spans.last()
    }

    /// Returns the earliest deadline of its pending calls.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.calls.iter().filter(|call| !call.answered).filter_map(|call| call.deadline_at).min()
    }

    /// Returns what it keeps of the workspace that it has now.
    #[must_use]
    pub fn pinned(&self) -> Option<Pin> {
        self.pin.filter(|pin| Some(pin.workspace_id) == self.workspace_id)
    }

    /// Returns the calls that a client must answer now.
    pub fn client_calls(&self) -> impl Iterator<Item = &OpenCall> {
        self.calls
            .iter()
            .filter(|call| call.answerer == Answerer::Client && !call.answered && call.deadline_at.is_some())
    }
}

/// What is large and seldom changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The chat's own system prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Tools that clients answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_tools: Vec<ToolSpec>,
    /// The tool servers that it uses; where nothing is said, those that are on for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp_server_ids: Option<Vec<ServerId>>,
    /// What its workspace says of how to work there, once a turn has begun with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

impl Spec {
    /// Returns what the workspace that a chat has now says of how to work there.
    #[must_use]
    pub fn context_of(&self, chat: &Chat) -> Option<&Context> {
        self.context.as_ref().filter(|context| Some(context.workspace_id) == chat.workspace_id)
    }
}

/// A chat with its queue, as one consistent read shows it: what transitions start from.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The chat.
    pub chat: Chat,
    /// Its queued messages, in the queue's order.
    pub queue: Vec<QueuedMessage>,
    /// Its pending calls and those answers that wait for others.
    pub ledger: Vec<Call>,
}
