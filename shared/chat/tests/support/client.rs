//! A client that follows the protocol's rules for the cursor.

use std::collections::{BTreeMap, BTreeSet};

use chat::{
    Change,
    cursor::Episode,
    event::Body,
    id::MessageId,
    message::{MessageView, QueuedView},
    record::{Chat, Status},
};

use super::world::World;

#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    snapshot_version: u64,
    messages: BTreeMap<MessageId, MessageView>,
    queue: Vec<QueuedView>,
    status: Option<Status>,
    title: String,
    /// The model call whose parts are on the screen.
    preview: Option<Episode>,
    /// Model calls whose parts must not come back.
    forgotten: BTreeSet<Episode>,
}

impl Client {
    /// Applies all events of a change, which must follow what the client has without a gap.
    pub(crate) fn apply(&mut self, change: &Change) {
        for event in &change.events {
            assert_eq!(event.snapshot_version, Some(self.snapshot_version + 1), "events leave a gap");
            self.take(event.body.clone());
            if !event.more {
                self.snapshot_version += 1;
            }
        }
        assert_eq!(self.snapshot_version, change.chat.versions.snapshot, "a transition was not told");
    }

    fn take(&mut self, body: Body) {
        match body {
            Body::Message { message } => {
                self.forget_preview();
                self.messages.insert(message.id, *message);
            }
            Body::HistoryReset { from_message_id } => {
                self.forget_preview();
                self.messages.retain(|id, _| *id < from_message_id);
            }
            Body::PreviewReset {} => self.forget_preview(),
            Body::QueueUpdate { queued_messages } => self.queue = queued_messages,
            Body::Status { status } => self.status = Some(status),
            Body::Chat { chat } => self.title = chat.title,
            Body::Error { .. }
            | Body::Retry { .. }
            | Body::ActionRequired { .. }
            | Body::MessagePart { .. }
            | Body::CaughtUp { .. } => {}
        }
    }

    fn forget_preview(&mut self) {
        self.forgotten.extend(self.preview.take());
    }

    /// Compares what is on the screen with what the server has, then lets a running model call stream.
    pub(crate) fn agrees(&mut self, world: &World) {
        let Some(chat) = &world.chat else { return };
        let messages = world.history().filter_map(|message| message.view(chat.id));
        assert!(messages.eq(self.messages.values().cloned()), "history: {:?}", self.messages);
        let queue = chat.queue.iter().filter_map(|entry| world.queue.get(&entry.id));
        assert!(queue.map(|queued| queued.view(chat.id)).eq(self.queue.iter().cloned()), "{:?}", self.queue);
        assert_eq!(self.status, Some(chat.status));
        assert_eq!(self.title, chat.title, "the title changed and nobody was told");
        self.stream(chat);
    }

    fn stream(&mut self, chat: &Chat) {
        let running = chat.episode();
        assert!(self.preview.is_none() || self.preview == running, "a preview outlived {:?}", self.preview);
        let back = running.filter(|episode| self.forgotten.contains(episode));
        assert_eq!(back, None, "parts that were to be forgotten are shown again");
        self.preview = running;
    }
}
