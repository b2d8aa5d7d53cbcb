//! A chat before anything has happened in it.

use std::collections::BTreeMap;

use super::{Chat, Mode, Status, Versions};
use crate::{
    id::{ChatId, MessageId, ModelId, QueuedId},
    message::Usage,
    port::Person,
    span::Spans,
    time::Timestamp,
};

impl Chat {
    /// Returns a chat of `person` in which nothing has happened, and that answers with `model_id`.
    #[must_use]
    pub fn begun(id: ChatId, person: Person, model_id: ModelId, now: Timestamp) -> Self {
        Self {
            id,
            org_id: person.org_id,
            owner_id: person.user_id,
            title: String::new(),
            derived_title: false,
            summary: None,
            status: Status::Waiting,
            archived: false,
            deleted: false,
            pin_order: 0,
            labels: BTreeMap::new(),
            mode: Mode::Default,
            plan_mode: false,
            parent_chat_id: None,
            root_chat_id: None,
            has_children: false,
            workspace_id: None,
            pin: None,
            diff: None,
            model_id,
            reasoning_effort: None,
            versions: Versions::default(),
            commit_id: uuid::Uuid::nil(),
            lease: None,
            progress: None,
            spans: Spans::default(),
            next_message_id: MessageId(1),
            boundary: MessageId(1),
            earlier_boundaries: Vec::new(),
            queue: Vec::new(),
            next_queued_id: QueuedId(1),
            calls: Vec::new(),
            steps: 0,
            useless_answers: 0,
            turn_ends: false,
            last_error: None,
            retry: None,
            compaction_requested: false,
            due_at: None,
            usage: Usage::default(),
            context_tokens: 0,
            context_limit: 0,
            last_answer_id: None,
            read_through: MessageId(0),
            forked_through: MessageId(0),
            created_at: now,
            updated_at: now,
        }
    }
}
