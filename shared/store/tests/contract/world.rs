//! The two stores, and the way chats get into them.

use aws_sdk_dynamodb::Client;
use chat::{
    Change, Draft,
    call::{Answerer, Call, OpenCall},
    id::{CallId, ChatId, MessageId, WorkerId},
    message::{Message, NewMessage, Role},
    part::{Part, ToolCall, ToolResult},
    port::{
        AcceptCalls, AppendParts, BindChats, ClaimCalls, Clock, CommitChats, CommitFamilies, CountSpend,
        CountWorkspaces, EnrolAgents, EraseChats, ForgetGrants, ForgetReports, KeepCatalogue, KeepCheckouts,
        KeepGrants, KeepLeases, KeepListeners, KeepReports, KeepSockets, KeepTickets, KeepTokens,
        KeepWorkspaces, ListChats, ListChildren, ListDue, ListLive, ListSpend, ListUp, ListWorkspaces,
        LogParts, MakeWorkspaces, Observe, Order, PinChats, Range, ReadAgents, ReadChats, ReadCheckouts,
        ReadHistory, ReadParts, ReadReceipts, ReadWatchers, ReadWorkspaces, Renewal, SeedCeilings,
    },
    record::{Activity, Chat, Lease, Progress, Snapshot, Working},
    time::Timestamp,
    transition::{CommitStep, Fence, Next, Transition},
};
use kit::{clock::ManualClock, memory::Memory, seed};
use uuid::Uuid;

use super::tables;

/// Every port over chats.
pub(crate) trait Chats:
    ReadChats
    + CommitChats
    + CommitFamilies
    + ReadReceipts
    + ReadHistory
    + KeepLeases
    + LogParts
    + ReadParts
    + Observe
    + KeepListeners
    + ListChats
    + ListChildren
    + ListDue
    + ListLive
    + EraseChats
    + AcceptCalls
    + ClaimCalls
    + AppendParts
    + Clone
    + 'static
{
}

impl Chats for Memory {}
impl Chats for store::Chats {}

/// Every port over the directory.
pub(crate) trait Directory:
    KeepCatalogue
    + CountSpend
    + ListSpend
    + SeedCeilings
    + KeepTokens
    + KeepTickets
    + KeepSockets
    + ReadWatchers
    + ReadWorkspaces
    + KeepWorkspaces
    + MakeWorkspaces
    + ReadReceipts
    + ListWorkspaces
    + CountWorkspaces
    + ListUp
    + KeepReports
    + ReadCheckouts
    + KeepCheckouts
    + BindChats
    + PinChats
    + ReadAgents
    + EnrolAgents
    + KeepGrants
    + ForgetGrants
    + ForgetReports
    + Clone
    + 'static
{
}

impl Directory for Memory {}
impl Directory for store::Directory {}

/// A store and its time.
pub(crate) struct World<C, D> {
    pub(crate) chats: C,
    pub(crate) directory: D,
    pub(crate) clock: ManualClock,
}

pub(crate) const WORKER: WorkerId = WorkerId(Uuid::from_u128(0xa1));

/// What a heartbeat says of the turn.
/// Returns a heartbeat that does not move when the chat is due.
pub(crate) const fn renewal(lease: Lease) -> Renewal {
    Renewal { lease, progress: PROGRESS, due_at: None }
}

pub(crate) const PROGRESS: Progress = Progress {
    began_at: Timestamp(1_767_225_600_123),
    cost_micros: 85,
    step: Some(Working { since: Timestamp(1_767_225_610_535), activity: Activity::Answering }),
};

pub(crate) fn in_memory() -> World<Memory, Memory> {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    World { chats: memory.clone(), directory: memory, clock }
}

pub(crate) async fn on_dynamodb() -> World<store::Chats, store::Directory> {
    World::over(tables::empty().await.1)
}

impl World<store::Chats, store::Directory> {
    /// Returns what a client's tables hold.
    pub(crate) fn over(client: Client) -> Self {
        let clock = ManualClock::default();
        let chats = store::Chats::new(client.clone(), "chats", clock.port()).counting("directory");
        Self { chats, directory: store::Directory::new(client, "directory", clock.port()), clock }
    }
}

impl<C: Chats, D> World<C, D> {
    /// Makes a chat in which a person has said something.
    pub(crate) async fn created(&self, text: &str) -> ChatId {
        let change = seed::created(&self.clock, text);
        self.chats.commit(&change, None).await.unwrap();
        change.chat.id
    }

    /// Makes a chat without a message, changed as wanted.
    pub(crate) async fn idle(&self, adjust: impl FnOnce(&mut Chat)) -> ChatId {
        let now = self.clock.now();
        let mut chat = Chat { updated_at: now, ..seed::chat(ChatId(self.clock.new_id())) };
        adjust(&mut chat);
        let change = seed::change(Draft::open(None, now), [seed::create(chat, None)]);
        self.chats.commit(&change, None).await.unwrap();
        change.chat.id
    }

    pub(crate) async fn snapshot(&self, id: ChatId) -> Snapshot {
        self.chats.snapshot(id).await.unwrap().expect("the chat is there")
    }

    pub(crate) async fn chat(&self, id: ChatId) -> Chat {
        self.snapshot(id).await.chat
    }

    /// Returns the write of a transition from the chat as it stands.
    pub(crate) async fn draft(&self, id: ChatId, transition: Transition) -> Change {
        seed::change(Draft::open(Some(self.snapshot(id).await), self.clock.now()), [transition])
    }

    /// Applies a transition to the chat as it stands.
    pub(crate) async fn apply(&self, id: ChatId, transition: Transition) -> Change {
        let change = self.draft(id, transition).await;
        self.chats.commit(&change, None).await.unwrap();
        change
    }

    /// Takes the lease and records an attempt.
    pub(crate) async fn attempt(&self, id: ChatId) -> Change {
        let history_version = self.chat(id).await.versions.history;
        let lease = Lease::from(WORKER, self.clock.now());
        self.apply(id, Transition::RecordAttempt { lease, history_version }).await
    }

    /// Runs a turn in which the model answers `text`.
    pub(crate) async fn answer(&self, id: ChatId, text: &str) {
        self.attempt(id).await;
        self.step(id, vec![seed::answered(text)], Vec::new()).await;
        let fence = self.fence(id).await;
        self.apply(id, Transition::FinishTurn { fence }).await;
    }

    /// Commits a step's output; the lease stays.
    pub(crate) async fn step(&self, id: ChatId, messages: Vec<NewMessage>, opened: Vec<OpenCall>) {
        let fence = self.fence(id).await;
        let step = CommitStep { fence, messages, opened, used: None, context_limit: None, next: Next::Same };
        self.apply(id, Transition::CommitStep(step)).await;
    }

    pub(crate) async fn fence(&self, id: ChatId) -> Fence {
        let versions = self.chat(id).await.versions;
        Fence {
            worker: WORKER,
            history_version: versions.history,
            generation_attempt: versions.generation_attempt,
        }
    }

    /// Parks a chat at calls of a client; returns them.
    pub(crate) async fn parked(&self, id: ChatId, count: usize) -> Vec<Call> {
        self.attempt(id).await;
        let asked: Vec<ToolCall> = (0..count).map(tool_call).collect();
        let content = asked.iter().map(|call| Part::ToolCall(call.clone()).into()).collect();
        let message_id = self.chat(id).await.next_message_id;
        let message = NewMessage::of(Role::Assistant, content);
        self.step(id, vec![message], asked.iter().map(open_call).collect()).await;
        let deadline_at = self.clock.now().plus_ms(60_000);
        let pending = |call| Call::waiting(call, Answerer::Client, message_id, deadline_at);
        let calls: Vec<Call> = asked.into_iter().map(pending).collect();
        let fence = self.fence(id).await;
        self.apply(id, Transition::Park { fence, calls: calls.clone() }).await;
        calls
    }

    /// Archives a chat at rest and deletes it.
    pub(crate) async fn delete(&self, id: ChatId) {
        self.apply(id, Transition::SetArchived { archived: true }).await;
        self.apply(id, Transition::Delete).await;
    }

    /// Returns all messages that are kept under a chat, oldest first.
    pub(crate) async fn kept(&self, chat_id: ChatId) -> Vec<Message> {
        let (first, last) = (MessageId(1), MessageId(999_999));
        let range = Range { chat_id, first, last, order: Order::Ascending, limit: 1_000 };
        self.chats.messages(range).await.unwrap()
    }
}

fn tool_call(index: usize) -> ToolCall {
    ToolCall {
        tool_call_id: CallId(format!("call_{index}")),
        tool_name: "look".into(),
        args: serde_json::json!({ "at": index }),
        provider_executed: false,
    }
}

fn open_call(call: &ToolCall) -> OpenCall {
    OpenCall::of(call, Answerer::Client)
}

pub(crate) fn result_of(call: &Call) -> ToolResult {
    ToolResult {
        tool_call_id: call.call.tool_call_id.clone(),
        tool_name: call.call.tool_name.clone(),
        result: serde_json::json!("seen"),
        is_error: false,
        provider_executed: false,
        outcome: None,
    }
}
