//! The transitions: the only ways in which a chat changes.

mod answers;
mod attempt;
mod compaction;
mod due;
mod history;
mod name;
mod people;
mod queue;
mod refusal;
mod steps;
mod table;
mod title;

use std::collections::BTreeMap;

pub use attempt::{Attempt, Next};
pub use due::due_at;
pub use name::Name;
pub use refusal::Refusal;
pub use table::targets;
pub use title::title_of;

use crate::{
    call::{Answerer, Call, OpenCall},
    compaction::Compaction,
    cursor::Episode,
    diff::DiffStatus,
    failure::{Failure, Retry},
    id::{MessageId, QueuedId, WorkerId, WorkspaceId},
    message::{NewMessage, QueuedMessage},
    part::{Part, ToolResult},
    record::{Chat, Lease, Spec},
    spend::Used,
    workspace::Pin,
};

/// A named change of a chat, with what it brings along.
#[derive(Clone, Debug)]
pub enum Transition {
    /// A new chat.
    Create(Box<Create>),
    /// A person says something.
    Send {
        /// What, as if it had to wait; the queue gives it its id.
        message: QueuedMessage,
        /// What to do if the chat is busy.
        when_busy: WhenBusy,
    },
    /// A person says something else instead; running work and its output are dropped.
    Edit {
        /// The message that goes, with all after it.
        message_id: MessageId,
        /// The message that comes.
        message: NewMessage,
    },
    /// A queued message says something else.
    EditQueued {
        /// Which.
        id: QueuedId,
        /// What it says.
        content: Vec<Part>,
    },
    /// A queued message goes.
    DeleteQueued {
        /// Which.
        id: QueuedId,
    },
    /// All queued messages go.
    ClearQueue,
    /// A queued message runs next; running work is interrupted.
    Promote {
        /// Which.
        id: QueuedId,
    },
    /// Running work stops; what it wrote stays.
    Interrupt,
    /// Pending calls are answered: by a client all of its calls at once, by others any of theirs.
    Answer {
        /// Who answers.
        by: Answerer,
        /// Their results.
        results: Vec<ToolResult>,
    },
    /// Calls past their deadline get an error result.
    Expire,
    /// The context shall be compacted before the next answer.
    RequestCompaction,
    /// The model forgets; people do not.
    Clear,
    /// Put away, or fetched back.
    SetArchived {
        /// Which of the two.
        archived: bool,
    },
    /// An archived chat goes for good; its items are erased afterwards.
    Delete,
    /// What people see of it changes, and nothing that it does.
    Describe(Describe),
    /// What is known of its workspace's working tree changes.
    NoteDiff {
        /// After how many looks; what an earlier one saw is refused.
        edition: u64,
        /// What there is to say; none where there is no tree.
        status: Option<DiffStatus>,
    },
    /// A step begins a model call or a batch of tools, and takes or keeps the lease.
    RecordAttempt {
        /// Who.
        lease: Lease,
        /// The history that it works on.
        history_version: u64,
    },
    /// An attempt failed and another follows after a wait.
    RecordRetry {
        /// Whose.
        fence: Fence,
        /// The wait.
        retry: Retry,
        /// What the attempt came to.
        after: Attempt,
    },
    /// A step's output enters history.
    CommitStep(CommitStep),
    /// The model is given a summary in place of what was said.
    CommitCompaction(CommitCompaction),
    /// Calls are handed to others, and nobody works until they answer.
    Park {
        /// Whose step.
        fence: Fence,
        /// Every open call.
        calls: Vec<Call>,
    },
    /// The turn is over.
    FinishTurn {
        /// Whose.
        fence: Fence,
    },
    /// A step has stopped as it was asked to.
    FinishInterruption {
        /// Whose.
        fence: Fence,
        /// What it had written by then.
        partial: Option<NewMessage>,
        /// Who answers the calls in it; they get synthetic results.
        opened: Vec<OpenCall>,
    },
    /// The turn ends in a failure that retrying cannot mend.
    FinishError {
        /// Whose.
        fence: Fence,
        /// The failure.
        failure: Failure,
    },
    /// A chat that cannot be becomes one that says so.
    Reconcile,
}

/// A new chat, or a fork of one.
#[derive(Clone, Debug)]
pub struct Create {
    /// The chat as it shall be, without messages of its own.
    pub seed: Chat,
    /// The chat whose messages a fork shares.
    pub share: Option<crate::change::Share>,
    /// Results that close what a fork's prefix left open.
    pub closing: Vec<ToolResult>,
    /// The first message.
    pub message: Option<NewMessage>,
    /// What is large and seldom changes.
    pub spec: Option<Spec>,
}

/// What a send does to a busy chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenBusy {
    /// Wait for the turn to end.
    #[default]
    Queue,
    /// End the turn.
    Interrupt,
    /// Join the turn at its next step.
    Steer,
    /// Be refused.
    Reject,
}

/// New values for what people see; none leaves a field alone.
#[derive(Clone, Debug, Default)]
pub struct Describe {
    /// What it is called.
    pub title: Option<String>,
    /// How its last turn ended.
    pub summary: Option<String>,
    /// Its place among pinned chats, 0 for none.
    pub pin_order: Option<u32>,
    /// All of its labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Whether the model shall plan and not act.
    pub plan_mode: Option<bool>,
    /// The workspace that its tools run in; the inner none unbinds it.
    pub workspace_id: Option<Option<WorkspaceId>>,
    /// What it keeps of what a workspace said of how to work there.
    pub pin: Option<Pin>,
    /// The newest message that the owner has read.
    pub read_through: Option<MessageId>,
}

/// What a step may rely on: it commits only if all of it still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The step.
    pub worker: WorkerId,
    /// The history that it saw.
    pub history_version: u64,
    /// The attempt that it recorded, 0 for none.
    pub generation_attempt: u32,
}

impl Fence {
    /// Returns the model call that it guards.
    #[must_use]
    pub const fn episode(&self) -> Episode {
        Episode { history_version: self.history_version, generation_attempt: self.generation_attempt }
    }
}

/// A step's output.
#[derive(Clone, Debug)]
pub struct CommitStep {
    /// Whose.
    pub fence: Fence,
    /// The model's message, or the results of a batch of tools; empty when only steering messages join.
    pub messages: Vec<NewMessage>,
    /// Calls that the messages open, in call order.
    pub opened: Vec<OpenCall>,
    /// The model call that it comes from.
    pub used: Option<Used>,
    /// Tokens that the model's window holds.
    pub context_limit: Option<u64>,
    /// Who goes on.
    pub next: Next,
}

/// A step's summary of what was said.
#[derive(Clone, Debug)]
pub struct CommitCompaction {
    /// Whose.
    pub fence: Fence,
    /// The summary and what it came from.
    pub compaction: Compaction,
    /// What people said that nobody has answered, for the model alone: people see it where it was said.
    pub pending: Vec<NewMessage>,
    /// Tokens that the window holds now, as well as that can be known.
    pub context_tokens: u64,
}

impl crate::draft::Draft {
    /// Does what the transition says; the table has allowed it.
    pub(crate) fn transit(&mut self, transition: Transition) -> Result<(), Refusal> {
        match transition {
            Transition::Create(create) => self.create(*create),
            Transition::Send { message, when_busy } => self.send(message, when_busy),
            Transition::Edit { message_id, message } => self.edit(message_id, message),
            Transition::EditQueued { id, content } => self.edit_queued(id, content),
            Transition::DeleteQueued { id } => self.dequeue(id).map(drop),
            Transition::ClearQueue => self.empty_queue(),
            Transition::Promote { id } => self.promote(id),
            Transition::Interrupt => self.interrupt(),
            Transition::Answer { by, results } => self.answer(by, results),
            Transition::Expire => self.expire(),
            Transition::RequestCompaction => self.request_compaction(),
            Transition::Clear => self.clear(),
            Transition::SetArchived { archived } => self.set_archived(archived),
            Transition::Delete => self.delete(),
            Transition::Describe(new) => self.describe(new),
            Transition::NoteDiff { edition, status } => self.note_diff(edition, status),
            Transition::RecordAttempt { lease, history_version } => {
                self.record_attempt(lease, history_version)
            }
            Transition::RecordRetry { fence, retry, after } => self.record_retry(fence, retry, after),
            Transition::CommitStep(step) => self.commit_step(step),
            Transition::CommitCompaction(step) => self.commit_compaction(step),
            Transition::Park { fence, calls } => self.park(fence, calls),
            Transition::FinishTurn { fence } => self.finish_turn(fence),
            Transition::FinishInterruption { fence, partial, opened } => {
                self.finish_interruption(fence, partial, opened)
            }
            Transition::FinishError { fence, failure } => self.finish_error(fence, failure),
            Transition::Reconcile => self.reconcile(),
        }
    }
}
