//! The HTTP API, as far as the terminal needs it.

mod admin;

use std::time::Duration;

use chat::{
    id::{ChatId, MessageId},
    message::{MessageView, QueuedView},
    run::{Counts, RunView},
    view::ChatView,
};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    args::ChatArgs,
    http::{Answer, Call, Unanswered, send},
    socket::Backoff,
    stack::Finder,
};

/// How long a stack may be away before a request is given up.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A client of the API.
#[derive(Clone, Debug)]
pub struct Api {
    /// Where the stack is.
    pub finder: Finder,
    /// What it means when nobody is there.
    pub absence: Absence,
}

/// What it means when nobody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The address is wrong, or the stack was never started.
    Fails,
    /// It is being started again: it was there before.
    Passes,
}

/// A page of the list of chats.
#[derive(Debug, Deserialize)]
pub struct Chats {
    /// The chats.
    pub chats: Vec<ChatView>,
}

/// A title that a model suggests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Suggested {
    /// The title.
    pub title: String,
}

/// What runs, whoever's it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Runs {
    /// The runs, the oldest first.
    pub runs: Vec<RunView>,
    /// How many there are.
    pub counts: Counts,
    /// Whether these are all.
    pub complete: bool,
    #[serde(default, skip_serializing)]
    next_cursor: Option<String>,
}

/// Pages of runs that are read; the stack looks at no more than these hold.
const PAGES: usize = 5;

#[derive(Deserialize)]
struct Messages {
    messages: Vec<MessageView>,
    #[serde(default)]
    queued_messages: Vec<QueuedView>,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
    message: String,
    #[serde(default)]
    fields: Vec<WrongField>,
}

#[derive(Deserialize)]
struct WrongField {
    field: String,
    message: String,
}

impl Api {
    /// Makes a chat that answers `text`.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn create(&self, text: &str, options: &ChatArgs) -> anyhow::Result<ChatView> {
        let mut body = said(text, options);
        options.workspace.iter().for_each(|workspace| body["workspace_id"] = json!(workspace));
        self.post("/v1/chats".into(), Some(body)).await
    }

    /// Says something in a chat; it is queued while the chat is busy.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn say(&self, chat_id: ChatId, text: &str, options: &ChatArgs) -> anyhow::Result<Value> {
        self.post(format!("/v1/chats/{chat_id}/messages"), Some(said(text, options))).await
    }

    /// Stops what a chat does.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn interrupt(&self, chat_id: ChatId) -> anyhow::Result<Value> {
        self.post(format!("/v1/chats/{chat_id}/interrupt"), None).await
    }

    /// Returns a chat with what it keeps of its workspace.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn chat(&self, chat_id: ChatId) -> anyhow::Result<ChatView> {
        self.get(format!("/v1/chats/{chat_id}")).await
    }

    /// Has a chat take what its workspace says now.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn refresh(&self, chat_id: ChatId) -> anyhow::Result<ChatView> {
        let path = format!("/v1/chats/{chat_id}/context");
        self.call(Call { method: Method::PUT, path, idempotency_key: None, body: None }).await
    }

    /// Returns a title that a model suggests for a chat, asked once: each try has its price.
    ///
    /// # Errors
    /// The stack or the model refused, or the stack is away.
    pub async fn title(&self, chat_id: ChatId) -> anyhow::Result<Suggested> {
        let path = format!("/v1/chats/{chat_id}/title");
        let call = Call { method: Method::POST, path, idempotency_key: None, body: None };
        let stack = self.finder.find()?;
        read(send(&stack.http_url, &stack.token, &call).await?)
    }

    /// Returns the chats with the newest activity.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn chats(&self) -> anyhow::Result<Chats> {
        self.get("/v1/chats?limit=50".into()).await
    }

    /// Ends what runs in a chat, whoever's it is.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn kill(&self, chat_id: ChatId, clear_queue: bool) -> anyhow::Result<RunView> {
        let body = json!({ "clear_queue": clear_queue });
        self.post(format!("/v1/runs/{chat_id}/kill"), Some(body)).await
    }

    /// Returns what runs, asked once. The inner error is an absence that may pass.
    ///
    /// # Errors
    /// The stack refused.
    pub async fn runs(&self) -> anyhow::Result<anyhow::Result<Runs>> {
        let mut found = Runs::default();
        for page in 0..PAGES {
            let cursor =
                found.next_cursor.take().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let next: Runs = match self.once(format!("/v1/runs?limit=200{cursor}")).await? {
                Ok(next) => next,
                Err(absence) => return Ok(Err(absence)),
            };
            // The pages are read one after the other; the first one counts.
            let (counts, complete) =
                if page == 0 { (next.counts, next.complete) } else { (found.counts, found.complete) };
            found.runs.extend(next.runs);
            found = Runs { runs: found.runs, counts, complete, next_cursor: next.next_cursor };
            if found.next_cursor.is_none() {
                break;
            }
        }
        Ok(Ok(found))
    }

    async fn once<T: DeserializeOwned>(&self, path: String) -> anyhow::Result<anyhow::Result<T>> {
        let call = Call { method: Method::GET, path, idempotency_key: None, body: None };
        let stack = match self.finder.find() {
            Ok(stack) => stack,
            // It is being started again.
            Err(absence) => return Ok(Err(absence.into())),
        };
        match send(&stack.http_url, &stack.token, &call).await {
            Ok(answer) if !is_passing(answer.status) => read(answer).map(Ok),
            Ok(answer) => Ok(Err(anyhow::anyhow!("the stack answered {}", answer.status))),
            Err(error @ Unanswered::Malformed(_)) => Err(error.into()),
            Err(error @ (Unanswered::Unreachable { .. } | Unanswered::Lost { .. })) => Ok(Err(error.into())),
        }
    }

    /// Returns a message; none where it left the history.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn message(&self, chat_id: ChatId, id: MessageId) -> anyhow::Result<Option<MessageView>> {
        let before = id.0.saturating_sub(1);
        let path = format!("/v1/chats/{chat_id}/messages?after_id={before}&limit=1");
        let page: Messages = self.get(path).await?;
        Ok(page.messages.into_iter().find(|message| message.id == id))
    }

    /// Returns what waits for the turn to end.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn queue(&self, chat_id: ChatId) -> anyhow::Result<Vec<QueuedView>> {
        let page: Messages = self.get(format!("/v1/chats/{chat_id}/messages?limit=1")).await?;
        Ok(page.queued_messages)
    }

    async fn get<T: DeserializeOwned>(&self, path: String) -> anyhow::Result<T> {
        self.call(Call { method: Method::GET, path, idempotency_key: None, body: None }).await
    }

    async fn post<T: DeserializeOwned>(&self, path: String, body: Option<Value>) -> anyhow::Result<T> {
        let mut key = [0_u8; 16];
        getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let idempotency_key = Some(hex::encode(key));
        self.call(Call { method: Method::POST, path, idempotency_key, body }).await
    }

    /// Tries until the stack answers: the key makes sure that it counts once.
    async fn call<T: DeserializeOwned>(&self, call: Call) -> anyhow::Result<T> {
        let patience = Instant::now() + PATIENCE;
        let mut backoff = Backoff::default();
        loop {
            let stack = self.finder.find()?;
            let failure = match send(&stack.http_url, &stack.token, &call).await {
                Ok(answer) if !is_passing(answer.status) => return read(answer),
                Ok(answer) => anyhow::anyhow!("the stack answered {}", answer.status),
                Err(error) if self.is_final(&error) => return Err(error.into()),
                Err(error) => error.into(),
            };
            let wait = backoff.next_delay();
            if Instant::now() + wait > patience {
                return Err(failure);
            }
            tokio::time::sleep(wait).await;
        }
    }

    const fn is_final(&self, error: &Unanswered) -> bool {
        match error {
            Unanswered::Malformed(_) => true,
            Unanswered::Unreachable { .. } => matches!(self.absence, Absence::Fails),
            Unanswered::Lost { .. } => false,
        }
    }
}

fn said(text: &str, options: &ChatArgs) -> Value {
    let mut body = json!({ "content": [{ "type": "text", "text": text }] });
    if let Some(model) = &options.model {
        body["model_id"] = json!(model);
    }
    if let Some(effort) = &options.effort {
        body["reasoning_effort"] = json!(effort);
    }
    if let Some(plan) = options.plan {
        body["plan_mode"] = json!(plan);
    }
    body
}

fn is_passing(status: StatusCode) -> bool {
    [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT].contains(&status)
}

fn read<T: DeserializeOwned>(answer: Answer) -> anyhow::Result<T> {
    if answer.status.is_success() {
        return Ok(serde_json::from_value(answer.body)?);
    }
    match serde_json::from_value::<Refusal>(answer.body) {
        // The message speaks of the first field.
        Ok(Refusal { code, message, fields }) => {
            let rest = fields.iter().skip(1).map(|wrong| format!("\n  {}: {}", wrong.field, wrong.message));
            anyhow::bail!("{message} ({code}){}", rest.collect::<String>())
        }
        Err(_) => anyhow::bail!("the stack answered {}", answer.status),
    }
}
