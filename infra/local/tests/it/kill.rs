//! The process is killed in the middle of many turns, and started again on the same data.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Child,
    time::Duration,
};

use futures::{SinkExt, StreamExt, future::join_all};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{process, world::Client};

/// A lease lasts 30 s; the promise is that a turn goes on within 40.
pub(crate) const MENDED: Duration = Duration::from_secs(45);
const CHATS: usize = 12;

/// The binary, running.
pub(crate) struct Running {
    child: Child,
    http_url: String,
    socket_url: String,
    token: String,
}

impl Running {
    pub(crate) fn start(data: &Path) -> Self {
        let mut child = process::start(data, &["--json"]);
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| announced[name].as_str().unwrap().to_owned();
        let (http_url, socket_url, token) = (text("http_url"), text("socket_url"), text("token"));
        Self { child, http_url, socket_url, token }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = reqwest::Client::new().post(format!("{}/v1{path}", self.http_url));
        let reply = request.bearer_auth(&self.token).json(body).send().await.unwrap();
        assert!(reply.status().is_success(), "{path}");
        reply.json().await.unwrap()
    }

    pub(crate) async fn history(&self, chat: &str) -> Vec<Value> {
        let request = reqwest::Client::new().get(format!("{}/v1/chats/{chat}/messages", self.http_url));
        let reply = request.bearer_auth(&self.token).send().await.unwrap();
        let mut page: Value = reply.json().await.unwrap();
        let mut messages = page["messages"].take().as_array().unwrap().clone();
        messages.reverse();
        messages
    }

    /// A socket that follows this chat from its beginning.
    async fn follow(&self, chat: &str) -> Client {
        let mut request = self.socket_url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        send(&mut socket, &json!({"action": "subscribe", "chat_id": chat})).await;
        socket
    }
}

/// However a test ends, it leaves no process; and this is how this one ends it.
impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) async fn send(socket: &mut Client, action: &Value) {
    socket.send(Message::text(action.to_string())).await.unwrap();
}

/// Waits for an event like this one.
pub(crate) async fn hear(socket: &mut Client, what: impl Fn(&Value) -> bool) {
    loop {
        let frame = socket.next().await.unwrap().unwrap();
        let Message::Text(text) = frame else { continue };
        let events: Vec<Value> = serde_json::from_str(text.as_str()).unwrap();
        if events.iter().any(&what) {
            return;
        }
    }
}

pub(crate) fn say(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn words(message: &Value) -> usize {
    message["content"][0]["text"].as_str().unwrap().split(' ').count()
}

/// Some stream, some have hardly begun, and each has a message waiting.
#[tokio::test]
async fn killed_turns_go_on_and_nothing_is_lost_or_said_twice() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Running::start(folder.path());
    let mut chats = Vec::new();
    for _ in 0..CHATS {
        let chat = stack.post("/chats", &say("/pace 20\n/text 200")).await["id"].as_str().unwrap().to_owned();
        stack.post(&format!("/chats/{chat}/messages"), &say("/say next")).await;
        chats.push(chat);
    }
    let mut first = stack.follow(&chats[0]).await;
    timeout(MENDED, hear(&mut first, |event| event["type"] == "message_part")).await.unwrap();
    let late = stack.post("/chats", &say("/text 200")).await["id"].as_str().unwrap().to_owned();
    stack.post(&format!("/chats/{late}/messages"), &say("/say next")).await;
    chats.push(late);
    drop(stack);

    let stack = Running::start(folder.path());
    let ended = chats.iter().map(|chat| async {
        let mut socket = stack.follow(chat).await;
        // The status at the end of the first of two turns is `running` still.
        let rests = |event: &Value| event["type"] == "status" && event["status"] == "waiting";
        timeout(MENDED, hear(&mut socket, rests)).await.unwrap();
    });
    join_all(ended).await;
    for chat in &chats {
        let history = stack.history(chat).await;
        let roles: Vec<_> = history.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
        assert_eq!((words(&history[1]), words(&history[3])), (200, 1));
    }
}
