//! A server: random moves over the real table, the real store's fake and the real catch-up.

use chat::{
    Draft,
    call::{Answerer, Call, OpenCall, PendingView},
    change::Change,
    cursor::{Cursor, Episode},
    draft::pending_view,
    event::Event,
    failure::{Failure, Kind, Retry},
    id::{CallId, ChatId, MessageId, WorkerId},
    message::{MessageView, NewMessage, QueuedView, Role},
    part::{Delta, Part, ToolCall, ToolResult, push_delta},
    port::{CommitChats, LogParts, ReadParts},
    record::{Lease, Snapshot, Status},
    time::Timestamp,
    transition::{Attempt, CommitStep, Describe, Next, Transition, WhenBusy},
};
use kit::{memory::Memory, seed};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// How many kinds of moves there are.
pub(crate) const MOVES: u8 = 24;

/// A move that may be refused; `pick` chooses among what it could be about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) kind: u8,
    pub(crate) pick: u8,
}

/// What a client shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) history: Vec<MessageView>,
    pub(crate) queue: Vec<QueuedView>,
    pub(crate) status: Option<Status>,
    pub(crate) error: Option<Failure>,
    pub(crate) retry: Option<Retry>,
    pub(crate) pending: Vec<PendingView>,
    pub(crate) preview: Vec<Delta>,
}

pub(crate) struct Server {
    pub(crate) chat_id: ChatId,
    memory: Memory,
    runtime: Runtime,
    now: Timestamp,
    said: u64,
    streamed: (Episode, u64),
}

const WORKER: WorkerId = WorkerId(Uuid::from_u128(7));

impl Server {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let chat_id = ChatId(Uuid::from_u128(1));
        let server = Self {
            chat_id,
            memory: Memory::default(),
            runtime,
            now: Timestamp(1_800_000_000_000),
            said: 0,
            streamed: (Episode::default(), 0),
        };
        let create = seed::create(seed::chat(chat_id), Some(seed::said("hello")));
        let change = seed::change(Draft::open(None, server.now), [create]);
        server.commit(&change);
        server
    }

    /// Makes a move and returns the frame that is pushed; none when the move is refused.
    pub(crate) fn step(&mut self, step: Move) -> Option<Vec<Event>> {
        self.now = self.now.plus_ms(if step.pick.is_multiple_of(16) { 40_000 } else { 10 });
        let snapshot = self.memory.peek(self.chat_id)?;
        if step.kind < 6 {
            return self.stream(&snapshot, step.pick);
        }
        let transition = self.transition(step, &snapshot)?;
        let change = Draft::open(Some(snapshot), self.now).apply(transition).ok()?.finish()?;
        self.commit(&change);
        Some(change.events)
    }

    /// Returns what brings a subscriber up to date, an event to a frame.
    pub(crate) fn catch_up(&self, cursor: Option<Cursor>) -> Vec<Vec<Event>> {
        self.runtime.block_on(async {
            let mut events = Vec::new();
            let mut all = turn::catch_up(&self.memory, self.chat_id, cursor).await.unwrap().unwrap();
            while let Some(batch) = all.next().await.unwrap() {
                events.extend(batch.into_iter().map(|event| vec![event]));
            }
            events
        })
    }

    pub(crate) fn shown(&self) -> Shown {
        let Snapshot { chat, queue, ledger } = self.memory.peek(self.chat_id).unwrap();
        let mut preview = Vec::new();
        if let Some(episode) = chat.episode() {
            let parts = self.runtime.block_on(self.memory.parts(chat.id, episode)).unwrap();
            parts.into_iter().for_each(|(_, part)| push_delta(&mut preview, part));
        }
        let asks = chat.status == Status::RequiresAction;
        Shown {
            history: self
                .memory
                .visible(chat.id)
                .iter()
                .filter_map(|message| message.view(chat.id))
                .collect(),
            queue: queue.iter().map(|queued| queued.view(chat.id)).collect(),
            status: Some(chat.status),
            pending: if asks { pending_view(Some(&chat), &ledger) } else { Vec::new() },
            error: chat.last_error,
            retry: chat.retry,
            preview,
        }
    }

    fn commit(&self, change: &Change) {
        self.runtime.block_on(self.memory.commit(change, None)).unwrap();
    }

    /// Flushes some parts of the running model call.
    fn stream(&mut self, snapshot: &Snapshot, pick: u8) -> Option<Vec<Event>> {
        let episode = snapshot.chat.episode()?;
        if self.streamed.0 != episode {
            self.streamed = (episode, 0);
        }
        let parts: Vec<Delta> = (0..=pick % 3).map(|_| self.delta(pick)).collect();
        let first_seq = self.streamed.1 + 1;
        self.streamed.1 += parts.len() as u64;
        let flush = chat::port::Flush {
            chat_id: self.chat_id,
            episode,
            first_seq,
            parts: parts.clone(),
            expires_at: self.now.plus_ms(u64::from(u32::MAX)),
        };
        self.runtime.block_on(self.memory.log(&flush)).unwrap();
        let events =
            (first_seq..).zip(parts).map(|(seq, part)| Event::part(self.chat_id, episode, seq, part));
        Some(events.collect())
    }

    fn delta(&mut self, pick: u8) -> Delta {
        let text = self.say();
        match pick % 7 {
            0 => Delta::Reasoning { text },
            1 => Delta::ToolCall { tool_call_id: "c".into(), tool_name: "t".into(), args_delta: text },
            _ => Delta::Text { text },
        }
    }

    fn say(&mut self) -> String {
        self.said += 1;
        format!("{} ", self.said)
    }

    fn transition(&mut self, step: Move, snapshot: &Snapshot) -> Option<Transition> {
        let chat = &snapshot.chat;
        let fence = Draft::open(Some(snapshot.clone()), self.now).fence(WORKER);
        let queued = || snapshot.queue.get(usize::from(step.pick) % snapshot.queue.len().max(1));
        let text = self.say();
        Some(match step.kind {
            6 => Transition::Send { message: seed::queued(&text, self.now), when_busy: WhenBusy::Queue },
            7 => {
                let busy = [WhenBusy::Interrupt, WhenBusy::Steer, WhenBusy::Queue, WhenBusy::Reject];
                let when_busy = busy[usize::from(step.pick) % 4];
                Transition::Send { message: seed::queued(&text, self.now), when_busy }
            }
            8 => {
                let mut said = self.memory.visible(chat.id);
                said.retain(|message| message.role == Role::User);
                let message_id = said.get(usize::from(step.pick) % said.len().max(1))?.id;
                Transition::Edit { message_id, message: seed::said(&text) }
            }
            9 => Transition::EditQueued { id: queued()?.id, content: vec![Part::Text { text }] },
            10 => Transition::DeleteQueued { id: queued()?.id },
            11 => Transition::Promote { id: queued()?.id },
            12 => Transition::Interrupt,
            13 => answer(snapshot, step.pick)?,
            14 => Transition::Expire,
            15 if step.pick < 60 => Transition::Clear,
            15 if step.pick < 120 => Transition::RequestCompaction,
            15 => Transition::SetArchived { archived: !chat.archived },
            16 => Transition::Describe(Describe { title: Some(text), ..Describe::default() }),
            17 | 18 => {
                let lease = Lease::from(WORKER, self.now);
                Transition::RecordAttempt { lease, history_version: chat.versions.history }
            }
            19 if chat.versions.generation_attempt == 0 => return None,
            19 if step.pick < 180 => Transition::RecordRetry {
                fence,
                retry: retry(chat.versions.generation_attempt),
                after: Attempt::Failed,
            },
            19 => Transition::FinishError { fence, failure: failure() },
            20 if chat.calls.is_empty() => self.output(fence, step.pick),
            21 if !chat.calls.is_empty() => Transition::Park { fence, calls: parked(snapshot, self.now) },
            20 | 21 => return None,
            22 => Transition::FinishTurn { fence },
            _ => Transition::FinishInterruption {
                fence,
                partial: (step.pick.is_multiple_of(2)).then(|| seed::answered(&text)),
                opened: Vec::new(),
            },
        })
    }

    fn output(&mut self, fence: chat::transition::Fence, pick: u8) -> Transition {
        let text = self.say();
        let mut content = vec![Part::Text { text }];
        let mut opened = Vec::new();
        for n in 0..pick % 3 {
            let id = CallId(format!("call{}-{n}", self.said));
            let answerer =
                if (pick / 3 + n).is_multiple_of(2) { Answerer::Client } else { Answerer::Workspace };
            opened.push(OpenCall::of(&call(&id), answerer));
            content.push(Part::ToolCall(call(&id)));
        }
        let content = content.into_iter().map(Into::into).collect();
        let messages = vec![NewMessage::of(Role::Assistant, content)];
        let next = if pick.is_multiple_of(2) { Next::Same } else { Next::Wake };
        Transition::CommitStep(CommitStep { fence, messages, opened, used: None, context_limit: None, next })
    }
}

fn call(id: &CallId) -> ToolCall {
    let args = serde_json::json!({});
    ToolCall { tool_call_id: id.clone(), tool_name: "t".into(), args, provider_executed: false }
}

fn parked(snapshot: &Snapshot, now: Timestamp) -> Vec<Call> {
    let message_id = snapshot.chat.spans.last().unwrap_or(MessageId(1));
    let park =
        |open: &OpenCall| Call::waiting(call(&open.id), open.answerer, message_id, now.plus_ms(30_000));
    snapshot.chat.calls.iter().map(park).collect()
}

fn answer(snapshot: &Snapshot, pick: u8) -> Option<Transition> {
    let by = if pick.is_multiple_of(2) { Answerer::Client } else { Answerer::Workspace };
    let open = snapshot.chat.calls.iter().filter(|call| call.answerer == by && !call.answered);
    let results = open.map(|call| ToolResult {
        is_error: false,
        ..ToolResult::synthetic(call.id.clone(), call.tool_name.clone(), "done")
    });
    let results: Vec<ToolResult> = results.collect();
    (!results.is_empty()).then_some(Transition::Answer { by, results })
}

fn retry(attempt: u32) -> Retry {
    Retry {
        attempt,
        delay_ms: 1_000,
        error: "it failed".into(),
        kind: Kind::Overloaded,
        provider: None,
        status_code: None,
        retrying_at: Timestamp(0),
    }
}

fn failure() -> Failure {
    Failure {
        message: "it failed".into(),
        detail: None,
        kind: Kind::Generic,
        provider: None,
        status_code: None,
        retryable: false,
    }
}
