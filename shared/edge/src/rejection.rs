//! Every refusal of a request: status, code and words side by side.

use chat::{
    catalogue::{EditRefusal, Unusable},
    failure::Failure,
    id::CallId,
    port::Unavailable,
    state::State,
    transition::{Name, Refusal},
    workspace::WorkspaceRefusal,
};
use serde::Serialize;

/// Why a request is not done. What is said of it goes to the caller; causes inside go to the log only.
#[derive(Debug)]
pub enum Rejection {
    /// Nobody known asks.
    Unauthorized,
    /// Known, and not allowed. Says who is.
    Forbidden(&'static str),
    /// It is not there or not the caller's, which is the same to him. Says what.
    NotFound(&'static str),
    /// The body cannot be read as JSON at all. Says why.
    Malformed(String),
    /// Fields with values that cannot be.
    Invalid(Vec<FieldError>),
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// The idempotency key belongs to another request.
    IdempotencyMismatch,
    /// The chat's rules do not allow it.
    Refused(Refusal),
    /// The catalogue's rules do not allow it.
    Edit(EditRefusal),
    /// The rules of workspaces do not allow it.
    Workspace(WorkspaceRefusal),
    /// The chosen model cannot be asked.
    Model(Unusable),
    /// A model is needed, and none is configured.
    NoModel,
    /// The model was asked and failed, or may not be asked any more.
    Failed(Failure),
    /// Nothing has been said in the chat yet.
    NothingSaid,
    /// The chat has no workspace that has said how to work there.
    NoContext,
    /// Too many writers at once; nothing was written.
    Contended,
    /// A dependency is down.
    Unavailable(Unavailable),
    /// It took too long.
    TimedOut,
    /// An error of ours. Says which, for the log.
    Internal(String),
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Its path, such as `content[0].text`.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

/// What a caller is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// The HTTP status.
    pub status: u16,
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// When to try again.
    pub retry_after_s: Option<u32>,
}

/// Most fields that one answer names.
const FIELDS: usize = 50;
/// When to try again after an outage.
const OUTAGE_RETRY_S: u32 = 1;
/// When to try again with a full queue: it moves by one message a turn.
const QUEUE_RETRY_S: u32 = 10;
/// When to ask a model again that failed in a way that may pass.
const MODEL_RETRY_S: u32 = 5;

impl Rejection {
    /// Refuses a field's value.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Returns what the caller is told.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Unauthorized => said(401, "unauthorized", "a valid bearer token is required"),
            Self::Forbidden(who) => said(403, "forbidden", format!("this is for {who} only")),
            Self::NotFound(what) => said(404, "not_found", format!("there is no such {what}")),
            Self::Malformed(why) => said(400, "invalid_request", why.clone()),
            Self::Invalid(fields) => said(400, "invalid_request", summary(fields)),
            Self::TooLarge(limit) => said(413, "too_large", format!("the body is larger than {limit} bytes")),
            Self::IdempotencyMismatch => {
                said(409, "idempotency_mismatch", "this Idempotency-Key was used for another request")
            }
            Self::Refused(refusal) => refused(refusal),
            Self::Edit(refusal) => edit_refused(*refusal),
            Self::Workspace(refusal) => workspace_refused(*refusal),
            Self::Model(unusable) => said(422, "model_unavailable", unusable.to_string()),
            Self::NoModel => {
                said(422, "no_model", "no model is configured; an administrator adds one at /v1/models")
            }
            Self::Failed(failure) if failure.retryable => {
                later(503, failure.kind.name(), &failure.message, MODEL_RETRY_S)
            }
            Self::Failed(failure) => said(422, failure.kind.name(), failure.message.clone()),
            Self::NothingSaid => said(409, "nothing_said", "nothing has been said in this chat yet"),
            Self::NoContext => {
                said(409, "no_context", "the chat has no workspace, or its agent has not reported yet")
            }
            Self::Contended => {
                let text = "too many changes at once; nothing was done";
                later(503, "unavailable", text, OUTAGE_RETRY_S)
            }
            Self::Unavailable(_) | Self::TimedOut => {
                later(503, "unavailable", "the service is temporarily unavailable", OUTAGE_RETRY_S)
            }
            Self::Internal(_) => said(500, "internal", "something went wrong on our side"),
        }
    }

    /// Returns what is wrong with which fields.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.iter().take(FIELDS).cloned().collect(),
            Self::Refused(Refusal::WrongCalls { missing, unexpected }) => wrong_calls(missing, unexpected),
            Self::Workspace(refusal @ WorkspaceRefusal::NoSuch) => {
                vec![FieldError { field: "workspace_id".into(), message: refusal.to_string() }]
            }
            Self::Refused(_)
            | Self::Edit(_)
            | Self::Workspace(_)
            | Self::Model(_)
            | Self::NoModel
            | Self::Failed(_)
            | Self::NothingSaid
            | Self::NoContext
            | Self::Unauthorized
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Malformed(_)
            | Self::TooLarge(_)
            | Self::IdempotencyMismatch
            | Self::Contended
            | Self::Unavailable(_)
            | Self::TimedOut
            | Self::Internal(_) => Vec::new(),
        }
    }

    /// Returns the cause that only the log is told.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Unavailable(unavailable) => Some(unavailable.to_string()),
            Self::Internal(why) => Some(why.clone()),
            Self::Refused(refusal) => Some(refusal.to_string()),
            Self::TimedOut => Some("the time for the invocation was over".into()),
            Self::Contended => Some("it kept being changed".into()),
            Self::Edit(refusal) => Some(refusal.to_string()),
            Self::Workspace(refusal) => Some(refusal.to_string()),
            Self::Model(unusable) => Some(unusable.to_string()),
            Self::Failed(failure) => Some(failure.detail.clone().unwrap_or_else(|| failure.message.clone())),
            Self::Unauthorized
            | Self::NoModel
            | Self::NothingSaid
            | Self::NoContext
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Malformed(_)
            | Self::Invalid(_)
            | Self::TooLarge(_)
            | Self::IdempotencyMismatch => None,
        }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<EditRefusal> for Rejection {
    fn from(refusal: EditRefusal) -> Self {
        Self::Edit(refusal)
    }
}

impl From<WorkspaceRefusal> for Rejection {
    fn from(refusal: WorkspaceRefusal) -> Self {
        Self::Workspace(refusal)
    }
}

impl From<Unavailable> for Rejection {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

fn refused(refusal: &Refusal) -> Said {
    match refusal {
        Refusal::NotAllowed { from: State::Invalid, .. } => {
            said(409, "invalid_state", "the chat is in a state that cannot be; reconcile it first")
        }
        Refusal::NotAllowed { name, .. } => not_allowed(*name),
        Refusal::Missing => said(404, "not_found", "there is no such chat"),
        Refusal::NoSuchQueued(_) => said(404, "not_found", "there is no such queued message"),
        Refusal::NoSuchMessage(_) => said(404, "not_found", "there is no such message"),
        Refusal::Busy => said(409, "chat_busy", "the chat is busy"),
        Refusal::Archived => said(409, "chat_archived", "the chat is archived"),
        Refusal::IsChild => said(409, "is_child", "this chat goes with the one that made it; delete that"),
        Refusal::QueueFull => later(429, "queue_full", "the chat's queue is full", QUEUE_RETRY_S),
        Refusal::TooManyEdits => {
            said(422, "too_many_edits", "this history has been edited in too many places; fork the chat")
        }
        Refusal::NothingToClear => said(409, "nothing_to_clear", "there is nothing to clear"),
        Refusal::NothingToCompact => said(409, "nothing_to_compact", "there is nothing to compact"),
        Refusal::WrongCalls { .. } => {
            said(400, "invalid_request", "the results must be those of exactly the pending client calls")
        }
        Refusal::NothingExpired | Refusal::Overtaken => said(409, "conflict", "the chat has moved on"),
        Refusal::Impossible { .. } => said(500, "internal", "something went wrong on our side"),
    }
}

fn edit_refused(refusal: EditRefusal) -> Said {
    let (status, code) = match refusal {
        EditRefusal::Unknown(_) => (404, "not_found"),
        EditRefusal::Preset(_) => (409, "preset"),
        EditRefusal::NameTaken => (409, "name_taken"),
        EditRefusal::SlugTaken => (409, "slug_taken"),
        EditRefusal::InUse => (409, "in_use"),
        EditRefusal::TooMany(_) => (422, "too_many"),
        EditRefusal::DefaultDisabled => (422, "default_disabled"),
        EditRefusal::NoSuchModel => (422, "no_such_model"),
    };
    said(status, code, refusal.to_string())
}

fn workspace_refused(refusal: WorkspaceRefusal) -> Said {
    let (status, code) = match refusal {
        WorkspaceRefusal::TooMany => (422, "too_many_workspaces"),
        WorkspaceRefusal::NoSuch => (422, "no_such_workspace"),
        WorkspaceRefusal::OwnMachine => (409, "own_machine"),
    };
    said(status, code, refusal.to_string())
}

fn not_allowed(name: Name) -> Said {
    match name {
        Name::Interrupt => said(409, "not_running", "the chat is not running"),
        Name::Answer => said(409, "not_requires_action", "the chat does not wait for tool results"),
        Name::Clear => said(409, "chat_busy", "this needs the chat at rest, with an empty queue"),
        Name::RequestCompaction | Name::SetArchived => said(409, "chat_busy", "this needs the chat at rest"),
        Name::Delete => said(409, "not_archived", "only archived chats can be deleted"),
        Name::Reconcile => said(409, "nothing_to_reconcile", "the chat is in order"),
        Name::Create
        | Name::SendQueue
        | Name::SendInterrupt
        | Name::SendSteer
        | Name::SendReject
        | Name::Edit
        | Name::EditQueued
        | Name::DeleteQueued
        | Name::ClearQueue
        | Name::Promote
        | Name::Expire
        | Name::Describe
        | Name::NoteDiff
        | Name::RecordAttempt
        | Name::RecordRetry
        | Name::CommitStep
        | Name::CommitCompaction
        | Name::Park
        | Name::FinishTurn
        | Name::FinishInterruption
        | Name::FinishError => said(409, "conflict", "this is not possible in the chat's present state"),
    }
}

fn wrong_calls(missing: &[CallId], unexpected: &[CallId]) -> Vec<FieldError> {
    let name = |id: &CallId, what| FieldError { field: "results".into(), message: format!("{what}: {id}") };
    let missing = missing.iter().map(|id| name(id, "a pending call has no result"));
    let unexpected = unexpected.iter().map(|id| name(id, "no such call is pending"));
    missing.chain(unexpected).take(FIELDS).collect()
}

fn summary(fields: &[FieldError]) -> String {
    match fields {
        [only] => format!("{}: {}", only.field, only.message),
        [first, ..] => format!("{}: {}, and {} more", first.field, first.message, fields.len() - 1),
        [] => "the request is not valid".into(),
    }
}

fn said(status: u16, code: &'static str, message: impl Into<String>) -> Said {
    Said { status, code, message: message.into(), retry_after_s: None }
}

fn later(status: u16, code: &'static str, message: &str, retry_after_s: u32) -> Said {
    Said { retry_after_s: Some(retry_after_s), ..said(status, code, message) }
}
