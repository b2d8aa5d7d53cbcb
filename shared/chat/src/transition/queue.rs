//! The queue: what waits for the running turn to end.

use crate::{
    draft::Draft,
    id::QueuedId,
    limit::QUEUED_MESSAGES,
    message::QueuedMessage,
    part::Part,
    record::{Progress, QueueEntry, Status},
    transition::{Refusal, WhenBusy},
    wake::Reason,
};

/// Where in the queue a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Head,
    Tail,
}

impl Draft {
    pub(super) fn send(&mut self, message: QueuedMessage, when_busy: WhenBusy) -> Result<(), Refusal> {
        let now = self.now;
        let chat = self.chat_mut()?;
        chat.updated_at = now;
        let busy = !matches!(chat.status, Status::Waiting | Status::Error);
        if !busy {
            // One enters and one leaves.
            self.put(message, Place::Tail, false)?;
            return self.run_head();
        }
        match when_busy {
            WhenBusy::Reject => Err(Refusal::Busy),
            WhenBusy::Queue => self.enqueue(message, Place::Tail, false),
            WhenBusy::Steer => self.enqueue(message, Place::Tail, true),
            WhenBusy::Interrupt => {
                self.enqueue(message, Place::Head, false)?;
                self.stop_or_run()
            }
        }
    }

    fn enqueue(&mut self, message: QueuedMessage, place: Place, steers: bool) -> Result<(), Refusal> {
        if self.chat_mut()?.queue.len() >= QUEUED_MESSAGES {
            return Err(Refusal::QueueFull);
        }
        self.put(message, place, steers)
    }

    fn put(&mut self, mut message: QueuedMessage, place: Place, steers: bool) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        message.id = chat.next_queued_id;
        chat.next_queued_id = message.id.next();
        let index = match place {
            Place::Head => 0,
            Place::Tail => chat.queue.len(),
        };
        chat.queue.insert(index, QueueEntry { id: message.id, steers });
        chat.versions.queue = chat.versions.snapshot;
        self.queue.insert(index, message);
        Ok(())
    }

    pub(super) fn edit_queued(&mut self, id: QueuedId, content: Vec<Part>) -> Result<(), Refusal> {
        let queued = self.queue.iter_mut().find(|queued| queued.id == id).ok_or(Refusal::NoSuchQueued(id))?;
        queued.content = content;
        let chat = self.chat_mut()?;
        chat.versions.queue = chat.versions.snapshot;
        let chat_id = chat.id;
        let queued_messages = self.queue_view(chat_id);
        self.say(crate::event::Body::QueueUpdate { queued_messages });
        Ok(())
    }

    /// Takes a message out of the queue.
    pub(super) fn dequeue(&mut self, id: QueuedId) -> Result<QueuedMessage, Refusal> {
        let index = self.queue.iter().position(|queued| queued.id == id).ok_or(Refusal::NoSuchQueued(id))?;
        let chat = self.chat_mut()?;
        chat.queue.retain(|entry| entry.id != id);
        chat.versions.queue = chat.versions.snapshot;
        Ok(self.queue.remove(index))
    }

    pub(super) fn empty_queue(&mut self) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        if !chat.queue.is_empty() {
            chat.queue.clear();
            chat.versions.queue = chat.versions.snapshot;
        }
        self.queue.clear();
        Ok(())
    }

    pub(super) fn promote(&mut self, id: QueuedId) -> Result<(), Refusal> {
        let index = self.queue.iter().position(|queued| queued.id == id).ok_or(Refusal::NoSuchQueued(id))?;
        let queued = self.queue.remove(index);
        self.queue.insert(0, queued);
        let chat = self.chat_mut()?;
        chat.queue.retain(|entry| entry.id != id);
        chat.queue.insert(0, QueueEntry { id, steers: false });
        chat.versions.queue = chat.versions.snapshot;
        match chat.status {
            Status::Waiting | Status::Error => self.run_head(),
            Status::Running | Status::RequiresAction | Status::Interrupting => self.stop_or_run(),
        }
    }

    /// Asks the working step to stop; where none works, the head of the queue runs at once.
    pub(super) fn stop_or_run(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        let chat = self.chat_mut()?;
        if chat.status == Status::Interrupting {
            return Ok(());
        }
        if chat.status == Status::Running && chat.leased_at(now).is_some() {
            chat.status = Status::Interrupting;
            return Ok(());
        }
        self.void_preview();
        self.close_calls("the call was interrupted")?;
        self.run_head_or_rest()
    }

    /// The head of the queue enters history and runs; with an empty queue the chat comes to rest.
    pub(super) fn run_head_or_rest(&mut self) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        chat.compaction_requested = false;
        chat.turn_ends = false;
        if chat.queue.is_empty() {
            chat.status = Status::Waiting;
            chat.lease = None;
            chat.retry = None;
            return Ok(());
        }
        self.run_head()
    }

    pub(super) fn run_head(&mut self) -> Result<(), Refusal> {
        let head = self.chat_mut()?.queue.first().map(|entry| entry.id);
        let queued = self.dequeue(head.ok_or(Refusal::NoSuchQueued(QueuedId(0)))?)?;
        self.append(queued.into_message())?;
        self.run(Reason::Message)
    }

    /// Nobody works, a wake is on its way. With a person's message a turn begins.
    pub(super) fn run(&mut self, reason: Reason) -> Result<(), Refusal> {
        let now = self.now;
        let chat = self.chat_mut()?;
        if reason == Reason::Message {
            chat.progress = Some(Progress::begun(now));
        }
        chat.status = Status::Running;
        chat.last_error = None;
        chat.lease = None;
        self.wake_now(reason);
        Ok(())
    }
}
