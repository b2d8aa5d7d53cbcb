//! Items as they were stored once stay readable, and unknown ones are an error.
//!
//! A fixture is never changed: whoever changes a shape raises its version and adds a file beside the old one.

use std::fmt::Write as _;

use chat::{
    cursor::Episode,
    id::{ChatId, ConnectionId, MessageId, UserId},
    message::Usage,
    part::Delta,
    port::{
        CommitChats as _, Flush, KeepListeners as _, KeepSockets as _, KeepTickets as _, KeepTokens as _,
        ListSpend as _, LogParts as _, Observe as _, Order, Range, ReadChats as _, ReadHistory as _,
        ReadParts as _, ReadReceipts as _, ReadSpend as _, ReadWatchers as _, Receipt, Scope,
        SeedCeilings as _, SpendQuery,
    },
    record::Spec,
    spend::{Day, Spent},
    transition::{Describe, Transition},
};
use dynamo::Dynamo;
use kit::{clock::EPOCH, seed};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{tables, world::World};

const CHATS: &str = include_str!("../fixtures/chats-1.json");
const CHATS_0: &str = include_str!("../fixtures/chats-0.json");
const DIRECTORY: &str = include_str!("../fixtures/directory-1.json");
const USER: UserId = UserId(Uuid::from_u128(0x0a));

/// Attributes that rows and ledger entries have got since: code that does not know them passes over them, and code that does reads
/// rows without them, so that the shape is the same.
const ADDED: [&str; 2] = ["m", "pg"];

type Stores = World<store::Chats, store::Directory>;

/// Puts items into the tables as they are, past this crate.
async fn holding(chats: &[Value], directory: &[Value]) -> Stores {
    let (dynamo, client) = tables::empty().await;
    for (table, items) in [("chats", chats), ("directory", directory)] {
        for item in items {
            call(&dynamo, "PutItem", &json!({ "TableName": table, "Item": item }));
        }
    }
    World::over(client)
}

fn call(dynamo: &Dynamo, operation: &str, body: &Value) -> Value {
    let reply = dynamo.handle(&format!("DynamoDB_20120810.{operation}"), body.to_string().as_bytes());
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap()
}

fn items(fixture: &str) -> Vec<Value> {
    serde_json::from_str(fixture).unwrap()
}

fn chat_id(items: &[Value]) -> ChatId {
    items[0]["chat"]["S"].as_str().unwrap().parse().unwrap()
}

fn range(chat_id: ChatId) -> Range {
    Range { chat_id, first: MessageId(1), last: MessageId(99), order: Order::Ascending, limit: 99 }
}

const EPISODE: Episode = Episode { history_version: 2, generation_attempt: 1 };

/// Reads everything there is, and says it in words.
async fn told(stores: &Stores, id: ChatId) -> String {
    let mut told = String::new();
    let mut tell = |name: &str, value: String| writeln!(told, "{name}: {value}").unwrap();
    let World { chats, directory, .. } = stores;
    tell("snapshot", format!("{:#?}", chats.snapshot(id).await));
    tell("spec", format!("{:#?}", chats.spec(id).await));
    tell("messages", format!("{:#?}", chats.messages(range(id)).await));
    tell("parts", format!("{:#?}", chats.parts(id, EPISODE).await));
    tell("observed", format!("{:#?}", chats.observe(id).await));
    tell("receipt", format!("{:#?}", chats.receipt(Scope::Chat(id), "key").await));
    tell("token", format!("{:#?}", directory.person("aa").await));
    tell("holder", format!("{:#?}", directory.holder(&ConnectionId::from("c=")).await));
    tell("watchers", format!("{:#?}", directory.watchers(USER).await));
    let (person, today) = (seed::person(), Day::of(EPOCH));
    tell("spent", format!("{:#?}", directory.user_micros(person, today, today).await));
    tell("towards the ceiling", format!("{:#?}", directory.org_micros(person.org_id, today).await));
    let query = SpendQuery { org_id: person.org_id, user_id: None, first: today, last: today };
    tell("spendings", format!("{:#?}", directory.spendings(query, None).await));
    tell("ticket", format!("{:#?}", directory.use_ticket("tt", EPOCH).await));
    told
}

#[tokio::test]
async fn the_first_shapes_are_read() {
    let (chats, directory) = (items(CHATS), items(DIRECTORY));
    let stores = holding(&chats, &directory).await;
    insta::assert_snapshot!(told(&stores, chat_id(&chats)).await);
}

#[tokio::test]
async fn shape_0_is_read() {
    let chats = items(CHATS_0);
    let World { chats: store, .. } = holding(&chats, &[]).await;
    let mut told = String::new();
    for row in chats.iter().filter(|item| item["item"]["S"] == "chat") {
        let id = row["chat"]["S"].as_str().unwrap().parse().unwrap();
        let observed = store.observe(id).await.unwrap().unwrap();
        let chat = store.snapshot(id).await.unwrap().unwrap().chat;
        assert_eq!((observed.versions, observed.status), (chat.versions, chat.status));
        writeln!(told, "{chat:#?}\n{:#?}", store.messages(range(id)).await.unwrap()).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn only_chats_and_messages_were_ever_without_a_version() {
    for (index, item) in items(CHATS).into_iter().enumerate() {
        let mut chats = items(CHATS);
        chats[index].as_object_mut().unwrap().remove("v");
        let words = told(&holding(&chats, &items(DIRECTORY)).await, chat_id(&chats)).await;
        let name = item["item"]["S"].as_str().unwrap();
        // A row reads as shape 1; the content of a message of shape 1 is not guessed.
        let refused = if name.starts_with("msg#") { "did not match any variant" } else { name };
        assert_eq!(words.contains("Unavailable"), name != "chat", "{name}");
        assert!(words.contains(refused), "{name}: {words}");
    }
}

#[tokio::test]
async fn unknown_shapes_are_errors_that_name_the_item() {
    for (index, item) in items(CHATS).into_iter().enumerate() {
        let mut chats = items(CHATS);
        chats[index]["v"] = json!({ "N": "2" });
        let words = told(&holding(&chats, &items(DIRECTORY)).await, chat_id(&chats)).await;
        let name = item["item"]["S"].as_str().unwrap();
        assert!(words.contains(&format!("item {name} has the unknown shape 2")), "{name}: {words}");
    }
    for (index, item) in items(DIRECTORY).into_iter().enumerate() {
        let mut directory = items(DIRECTORY);
        directory[index]["v"] = json!({ "N": "2" });
        let words = told(&holding(&items(CHATS), &directory).await, chat_id(&items(CHATS))).await;
        let name = item["item"]["S"].as_str().unwrap();
        assert!(words.contains(&format!("item {name} has the unknown shape 2")), "{name}: {words}");
    }
}

#[tokio::test]
async fn what_is_written_today_has_the_shapes_of_the_newest_fixtures() {
    let (dynamo, client) = tables::empty().await;
    let stores: Stores = World::over(client);
    write_chats(&stores).await;
    write_directory(&stores).await;
    for (table, fixture) in [("chats", CHATS), ("directory", DIRECTORY)] {
        let found = call(&dynamo, "Scan", &json!({ "TableName": table }));
        let found: Vec<Value> = serde_json::from_value(found["Items"].clone()).unwrap();
        assert_eq!(shapes(&found), shapes(&items(fixture)));
    }
}

/// Returns the names of items and of their attributes.
fn shapes(items: &[Value]) -> Vec<(String, Vec<String>)> {
    let shape = |item: &Value| {
        let attributes = item.as_object().unwrap().keys().filter(|name| !ADDED.contains(&name.as_str()));
        let attributes = attributes.cloned().collect();
        (item["item"]["S"].as_str().unwrap().to_owned(), attributes)
    };
    let mut shapes: Vec<_> = items.iter().map(shape).collect();
    shapes.sort();
    shapes
}

/// Writes an item of every kind.
async fn write_chats(stores: &Stores) {
    let later = EPOCH.plus_ms(3_600_000);
    let id = stores.created("Why does the build fail?").await;
    stores.apply(id, seed::send("And on the other machine?", EPOCH)).await;
    stores.parked(id, 1).await;
    let receipt = Receipt {
        scope: Scope::Chat(id),
        key: "key".into(),
        fingerprint: "f".into(),
        status: 201,
        body: "{}".into(),
        expires_at: later,
    };
    let mut change = stores.draft(id, Transition::Describe(Describe::default())).await;
    change.spec = Some(Spec { system_prompt: Some("Be brief.".into()), ..Spec::default() });
    let day = Day::of(EPOCH);
    change.spent = vec![Spent {
        person: seed::person(),
        day,
        model_id: seed::MODEL,
        shard: 3,
        tally: Usage::default().into(),
        ceiling_since: Some(day),
    }];
    stores.chats.commit(&change, Some(&receipt)).await.unwrap();
    stores.chats.listen(id, &"c=".into(), later).await.unwrap();
    let parts = vec![Delta::Text { text: "Let me see".into() }, Delta::Text { text: ".".into() }];
    let flush = Flush { chat_id: id, episode: EPISODE, first_seq: 1, parts, expires_at: later };
    stores.chats.log(&flush).await.unwrap();
}

async fn write_directory(stores: &Stores) {
    let (person, later) = (seed::person(), EPOCH.plus_ms(60_000));
    let today = Day::of(EPOCH);
    stores.directory.seed_ceiling(person.org_id, today, today).await.unwrap();
    stores.directory.put_token("aa", person).await.unwrap();
    stores.directory.put_ticket("tt", person, later).await.unwrap();
    stores.directory.open(&"c=".into(), person, later).await.unwrap();
    stores.directory.watch(person.user_id, &"c=".into(), later).await.unwrap();
}
