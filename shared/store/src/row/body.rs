//! What of a chat no query needs, under short names.

use std::{collections::BTreeMap, ops::Not};

use chat::{
    call::OpenCall,
    failure::{Failure, Retry},
    id::{ChatId, MessageId, ModelId, OrgId, QueuedId, UserId, WorkspaceId},
    message::Usage,
    model::Effort,
    record::{Chat, Mode, QueueEntry},
    span::Spans,
    time::Timestamp,
    workspace::Pin,
};
use serde::{Deserialize, Serialize};

use super::{Head, diff::Diff};

/// The body, shape 1. Absent fields have their default.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Body {
    #[serde(rename = "o")]
    org_id: OrgId,
    #[serde(rename = "u")]
    owner_id: UserId,
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(rename = "td", default, skip_serializing_if = "Not::not")]
    derived_title: bool,
    #[serde(rename = "su", default, skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(rename = "x", default, skip_serializing_if = "Not::not")]
    archived: bool,
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    pin_order: u32,
    #[serde(rename = "l", default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    mode: Mode,
    #[serde(rename = "pm", default, skip_serializing_if = "Not::not")]
    plan_mode: bool,
    #[serde(rename = "pc", default, skip_serializing_if = "Option::is_none")]
    parent_chat_id: Option<ChatId>,
    #[serde(rename = "rc", default, skip_serializing_if = "Option::is_none")]
    root_chat_id: Option<ChatId>,
    #[serde(rename = "hc", default, skip_serializing_if = "Not::not")]
    has_children: bool,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    workspace_id: Option<WorkspaceId>,
    #[serde(rename = "pn", default, skip_serializing_if = "Option::is_none")]
    pin: Option<Pin>,
    #[serde(rename = "df", default, skip_serializing_if = "Option::is_none")]
    diff: Option<Box<Diff>>,
    #[serde(rename = "md")]
    model_id: ModelId,
    #[serde(rename = "re", default, skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<Effort>,
    #[serde(rename = "s", default, skip_serializing_if = "is_default")]
    spans: Spans,
    #[serde(rename = "nm")]
    next_message_id: MessageId,
    #[serde(rename = "b")]
    boundary: MessageId,
    #[serde(rename = "eb", default, skip_serializing_if = "Vec::is_empty")]
    earlier_boundaries: Vec<MessageId>,
    #[serde(rename = "q", default, skip_serializing_if = "Vec::is_empty")]
    queue: Vec<QueueEntry>,
    #[serde(rename = "nq")]
    next_queued_id: QueuedId,
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<OpenCall>,
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    steps: u32,
    #[serde(rename = "ul", default, skip_serializing_if = "is_default")]
    useless_answers: u32,
    #[serde(rename = "te", default, skip_serializing_if = "Not::not")]
    turn_ends: bool,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    last_error: Option<Failure>,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    #[serde(rename = "cr", default, skip_serializing_if = "Not::not")]
    compaction_requested: bool,
    /// Input, output, cache read, cache write, reasoning, cost.
    #[serde(rename = "us", default, skip_serializing_if = "is_default")]
    usage: (u64, u64, u64, u64, u64, Option<u64>),
    #[serde(rename = "ct", default, skip_serializing_if = "is_default")]
    context_tokens: u64,
    #[serde(rename = "cl", default, skip_serializing_if = "is_default")]
    context_limit: u64,
    #[serde(rename = "la", default, skip_serializing_if = "Option::is_none")]
    last_answer_id: Option<MessageId>,
    #[serde(rename = "rt", default, skip_serializing_if = "is_default")]
    read_through: u64,
    #[serde(rename = "ca")]
    created_at_ms: u64,
    #[serde(rename = "ua")]
    updated_at_ms: u64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl From<&Chat> for Body {
    fn from(chat: &Chat) -> Self {
        let usage = &chat.usage;
        let cache = (usage.cache_read_tokens, usage.cache_write_tokens);
        Self {
            org_id: chat.org_id,
            owner_id: chat.owner_id,
            title: chat.title.clone(),
            derived_title: chat.derived_title,
            summary: chat.summary.clone(),
            archived: chat.archived,
            pin_order: chat.pin_order,
            labels: chat.labels.clone(),
            mode: chat.mode,
            plan_mode: chat.plan_mode,
            parent_chat_id: chat.parent_chat_id,
            root_chat_id: chat.root_chat_id,
            has_children: chat.has_children,
            workspace_id: chat.workspace_id,
            pin: chat.pin,
            diff: chat.diff.as_deref().map(|noted| Box::new(Diff::from(noted))),
            model_id: chat.model_id,
            reasoning_effort: chat.reasoning_effort,
            spans: chat.spans.clone(),
            next_message_id: chat.next_message_id,
            boundary: chat.boundary,
            earlier_boundaries: chat.earlier_boundaries.clone(),
            queue: chat.queue.clone(),
            next_queued_id: chat.next_queued_id,
            calls: chat.calls.clone(),
            steps: chat.steps,
            useless_answers: chat.useless_answers,
            turn_ends: chat.turn_ends,
            last_error: chat.last_error.clone(),
            retry: chat.retry.clone(),
            compaction_requested: chat.compaction_requested,
            usage: (
                usage.input_tokens,
                usage.output_tokens,
                cache.0,
                cache.1,
                usage.reasoning_tokens,
                usage.cost_micros,
            ),
            context_tokens: chat.context_tokens,
            context_limit: chat.context_limit,
            last_answer_id: chat.last_answer_id,
            read_through: chat.read_through.0,
            created_at_ms: chat.created_at.0,
            updated_at_ms: chat.updated_at.0,
        }
    }
}

impl Body {
    /// Completes a chat but for what the row has in attributes beyond the head.
    pub(super) fn into_chat(self, id: ChatId, head: &Head) -> Chat {
        let (input_tokens, output_tokens, read, write, reasoning_tokens, cost_micros) = self.usage;
        let usage = Usage {
            input_tokens,
            output_tokens,
            cache_read_tokens: read,
            cache_write_tokens: write,
            reasoning_tokens,
            cost_micros,
        };
        Chat {
            id,
            org_id: self.org_id,
            owner_id: self.owner_id,
            title: self.title,
            derived_title: self.derived_title,
            summary: self.summary,
            status: head.status,
            archived: self.archived,
            deleted: false,
            pin_order: self.pin_order,
            labels: self.labels,
            mode: self.mode,
            plan_mode: self.plan_mode,
            parent_chat_id: self.parent_chat_id,
            root_chat_id: self.root_chat_id,
            has_children: self.has_children,
            workspace_id: self.workspace_id,
            pin: self.pin,
            diff: self.diff.map(|diff| Box::new((*diff).into())),
            model_id: self.model_id,
            reasoning_effort: self.reasoning_effort,
            versions: head.versions,
            commit_id: uuid::Uuid::nil(),
            lease: head.lease,
            progress: None,
            spans: self.spans,
            next_message_id: self.next_message_id,
            boundary: self.boundary,
            earlier_boundaries: self.earlier_boundaries,
            queue: self.queue,
            next_queued_id: self.next_queued_id,
            calls: self.calls,
            steps: self.steps,
            useless_answers: self.useless_answers,
            turn_ends: self.turn_ends,
            last_error: self.last_error,
            retry: self.retry,
            compaction_requested: self.compaction_requested,
            due_at: None,
            usage,
            context_tokens: self.context_tokens,
            context_limit: self.context_limit,
            last_answer_id: self.last_answer_id,
            read_through: MessageId(self.read_through),
            forked_through: MessageId(0),
            created_at: Timestamp(self.created_at_ms),
            updated_at: Timestamp(self.updated_at_ms),
        }
    }
}
