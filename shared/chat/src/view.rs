//! A chat as clients see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    diff::DiffStatus,
    failure::Failure,
    id::{ChatId, ModelId, OrgId, UserId, WorkspaceId},
    message::Usage,
    model::Effort,
    part::Part,
    record::{Chat, Mode, Status},
    time::Timestamp,
};

/// How full the model's context is, and what of the workspace is in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContextView {
    /// Tokens in use after the last model call.
    pub used_tokens: u64,
    /// Tokens that fit.
    pub limit_tokens: u64,
    /// When the chat took what its workspace says of how to work there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<Timestamp>,
    /// Since when the workspace says something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty_since: Option<Timestamp>,
    /// What the chat took: `context_file` and `skill` parts. Only where one chat is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Part>,
}

impl From<&Chat> for ContextView {
    fn from(chat: &Chat) -> Self {
        let pin = chat.pinned();
        Self {
            used_tokens: chat.context_tokens,
            limit_tokens: chat.context_limit,
            pinned_at: pin.map(|pin| pin.pinned_at),
            dirty_since: pin.and_then(|pin| pin.dirty_since),
            resources: Vec::new(),
        }
    }
}

/// A chat as clients see it: no lease, no worker, no versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the protocol's table of a Chat's fields is their documentation")]
pub struct ChatView {
    pub id: ChatId,
    pub org_id: OrgId,
    pub owner_id: UserId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    pub status: Status,
    pub archived: bool,
    pub pin_order: u32,
    pub labels: BTreeMap<String, String>,
    pub mode: Mode,
    pub plan_mode: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_chat_id: Option<ChatId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_chat_id: Option<ChatId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    pub model_id: ModelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Failure>,
    pub has_unread: bool,
    pub queued_count: usize,
    pub context: ContextView,
    pub usage: Usage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff_status: Option<DiffStatus>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Where it is asked for over HTTP, the newest first; events never have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

impl From<&Chat> for ChatView {
    fn from(chat: &Chat) -> Self {
        Self {
            id: chat.id,
            org_id: chat.org_id,
            owner_id: chat.owner_id,
            title: chat.title.clone(),
            summary: chat.summary.clone(),
            status: chat.status,
            archived: chat.archived,
            pin_order: chat.pin_order,
            labels: chat.labels.clone(),
            mode: chat.mode,
            plan_mode: chat.plan_mode,
            parent_chat_id: chat.parent_chat_id,
            root_chat_id: chat.root_chat_id,
            workspace_id: chat.workspace_id,
            model_id: chat.model_id,
            reasoning_effort: chat.reasoning_effort,
            last_error: chat.last_error.clone(),
            has_unread: chat.has_unread(),
            queued_count: chat.queue.len(),
            context: ContextView::from(chat),
            usage: chat.usage,
            diff_status: chat.diff.as_ref().map(|noted| noted.status.clone()),
            created_at: chat.created_at,
            updated_at: chat.updated_at,
            children: Vec::new(),
        }
    }
}

impl ChatView {
    /// Returns a chat with its children.
    #[must_use]
    pub fn with_children<'a>(chat: &Chat, children: impl Iterator<Item = &'a Chat>) -> Self {
        Self { children: children.map(Self::from).collect(), ..Self::from(chat) }
    }
}
