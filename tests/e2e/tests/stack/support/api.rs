//! The HTTP API, as a client calls it.

use std::time::Duration;

use chat::{
    id::ChatId,
    message::{MessageView, QueuedView},
    view::ChatView,
};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The HTTP API of a stack, for one person.
#[derive(Clone)]
pub(crate) struct Api {
    http: Client,
    base: String,
    token: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A page of history.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    pub(crate) messages: Vec<MessageView>,
    #[serde(default)]
    pub(crate) queued_messages: Vec<QueuedView>,
    pub(crate) has_more: bool,
}

impl Api {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        let http = Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { http, base: base.to_owned(), token: token.to_owned() }
    }

    /// Where it is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The same API for somebody else.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// A request that is yet to be sent; `path` is what follows `/v1`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.token)
    }

    /// A request that does not say whose it is.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/v1{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::to(self.request(Method::POST, path).json(body)).await
    }

    /// A POST without a body.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::POST, path)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        Reply::to(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        Reply::to(self.request(Method::PUT, path).json(body)).await
    }

    /// As [`Api::act`], for closures.
    pub(crate) async fn act_owned(&self, path: String) -> Reply {
        self.act(&path).await
    }

    /// As [`Api::post`], for closures.
    pub(crate) async fn post_owned(&self, path: String, body: Value) -> Reply {
        self.post(&path, &body).await
    }

    /// As [`Api::patch`], for closures.
    pub(crate) async fn patch_owned(&self, path: String, body: Value) -> Reply {
        self.patch(&path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::DELETE, path)).await
    }

    /// Creates a chat. It has a title, this one or its own: nobody is asked for one beside what a test looks at.
    pub(crate) async fn create(&self, body: &Value) -> ChatId {
        let mut body = body.clone();
        body.as_object_mut().unwrap().entry("title").or_insert("A chat".into());
        self.post("/chats", &body).await.read::<ChatView>(201).id
    }

    /// Creates a chat that rests.
    pub(crate) async fn idle(&self) -> ChatId {
        self.create(&json!({"content": []})).await
    }

    /// Creates a chat that rests and has no title.
    pub(crate) async fn untitled(&self) -> ChatId {
        self.post("/chats", &json!({"content": []})).await.read::<ChatView>(201).id
    }

    pub(crate) async fn chat(&self, id: ChatId) -> ChatView {
        self.get(&format!("/chats/{id}")).await.read(200)
    }

    pub(crate) async fn page(&self, id: ChatId, query: &str) -> Page {
        self.get(&format!("/chats/{id}/messages{query}")).await.read(200)
    }

    /// Says something in a chat; queued if that is busy.
    pub(crate) async fn say(&self, id: ChatId, text: &str) -> Value {
        self.send(id, &say(text)).await.read(200)
    }

    pub(crate) async fn send(&self, id: ChatId, body: &Value) -> Reply {
        self.post(&format!("/chats/{id}/messages"), body).await
    }

    /// Answers a client's calls.
    pub(crate) async fn answer(&self, id: ChatId, results: &Value) -> Reply {
        self.post(&format!("/chats/{id}/tool-results"), &json!({"results": results})).await
    }
}

impl Reply {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn json(&self, status: u16) -> Value {
        self.read(status)
    }

    /// An answer without a body.
    pub(crate) fn empty(&self) {
        assert_eq!((self.status.as_u16(), self.text.as_str()), (204, ""));
    }

    /// The code of a refusal.
    pub(crate) fn refused(&self, status: u16) -> String {
        self.json(status)["code"].as_str().unwrap().to_owned()
    }

    /// Status and body side by side, for snapshots.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.text)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The body of a message that says `text`.
pub(crate) fn say(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// The words of a message.
pub(crate) fn said(message: &MessageView) -> String {
    let content = json!(message.content);
    let texts = content.as_array().unwrap().iter().filter(|part| part["type"] == "text");
    texts.map(|part| part["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}
