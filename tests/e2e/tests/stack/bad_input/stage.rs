//! A stack that is to refuse what it is sent.

use chat::{id::ChatId, record::Status};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Follower, Reply, Truth, World, say};

/// How much of a body a snapshot shows.
const SHOWN: usize = 100;

/// A stack with a chat at rest, one that waits for a client and one that is put away.
pub(super) struct Stage {
    world: World,
    rests: ChatId,
    asks: ChatId,
    archived: ChatId,
    before: Vec<Truth>,
    list: Value,
    seen: String,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let world = World::start().await;
        let rests = world.api.create(&say("/pace 1\n/say hello")).await;
        Follower::of(&world, rests).await.until_rest(2).await;
        let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
        let asks = json!({"content": say("/pace 1\n/call ask")["content"], "client_tools": tools});
        let asks = world.api.create(&asks).await;
        Follower::of(&world, asks).await.until_status(Status::RequiresAction).await;
        world.api.say(asks, "/say queued").await;
        let archived = world.api.idle().await;
        world.api.patch(&format!("/chats/{archived}"), &json!({"archived": true})).await.json(200);
        let mut stage =
            Self { world, rests, asks, archived, before: Vec::new(), list: Value::Null, seen: String::new() };
        (stage.before, stage.list) = stage.now().await;
        stage
    }

    pub(super) fn is_on_ministack(&self) -> bool {
        self.world.is_on_ministack()
    }

    async fn now(&self) -> (Vec<Truth>, Value) {
        let mut truths = Vec::new();
        for id in [self.rests, self.asks, self.archived] {
            truths.push(Truth::of(&self.world.api, id).await);
        }
        let list = match self.world.is_alone() {
            true => self.world.api.get("/chats?archived=any").await.json(200),
            false => Value::Null,
        };
        (truths, list)
    }

    /// Sends bytes that shall be refused. `{rests}` and so on in the path are the chats' ids.
    pub(super) async fn refuses(&mut self, method: Method, path: &str, body: impl Into<Vec<u8>>) {
        let body = body.into();
        let request = self.world.api.request(method.clone(), &self.filled(path)).body(body.clone());
        let reply = Reply::to(request.header("content-type", "application/json")).await;
        let status = reply.status.as_u16();
        assert!((400..500).contains(&status), "{method} {path} {}: {}", shown(&body), reply.shown());
        self.seen += &format!("{method} {path} {}\n    {}\n", shown(&body), reply.shown());
    }

    fn filled(&self, path: &str) -> String {
        let chats = [("rests", self.rests), ("asks", self.asks), ("archived", self.archived)];
        let path = path.replace("{nobody}", super::NOBODY);
        chats.iter().fold(path, |path, (name, id)| path.replace(&format!("{{{name}}}"), &id.to_string()))
    }

    /// What was answered, after making sure that it had no effect.
    pub(super) async fn end(self) -> String {
        assert_eq!(self.now().await, (self.before, self.list), "nothing changed");
        self.seen
    }
}

fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], body.len()),
        None => text.into_owned(),
    }
}
