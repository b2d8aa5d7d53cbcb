//! What the server says over HTTP, to compare clients with.

use std::collections::BTreeMap;

use chat::{
    id::{ChatId, MessageId},
    message::{MessageView, QueuedView},
    view::ChatView,
};
use view::View;

use super::Api;

/// A chat as HTTP shows it.
#[derive(Debug, PartialEq)]
pub(crate) struct Truth {
    pub(crate) chat: ChatView,
    pub(crate) history: BTreeMap<MessageId, MessageView>,
    pub(crate) queue: Vec<QueuedView>,
}

impl Truth {
    pub(crate) async fn of(api: &Api, id: ChatId) -> Self {
        let chat = api.chat(id).await;
        let mut page = api.page(id, "?limit=200").await;
        let queue = std::mem::take(&mut page.queued_messages);
        let mut history = BTreeMap::new();
        loop {
            let oldest = page.messages.last().map(|message| message.id);
            history.extend(page.messages.into_iter().map(|message| (message.id, message)));
            match oldest {
                Some(oldest) if page.has_more => {
                    page = api.page(id, &format!("?limit=200&before_id={oldest}")).await;
                }
                Some(_) | None => return Self { chat, history, queue },
            }
        }
    }

    /// Asserts that a client shows exactly this chat, at rest.
    pub(crate) fn is_shown_by(&self, view: &View, who: &str) {
        let content = view.content();
        assert_eq!(content.history, self.history, "{who}: history");
        assert_eq!(content.queue, self.queue, "{who}: queue");
        assert_eq!(content.status, Some(self.chat.status), "{who}: status");
        assert_eq!(content.error, self.chat.last_error, "{who}: error");
        assert_eq!(content.retry, None, "{who}: retry");
        assert_eq!(content.pending, [], "{who}: pending calls");
        assert_eq!(view.preview(), [], "{who}: preview");
        assert_eq!(face(content.chat.as_ref().unwrap()), face(&self.chat), "{who}: chat");
    }

    /// The texts of the history, in order.
    pub(crate) fn roles(&self) -> Vec<String> {
        self.history.values().map(|message| format!("{:?}", message.role).to_lowercase()).collect()
    }
}

/// What a `chat` event tells, without what has events of its own.
fn face(chat: &ChatView) -> ChatView {
    ChatView {
        status: chat::record::Status::Waiting,
        queued_count: 0,
        last_error: None,
        updated_at: chat::time::Timestamp::default(),
        children: Vec::new(),
        ..chat.clone()
    }
}
