//! A stack with its real functions, and who walks through it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use aws_sdk_dynamodb::{Client as Tables, primitives::Blob, types::AttributeValue};
use base64::{Engine, engine::general_purpose::STANDARD};
use kit::{github::GitHub, rehearsal::Rehearsal};
use local::{Options, Stack, Wiring, wiring};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::connect_async;

use crate::{
    kill::send,
    world::{Client, administrator},
};

const CHATS: &str = "quickstep-chats";
const DIRECTORY: &str = "quickstep-directory";
const OLD_CHATS: &str = include_str!("../../../../../shared/store/tests/fixtures/chats-0.json");

/// A stack with one wake queue, so that whoever sends a wake has used them all.
pub(crate) struct Stage {
    pub(crate) stack: Stack,
    /// Asked as the administrator of the account.
    pub(crate) tables: Tables,
    pub(crate) http: reqwest::Client,
    pub(crate) rehearsal: Rehearsal,
    _github: GitHub,
    _folder: TempDir,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let rehearsal = Rehearsal::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let github = GitHub::start().await.unwrap();
        github.open("ann/fence", "work", &json!({}));
        let folder = tempfile::tempdir().unwrap();
        let parameters = [
            ("GitHubApiUrl", github.api_url()),
            ("RehearsalUrl", rehearsal.openai_url()),
            ("WakeQueues", "1".to_owned()),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value)).into();
        let mut tables = None;
        let wire = |wiring: &Wiring| {
            tables = Some(Tables::new(&administrator(wiring).sdk));
            wiring::functions(wiring)
        };
        let agent = sleeper(folder.path());
        let options = Options { parameters, agent, ..Options::new(folder.path()) };
        let stack = Stack::start(options, wire).await.unwrap();
        let http = reqwest::Client::new();
        Self { stack, tables: tables.unwrap(), http, rehearsal, _github: github, _folder: folder }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/v1{path}", self.stack.http_url));
        request.bearer_auth(&self.stack.token)
    }

    /// The answer, which must be a success; null if there is nothing in it.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Value {
        let reply = request.send().await.unwrap();
        let (status, text) = (reply.status(), reply.text().await.unwrap());
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.ask(self.request(Method::POST, path).json(body)).await
    }

    /// Creates a chat.
    pub(crate) async fn create(&self, body: &Value) -> String {
        self.post("/chats", &titled(body)).await["id"].as_str().unwrap().to_owned()
    }

    /// A socket let in by a ticket.
    pub(crate) async fn socket(&self) -> Client {
        let ticket = self.ask(self.request(Method::POST, "/socket-tickets")).await;
        let url = format!("{}?ticket={}", self.stack.socket_url, ticket["ticket"].as_str().unwrap());
        connect_async(url).await.unwrap().0
    }

    /// Another socket that listens to a chat and watches, as one of these does, and has died without a word:
    /// API Gateway does not promise a `$disconnect`.
    pub(crate) async fn bury_a_socket(&self, chat: &str) {
        let listening = self
            .tables
            .query()
            .table_name(CHATS)
            .key_condition_expression("chat = :c AND begins_with(#i, :i)");
        let listening = listening.expression_attribute_names("#i", "item");
        let listening = listening
            .expression_attribute_values(":c", text(chat))
            .expression_attribute_values(":i", text("conn#"));
        let listener = listening.send().await.unwrap().items()[0].clone();
        let watching = self.tables.scan().table_name(DIRECTORY).filter_expression("begins_with(#k, :k)");
        let watching = watching
            .expression_attribute_names("#k", "key")
            .expression_attribute_values(":k", text("watch#"));
        let watcher = watching.send().await.unwrap().items()[0].clone();
        for (table, mut item) in [(CHATS, listener), (DIRECTORY, watcher)] {
            item.insert("item".to_owned(), text("conn#dead"));
            self.tables.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        }
    }

    /// Items of the first shape, and no record that they were migrated: a restored backup.
    pub(crate) async fn restore_a_backup(&self) {
        let items: Vec<BTreeMap<String, Value>> = serde_json::from_str(OLD_CHATS).unwrap();
        for old in items {
            let item = old.into_iter().map(|(name, value)| (name, attribute(&value))).collect();
            self.tables.put_item().table_name(CHATS).set_item(Some(item)).send().await.unwrap();
        }
        let records = self.tables.scan().table_name(DIRECTORY).filter_expression("begins_with(#k, :k)");
        let records = records.expression_attribute_names("#k", "key").projection_expression("#k, #i");
        let records = records.expression_attribute_names("#i", "item");
        let records = records.expression_attribute_values(":k", text("migration#")).send().await.unwrap();
        for key in records.items() {
            let delete = self.tables.delete_item().table_name(DIRECTORY).set_key(Some(key.clone()));
            delete.send().await.unwrap();
        }
    }

    /// Sets an attribute of a chat's own item, past all rules.
    pub(crate) async fn set(&self, chat: &str, attribute: &str, value: AttributeValue) {
        let update =
            self.tables.update_item().table_name(CHATS).key("chat", text(chat)).key("item", text("chat"));
        let update = update.update_expression("SET #a = :v").expression_attribute_names("#a", attribute);
        update.expression_attribute_values(":v", value).send().await.unwrap();
    }

    /// How many items a chat has.
    pub(crate) async fn items(&self, chat: &str) -> usize {
        let query = self.tables.query().table_name(CHATS).key_condition_expression("chat = :c");
        let query = query.expression_attribute_values(":c", text(chat));
        query.send().await.unwrap().items().len()
    }
}

/// A program that does nothing, for machines whose agent nobody needs.
fn sleeper(folder: &Path) -> PathBuf {
    let program = folder.join("agent");
    fs::write(&program, "#!/bin/sh\nexec sleep 600\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    program
}

/// A chat with a title: a step that names one would tell of it in the middle of what is walked through, and find the
/// sockets that others are to find gone.
pub(crate) fn titled(body: &Value) -> Value {
    let mut body = body.clone();
    body["title"] = "A chat".into();
    body
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A string, a number or bytes, as DynamoDB's JSON has them.
fn attribute(json: &Value) -> AttributeValue {
    match (&json["S"], &json["N"], &json["B"]) {
        (Value::String(string), ..) => text(string),
        (_, Value::String(number), _) => AttributeValue::N(number.clone()),
        (.., Value::String(bytes)) => AttributeValue::B(Blob::new(STANDARD.decode(bytes).unwrap())),
        other => panic!("no attribute {other:?}"),
    }
}

/// Sends an action for a chat.
pub(crate) async fn act(socket: &mut Client, action: &str, chat: &str) {
    send(socket, &json!({"action": action, "chat_id": chat})).await;
}
