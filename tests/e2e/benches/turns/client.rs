//! A client of the stack: its HTTP API and its sockets.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chat::event::{Body, Event};
use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// Longer than any turn that is measured.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    http_url: String,
    socket_url: String,
    token: String,
}

impl Client {
    pub(crate) fn new(http_url: &str, socket_url: &str, token: &str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let [http_url, socket_url, token] = [http_url, socket_url, token].map(str::to_owned);
        Ok(Self { http, http_url, socket_url, token })
    }

    /// Makes an idle chat and returns its id. It has a title, so that no model is asked for one.
    pub(crate) async fn chat(&self) -> Result<String> {
        let chat = self.post("/v1/chats", &json!({ "content": [], "title": "A chat" })).await?;
        Ok(chat["id"].as_str().context("a chat has an id")?.to_owned())
    }

    /// As [`Self::chat`], on a workspace.
    pub(crate) async fn chat_on(&self, workspace_id: &str) -> Result<String> {
        let body = json!({ "content": [], "title": "A chat", "workspace_id": workspace_id });
        let chat = self.post("/v1/chats", &body).await?;
        Ok(chat["id"].as_str().context("a chat has an id")?.to_owned())
    }

    /// Where the HTTP API is.
    pub(crate) fn http_url(&self) -> &str {
        &self.http_url
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn send(&self, chat: &str, text: &str) -> Result<()> {
        let body = json!({ "content": [{ "type": "text", "text": text }] });
        self.post(&format!("/v1/chats/{chat}/messages"), &body).await.map(drop)
    }

    /// Returns the bytes of text of a chat's newest answers.
    pub(crate) async fn answers_bytes(&self, chat: &str, answers: usize) -> Result<usize> {
        let path = format!("/v1/chats/{chat}/messages?limit={}", answers * 2);
        let page = self.ask(Method::GET, &path, None).await?;
        let messages = page["messages"].as_array().context("messages")?;
        let answers = messages.iter().filter(|message| message["role"] == "assistant");
        let parts = answers.flat_map(|message| message["content"].as_array().into_iter().flatten());
        Ok(parts.filter_map(|part| part["text"].as_str()).map(str::len).sum())
    }

    pub(crate) async fn read(&self, chat: &str) -> Result<Value> {
        self.ask(Method::GET, &format!("/v1/chats/{chat}"), None).await
    }

    /// Returns the texts of a chat's newest messages, oldest first.
    pub(crate) async fn texts(&self, chat: &str, messages: usize) -> Result<Vec<String>> {
        let path = format!("/v1/chats/{chat}/messages?limit={messages}");
        let page = self.ask(Method::GET, &path, None).await?;
        let messages = page["messages"].as_array().context("messages")?.iter().rev();
        let parts = messages.flat_map(|message| message["content"].as_array().into_iter().flatten());
        Ok(parts.filter_map(|part| part["text"].as_str()).map(str::to_owned).collect())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request =
            self.http.request(method, format!("{}{path}", self.http_url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        ensure!(status.is_success(), "{path}: {status} {text}");
        if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
    }

    /// Opens a socket that is subscribed to a chat and up to date.
    pub(crate) async fn listen(&self, chat: &str) -> Result<Listener> {
        let mut request = self.socket_url.as_str().into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token).parse()?);
        let (socket, _) = connect_async(request).await?;
        let mut listener = Listener(socket);
        let subscribe = json!({ "action": "subscribe", "chat_id": chat }).to_string();
        listener.0.send(Message::text(subscribe)).await?;
        while !listener.frame().await?.iter().any(|event| matches!(event.body, Body::CaughtUp { .. })) {}
        Ok(listener)
    }
}

pub(crate) struct Listener(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    /// Returns the next frame's events.
    pub(crate) async fn frame(&mut self) -> Result<Vec<Event>> {
        loop {
            let next = timeout(PATIENCE, self.0.next()).await?;
            if let Message::Text(text) = next.context("the socket closed")?? {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }

    /// Waits until the chat is at rest again; returns the bytes of streamed text.
    pub(crate) async fn rest(&mut self) -> Result<()> {
        loop {
            for event in self.frame().await? {
                if let Body::Status { status } = event.body
                    && matches!(status, chat::record::Status::Waiting | chat::record::Status::Error)
                {
                    ensure!(status == chat::record::Status::Waiting, "the turn failed");
                    return Ok(());
                }
            }
        }
    }

    /// Waits until the chat asks for the answer to a call; returns the call's id.
    pub(crate) async fn asked(&mut self) -> Result<String> {
        loop {
            for event in self.frame().await? {
                if let Body::ActionRequired { tool_calls } = event.body {
                    let call = tool_calls.into_iter().next().context("a call")?;
                    return Ok(call.tool_call_id.to_string());
                }
            }
        }
    }

    /// Waits for the next frame with a streamed part.
    pub(crate) async fn part(&mut self) -> Result<()> {
        let is_part = |event: &Event| matches!(event.body, Body::MessagePart { .. });
        while !self.frame().await?.iter().any(is_part) {}
        Ok(())
    }
}
