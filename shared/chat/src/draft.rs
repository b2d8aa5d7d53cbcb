//! A change in the making: transitions applied to a snapshot, to be written at once.

mod spending;
mod telling;

use spending::Sums;
pub use telling::pending_view;

use crate::{
    agent::CallToken,
    call::Call,
    change::{Change, LeaseChange, ProgressChange, Share},
    event::{Body, Event},
    id::{UserId, WorkerId},
    message::{Message, QueuedMessage},
    part::ToolResult,
    record::{Chat, Lease, Progress, Snapshot, Spec, Status},
    state::State,
    time::Timestamp,
    transition::{Fence, Name, Refusal, Transition, due_at, targets},
    view::ChatView,
    wake::{Due, Reason},
};

/// A change in the making. Every transition raises `snapshot_version` by one and has its own events, but
/// all of them become one conditional write.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(crate) now: Timestamp,
    pub(crate) chat: Option<Chat>,
    pub(crate) queue: Vec<QueuedMessage>,
    pub(crate) ledger: Vec<Call>,
    pub(crate) messages: Vec<Message>,
    pub(crate) spec: Option<Spec>,
    pub(crate) share: Option<Share>,
    pub(crate) wake: Option<Due>,
    /// What calls came to that this write closes.
    pub(crate) known: Vec<ToolResult>,
    pub(crate) cancelled: Vec<CallToken>,
    spent: Sums,
    expected: u64,
    made_of: Vec<Name>,
    held: Option<Lease>,
    progress_before: Option<Progress>,
    queue_before: Vec<QueuedMessage>,
    ledger_before: Vec<Call>,
    events: Vec<Event>,
    said: Vec<Body>,
}

impl Draft {
    /// Starts from a snapshot, or from nothing for a chat that is to be made.
    #[must_use]
    pub fn open(snapshot: Option<Snapshot>, now: Timestamp) -> Self {
        let (chat, queue, ledger) = match snapshot {
            Some(Snapshot { chat, queue, ledger }) => (Some(chat), queue, ledger),
            None => (None, Vec::new(), Vec::new()),
        };
        Self {
            now,
            expected: chat.as_ref().map_or(0, |chat| chat.versions.snapshot),
            held: chat.as_ref().and_then(|chat| chat.lease),
            progress_before: chat.as_ref().and_then(|chat| chat.progress),
            chat,
            queue_before: queue.clone(),
            ledger_before: ledger.clone(),
            queue,
            ledger,
            messages: Vec::new(),
            spec: None,
            share: None,
            wake: None,
            known: Vec::new(),
            cancelled: Vec::new(),
            spent: Sums::default(),
            made_of: Vec::new(),
            events: Vec::new(),
            said: Vec::new(),
        }
    }

    /// Applies a transition.
    ///
    /// # Errors
    /// The refusal, when the table or the transition's own rules do not allow it. The draft is gone with it,
    /// so nothing half-done can be written.
    pub fn apply(mut self, transition: Transition) -> Result<Self, Refusal> {
        let (name, from) = (transition.name(), State::of(self.chat.as_ref()));
        if targets(name, from).is_empty() {
            return Err(Refusal::not_allowed(&transition, from));
        }
        let before = self.chat.clone();
        self.raise();
        self.transit(transition)?;
        let to = State::of(self.chat.as_ref());
        if !targets(name, from).contains(&to) {
            return Err(Refusal::Impossible { name, from, to });
        }
        self.settle(before.as_ref());
        self.seal(before.as_ref());
        self.made_of.push(name);
        Ok(self)
    }

    /// Replaces what is large and seldom changes, with the same write. What stays of it must have been read after the state
    /// that the draft starts from.
    #[must_use]
    pub fn with_spec(mut self, spec: Spec) -> Self {
        self.spec = Some(spec);
        self
    }

    /// Has calls that it closes answered so, where nobody else has answered them.
    #[must_use]
    pub fn knowing(mut self, results: Vec<ToolResult>) -> Self {
        self.known = results;
        self
    }

    /// Returns when it is made.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the chat as it stands.
    #[must_use]
    pub const fn chat(&self) -> Option<&Chat> {
        self.chat.as_ref()
    }

    /// Returns the messages that entered history so far.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns the queue as it stands.
    #[must_use]
    pub fn queue(&self) -> &[QueuedMessage] {
        &self.queue
    }

    /// Returns the pending calls and the answers that wait for others, as the draft stands.
    #[must_use]
    pub fn ledger(&self) -> &[Call] {
        &self.ledger
    }

    /// Returns what `worker` may rely on as the draft stands.
    #[must_use]
    pub fn fence(&self, worker: WorkerId) -> Fence {
        let versions = self.chat.as_ref().map(|chat| chat.versions).unwrap_or_default();
        Fence { worker, history_version: versions.history, generation_attempt: versions.generation_attempt }
    }

    /// Returns the write; none when nothing was ever there.
    #[must_use]
    pub fn finish(self) -> Option<Change> {
        let chat = self.chat?;
        let lease = match (self.held, chat.lease) {
            (before, after) if before == after => LeaseChange::Keep,
            (_, Some(lease)) => LeaseChange::Take(lease),
            (_, None) => LeaseChange::Release,
        };
        let progress = match (self.progress_before, chat.progress) {
            (before, after) if before == after => ProgressChange::Keep,
            (_, Some(progress)) => ProgressChange::Set(progress),
            (_, None) => ProgressChange::Clear,
        };
        let spent = self.spent.of(&chat, self.now);
        Some(Change {
            expected: self.expected,
            lease,
            progress,
            messages: self.messages,
            queue_put: changed(&self.queue_before, &self.queue),
            queue_dropped: gone(&self.queue_before, &self.queue, |queued| queued.id),
            calls_put: changed(&self.ledger_before, &self.ledger),
            calls_dropped: gone(&self.ledger_before, &self.ledger, |call| call.call.tool_call_id.clone()),
            spec: self.spec,
            share: self.share,
            spent,
            events: self.events,
            wake: self.wake,
            cancelled: self.cancelled,
            made_of: self.made_of,
            chat,
        })
    }

    fn raise(&mut self) {
        if let Some(chat) = &mut self.chat {
            chat.versions.snapshot += 1;
        }
    }

    /// Sets what follows from the chat as it now is: its retry's version, when it is due, what is said of its
    /// turn, and that nobody is woken for a chat at rest or for one that a step holds.
    fn settle(&mut self, before: Option<&Chat>) {
        let Some(chat) = &mut self.chat else { return };
        if before.is_some_and(|before| before.retry != chat.retry) {
            chat.versions.retry = chat.versions.snapshot;
        }
        chat.due_at = due_at(chat, self.now);
        let rests = is_at_rest(chat);
        chat.progress = if rests { None } else { chat.progress.or(Some(Progress::begun(self.now))) };
        if let Some(progress) = &mut chat.progress
            && chat.lease.is_none()
        {
            progress.step = None;
        }
        let rests = rests && !chat.deleted;
        if rests || chat.lease.is_some() {
            self.wake = None;
        }
        let is_child = chat.parent_chat_id.is_some();
        if rests && is_child && before.is_some_and(|before| !is_at_rest(before)) {
            self.wake_now(Reason::Report);
        }
    }

    pub(crate) fn say(&mut self, body: Body) {
        self.said.push(body);
    }

    /// Sends a wake after the write, unless a later transition of the same write changes that.
    pub(crate) fn wake_in(&mut self, reason: Reason, delay_ms: u64) {
        let group = self.chat.as_ref().map_or(UserId(uuid::Uuid::nil()), |chat| chat.owner_id);
        self.wake = Some(Due { reason, delay_ms: delay_ms.min(crate::limit::WAKE_DELAY_MS), group });
    }

    pub(crate) fn wake_now(&mut self, reason: Reason) {
        self.wake_in(reason, 0);
    }

    /// Completes the transition's events: what changed in plain sight is told, and something always is.
    fn seal(&mut self, before: Option<&Chat>) {
        let used = std::mem::take(&mut self.spent.untold);
        let Some(chat) = &self.chat else { return };
        let (id, version) = (chat.id, chat.versions.snapshot);
        let mut bodies = std::mem::take(&mut self.said);
        if before.is_some_and(|before| before.queue != chat.queue) {
            bodies.push(Body::QueueUpdate { queued_messages: self.queue_view(id) });
        }
        let looks_new = used || before.is_some_and(|before| renamed(before, chat));
        if looks_new && !bodies.iter().any(tells_chat) {
            bodies.push(Body::Chat { chat: Box::new(ChatView::from(chat)) });
        }
        if chat.status == Status::RequiresAction && before.is_none_or(|before| before.calls != chat.calls) {
            bodies.push(Body::ActionRequired { tool_calls: self.pending_view() });
        }
        if before.is_none_or(|before| before.status != chat.status) {
            bodies.push(Body::Status { status: chat.status });
        }
        if bodies.is_empty() {
            bodies.push(Body::Chat { chat: Box::new(ChatView::from(chat)) });
        }
        let last = bodies.len() - 1;
        self.events.extend(
            bodies
                .into_iter()
                .enumerate()
                .map(|(index, body)| Event { more: index < last, ..Event::state(id, version, body) }),
        );
    }

    /// Returns the chat that the transition works on.
    ///
    /// # Errors
    /// A refusal where there is none; the table keeps such transitions out before.
    pub(crate) fn chat_mut(&mut self) -> Result<&mut Chat, Refusal> {
        self.chat.as_mut().ok_or(Refusal::Missing)
    }
}

const fn is_at_rest(chat: &Chat) -> bool {
    matches!(chat.status, Status::Waiting | Status::Error)
}

/// Whether a message changed how its chat is called or summed up, which model answers in it or whether it is read.
fn renamed(before: &Chat, after: &Chat) -> bool {
    let face = |chat: &Chat| (chat.model_id, chat.reasoning_effort, chat.has_unread());
    before.title != after.title || before.summary != after.summary || face(before) != face(after)
}

const fn tells_chat(body: &Body) -> bool {
    matches!(body, Body::Chat { .. })
}

fn changed<T: PartialEq + Clone>(before: &[T], after: &[T]) -> Vec<T> {
    after.iter().filter(|item| !before.contains(item)).cloned().collect()
}

fn gone<T, K: PartialEq>(before: &[T], after: &[T], key: impl Fn(&T) -> K) -> Vec<K> {
    let kept = |k: &K| after.iter().any(|item| key(item) == *k);
    before.iter().map(&key).filter(|k| !kept(k)).collect()
}
