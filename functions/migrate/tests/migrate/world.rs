//! Both tables on the embedded DynamoDB, with items of old shapes in them.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chat::{
    id::{ChatId, MessageId},
    message::{Message, Role},
    port::{Clock as _, Order, Range, ReadChats as _, ReadHistory as _},
    record::Chat,
    time::Timestamp,
};
use dynamo::Dynamo;
use edge::{Config, config::Vars};
use kit::{clock::ManualClock, seed};
use migrate::{Answer, Event, Stores, run};
use serde_json::{Value, json};
use store::Chats;
use uuid::Uuid;

use super::gate::Gate;

const OLD: &str = include_str!("../../../../shared/store/tests/fixtures/chats-0.json");
const NEW: &str = include_str!("../../../../shared/store/tests/fixtures/chats-1.json");

/// A chat whose row and messages are of shape 0.
pub(crate) const OLD_CHAT: ChatId = ChatId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_00a0));
/// A chat that a transition has written since: its row is of shape 1 and still names an agent.
pub(crate) const HALF_OLD_CHAT: ChatId = ChatId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_00b0));
/// A chat that was always of shape 1.
const NEW_CHAT: ChatId = ChatId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001));

pub(crate) struct World {
    pub(crate) dynamo: Dynamo,
    pub(crate) gate: Gate,
    pub(crate) clock: ManualClock,
    pub(crate) stores: Stores,
    /// A reader, and a writer of transitions, that no gate holds.
    pub(crate) chats: Chats,
    pub(crate) config: Config,
}

/// What there is to read of a chat.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    chat: Chat,
    messages: Vec<Message>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at(ManualClock::default())
    }

    pub(crate) fn at(clock: ManualClock) -> Self {
        let dynamo = Dynamo::memory().unwrap();
        make_tables(&dynamo);
        let gate = Gate::new(dynamo.clone());
        let config = Config::hosted(&vars(), gate.clone().into(), edge::tls::nobody().unwrap()).unwrap();
        let past = Config::hosted(&vars(), dynamo.http_client(), edge::tls::nobody().unwrap()).unwrap();
        let world = Self {
            stores: Stores::connect(&config, clock.clone()),
            chats: Chats::connect(&past.sdk, "chats", clock.clone()),
            dynamo,
            gate,
            clock,
            config,
        };
        for item in items(OLD).into_iter().chain(items(NEW)) {
            world.put(&item);
        }
        world
    }

    pub(crate) fn put(&self, item: &Value) {
        self.call("PutItem", &json!({ "TableName": "chats", "Item": item }));
    }

    pub(crate) fn call(&self, operation: &str, body: &Value) -> Value {
        call(&self.dynamo, operation, body)
    }

    /// Returns all items of a table, by their keys.
    pub(crate) fn table(&self, name: &str) -> BTreeMap<String, Value> {
        let found = self.call("Scan", &json!({ "TableName": name }));
        assert!(found["LastEvaluatedKey"].is_null(), "more than a page");
        let items = found["Items"].as_array().unwrap().iter();
        let key = |item: &Value| {
            let partition = item.get("chat").or(item.get("key")).unwrap();
            format!("{}/{}", partition["S"].as_str().unwrap(), item["item"]["S"].as_str().unwrap())
        };
        items.map(|item| (key(item), item.clone())).collect()
    }

    /// Forgets what was applied.
    pub(crate) fn forget(&self) {
        for record in self.table("directory").into_values() {
            let key = json!({ "key": record["key"], "item": record["item"] });
            self.call("DeleteItem", &json!({ "TableName": "directory", "Key": key }));
        }
    }

    /// Runs with as much time as it takes.
    pub(crate) async fn run(&self, event: &Event) -> Answer {
        self.run_until(event, self.clock.now().plus_ms(900_000)).await
    }

    pub(crate) async fn run_until(&self, event: &Event, until: Timestamp) -> Answer {
        run(&self.stores, &migrations::ALL, event, until).await.unwrap()
    }

    /// Reads all chats.
    pub(crate) async fn told(&self) -> Vec<Told> {
        let mut told = Vec::new();
        for id in [OLD_CHAT, HALF_OLD_CHAT, NEW_CHAT] {
            told.push(self.told_of(id).await);
        }
        told
    }

    pub(crate) async fn told_of(&self, chat_id: ChatId) -> Told {
        let (first, last) = (MessageId(1), MessageId(90));
        let range = Range { chat_id, first, last, order: Order::Ascending, limit: 90 };
        let messages = self.chats.messages(range).await.unwrap();
        let chat = self.chats.snapshot(chat_id).await.unwrap().unwrap().chat;
        Told { chat, messages }
    }

    /// Returns what the tables hold after nothing went wrong.
    pub(crate) async fn migrated() -> BTreeMap<String, Value> {
        let world = Self::new();
        assert!(world.run(&small_pages()).await.done);
        world.table("chats")
    }
}

impl Told {
    /// Returns the same with what a migration may add: who wrote what a person said.
    pub(crate) fn completed(mut self) -> Self {
        for message in self.messages.iter_mut().filter(|message| message.role == Role::User) {
            message.created_by = message.created_by.or(Some(seed::person().user_id));
        }
        self
    }
}

/// Several pages to each segment, several segments to the table.
pub(crate) fn small_pages() -> Event {
    Event { segments: 2, page_items: 3, units_per_second: 1_000_000, ..Event::default() }
}

/// Returns a message of shape 0.
pub(crate) fn old_message(chat_id: ChatId, id: u64, role: &str, content: &Value) -> Value {
    let body = json!({
        "id": id, "role": role, "content": content, "created_at": "2026-01-01T00:00:00.000Z", "revision": id,
    });
    json!({
        "chat": { "S": chat_id.to_string() },
        "item": { "S": format!("msg#{id:012}") },
        "body": { "B": base64(body.to_string().as_bytes()) },
    })
}

fn items(fixture: &str) -> Vec<Value> {
    serde_json::from_str(fixture).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn call(dynamo: &Dynamo, operation: &str, body: &Value) -> Value {
    let reply = dynamo.handle(&format!("DynamoDB_20120810.{operation}"), body.to_string().as_bytes());
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap()
}

fn make_tables(dynamo: &Dynamo) {
    for (table, partition) in [("chats", "chat"), ("directory", "key")] {
        let attribute = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name, kind| json!({ "AttributeName": name, "KeyType": kind });
        let create = json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute(partition), attribute("item")],
            "KeySchema": [key(partition, "HASH"), key("item", "RANGE")],
        });
        call(dynamo, "CreateTable", &create);
    }
}

fn vars() -> Vars {
    [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("STACK", "stack"),
        ("CHATS_TABLE", "chats"),
        ("DIRECTORY_TABLE", "directory"),
        ("SOCKET_ENDPOINT", "https://example.com/socket"),
        ("WAKE_QUEUE_URLS", "https://q/0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
