//! A person's client over HTTP: it asks again until it is answered, with the same key.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use chat::{
    message::{MessageView, QueuedView},
    view::ChatView,
};
use edge::{Secret, request::Caller};
use kit::seed;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    fault::Kind,
    machine::Machine,
    plan::OnceIn,
    world::{
        World,
        caller::{self, Ended},
        row::Row,
    },
};

/// How often one request is tried.
const TRIES: u32 = 90;
const AGAIN: Duration = Duration::from_secs(1);
/// How long anything may take until the chat is at rest.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// What has been said, and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) fate: Fate,
}

/// What must come of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is in history, and answered in full.
    Answered,
    /// It is in history; its answer may have been stopped, or not have begun.
    Stopped,
    /// Whether it is in history was decided by chance, once.
    Perhaps,
    /// It was taken back: it is not in history.
    Gone,
}

/// A reply, and how often it took to ask.
pub(crate) struct Reply {
    pub(crate) status: u64,
    pub(crate) body: Value,
    pub(crate) tries: u32,
}

/// A request: its route, what stands in the path, and the body.
#[derive(Clone, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) route: &'a str,
    pub(crate) id: String,
    pub(crate) query: String,
    pub(crate) body: Option<Value>,
    pub(crate) keyed: bool,
    /// The runner's own look, which nothing disturbs.
    pub(crate) immune: bool,
}

pub(crate) struct Person {
    pub(crate) world: Arc<World>,
    /// The chat that is talked in.
    pub(crate) chat: String,
    pub(crate) said: Vec<(String, Said)>,
    /// The workspace that new chats get.
    workspace: Option<String>,
    keys: u32,
}

impl Person {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), chat: String::new(), said: Vec::new(), workspace: None, keys: 0 }
    }

    /// Asks until there is an answer that is one.
    pub(crate) async fn ask(&mut self, ask: Ask<'_>) -> Result<Reply> {
        self.keys += 1;
        self.ask_again(ask).await
    }

    /// Asks with the key of the request before.
    pub(crate) async fn ask_again(&mut self, ask: Ask<'_>) -> Result<Reply> {
        let event = self.event(&ask);
        let mut tries = 0;
        loop {
            tries += 1;
            ensure!(tries <= TRIES, "{} is never answered", ask.route);
            match self.ask_once(&ask, event.clone()).await {
                Some((status, body)) if status < 500 && status != 429 => {
                    return Ok(Reply { status, body, tries });
                }
                Some(_) | None => sleep(AGAIN).await,
            }
        }
    }

    async fn ask_once(&self, ask: &Ask<'_>, event: Value) -> Option<(u64, Value)> {
        let function = function_of(ask.route);
        let caller = caller::Caller { immune: ask.immune, ..caller::Caller::of(function) };
        let ended = self.world.invoke(caller, event).await;
        if !ask.immune && self.world.strikes(&[Kind::ReplyLost], OnceIn(12)).is_some() {
            return None;
        }
        let Ended::Answered(reply) = ended else { return None };
        let body = reply["body"].as_str().unwrap_or_default();
        Some((reply["statusCode"].as_u64()?, serde_json::from_str(body).unwrap_or_default()))
    }

    fn event(&self, ask: &Ask<'_>) -> Value {
        let mut event = json!({
            "version": "2.0",
            "routeKey": ask.route,
            "rawPath": ask.route.replace("{chat}", &self.chat).replace("{id}", &ask.id),
            "rawQueryString": ask.query,
            "headers": { "content-type": "application/json" },
            "requestContext": { "authorizer": { "lambda": self.context(ask.route) }, "http": {} },
            "pathParameters": { "chat": self.chat, "id": ask.id, "workspace": ask.id },
            "isBase64Encoded": false,
        });
        if let Some(body) = &ask.body {
            event["body"] = body.to_string().into();
        }
        if ask.keyed {
            event["headers"]["idempotency-key"] = format!("key-{}", self.keys).into();
        }
        event
    }

    /// What the authorizer says: the person, who administers the stack too.
    fn context(&self, route: &str) -> Value {
        if function_of(route) == "Runs" { Caller::Admin(seed::person()).context() } else { authorizer() }
    }

    /// Makes a chat and talks in it from now on.
    pub(crate) async fn create(&mut self, said: Option<&str>, tools: &[&str]) -> Result<()> {
        let tools: Vec<Value> =
            tools.iter().map(|name| json!({"name": name, "input_schema": {"type": "object"}})).collect();
        // With a title: one that a model finds is counted whenever it comes, and then the chat shows another usage.
        let content = said.map(content).unwrap_or(json!([]));
        let mut body = json!({"content": content, "title": "a title", "client_tools": tools});
        if let Some(id) = &self.workspace {
            body["workspace_id"] = json!(id);
        }
        let route = "POST /v1/chats";
        let reply = self.ask(Ask { route, body: Some(body), keyed: true, ..Ask::default() }).await?;
        ensure!(reply.status == 201, "create: {} {}", reply.status, reply.body);
        self.chat = reply.body["id"].as_str().context("no id")?.to_owned();
        if let Some(text) = said {
            self.note(text, Fate::Answered);
        }
        Ok(())
    }

    /// Enrols a machine, whose agent runs from now on; chats that are made later work on it.
    pub(crate) async fn enrol(&mut self) -> Result<()> {
        let enrol = Ask { route: "POST /v1/workspaces/enroll", body: Some(json!({})), ..Ask::default() };
        let enrolled = self.ask(Ask { keyed: true, immune: true, ..enrol }).await?;
        ensure!(enrolled.status == 201, "enrol: {} {}", enrolled.status, enrolled.body);
        let secret = Secret::new("the machine's own");
        let body = json!({"enrolment_token": enrolled.body["token"], "token_hash": secret.hash()});
        let exchange = Ask { route: "POST /v1/agent/exchange", body: Some(body), ..Ask::default() };
        let exchanged = self.ask(Ask { immune: true, ..exchange }).await?;
        ensure!(exchanged.status == 200, "exchange: {} {}", exchanged.status, exchanged.body);
        let id = exchanged.body["workspace_id"].as_str().context("no workspace")?.to_owned();
        Machine::start(&self.world, id.parse()?, secret)?;
        self.until_up(&id).await?;
        self.workspace = Some(id);
        Ok(())
    }

    async fn until_up(&mut self, id: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let route = "GET /v1/workspaces/{workspace}";
            let ask = Ask { route, id: id.to_owned(), immune: true, ..Ask::default() };
            let shown = self.ask(ask).await?;
            if shown.body["status"] == "running" && shown.body["connected"] == true {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the machine's agent never comes: {}", shown.body);
            self.pass_ms(100).await;
        }
    }

    pub(crate) async fn send(&mut self, text: &str) -> Result<Reply> {
        self.send_when_busy(text, "queue").await
    }

    pub(crate) async fn send_when_busy(&mut self, text: &str, when_busy: &str) -> Result<Reply> {
        let body = json!({"content": content(text), "when_busy": when_busy});
        let route = "POST /v1/chats/{chat}/messages";
        let reply = self.ask(Ask { route, body: Some(body), keyed: true, ..Ask::default() }).await?;
        ensure!(reply.status == 200, "send: {} {}", reply.status, reply.body);
        self.note(text, Fate::Answered);
        Ok(reply)
    }

    /// Does something that cannot be told from its repetition, and returns the status.
    pub(crate) async fn act(&mut self, route: &str, id: &str, body: Option<Value>) -> Result<Reply> {
        self.ask(Ask { route, id: id.to_owned(), body, ..Ask::default() }).await
    }

    pub(crate) fn note(&mut self, text: &str, fate: Fate) {
        self.said.push((self.chat.clone(), Said { text: text.to_owned(), fate }));
    }

    /// Changes what must come of a message.
    pub(crate) fn fate(&mut self, text: &str, fate: Fate) {
        let said = self.said.iter_mut().filter(|(_, said)| said.text == text);
        said.for_each(|(_, said)| said.fate = fate);
    }

    pub(crate) async fn pass_ms(&self, ms: u64) {
        sleep(Duration::from_millis(ms)).await;
    }

    /// Waits until the chat is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Row) -> bool) -> Result<()> {
        let commits = &self.world.commits;
        let wait = async {
            loop {
                let seen = commits.count();
                if self.world.row(&self.chat).is_some_and(|row| wanted(&row)) {
                    return;
                }
                commits.beyond(seen).await;
            }
        };
        if timeout(PATIENCE, wait).await.is_err() {
            bail!("stuck: {:?}", self.world.row(&self.chat));
        }
        Ok(())
    }

    /// Waits until the chat is at rest.
    pub(crate) async fn rest(&self) -> Result<()> {
        self.until(|row| ["waiting", "error"].contains(&row.status.as_str())).await
    }

    /// Returns the chat as HTTP shows it; none if it does not.
    pub(crate) async fn look(&mut self) -> Result<Option<ChatView>> {
        let ask = Ask { route: "GET /v1/chats/{chat}", immune: true, ..Ask::default() };
        let reply = self.ask(ask).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_value(reply.body)?))
    }

    /// Returns the history, oldest first, and the queue.
    pub(crate) async fn read(&mut self) -> Result<(Vec<MessageView>, Vec<QueuedView>)> {
        let route = "GET /v1/chats/{chat}/messages";
        let query = "limit=200".to_owned();
        let mut reply = self.ask(Ask { route, query, immune: true, ..Ask::default() }).await?;
        ensure!(reply.status == 200, "messages: {} {}", reply.status, reply.body);
        ensure!(reply.body["has_more"] == false, "a scene of more than 200 messages");
        let mut messages: Vec<MessageView> = serde_json::from_value(reply.body["messages"].take())?;
        messages.reverse();
        Ok((messages, serde_json::from_value(reply.body["queued_messages"].take())?))
    }
}

pub(crate) fn content(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

/// What the authorizer says of the person.
pub(crate) fn authorizer() -> Value {
    let person = seed::person();
    json!({"user_id": person.user_id, "org_id": person.org_id})
}

/// The function behind a route.
fn function_of(route: &str) -> &'static str {
    let of_messages = ["/messages", "/queue", "/tool-results", "/interrupt", "/clear", "/compact"];
    if of_messages.iter().any(|part| route.contains(part)) {
        return "Messages";
    }
    let begins = [("/v1/workspaces", "Workspaces"), ("/v1/agent", "Agent"), ("/v1/runs", "Runs")];
    let found = begins.iter().find(|(part, _)| route.contains(part));
    found.map_or("Chats", |(_, function)| function)
}
