//! `watch`: all chats, as they change.

use std::{collections::BTreeMap, process::ExitCode};

use chat::{event::WatchEvent, id::ChatId};
use serde::Deserialize as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use view::{Incoming, decode};

use crate::{
    api::{Absence, Api},
    contact::{Contact, Loss},
    diff,
    interrupts::Interrupts,
    list::line,
    output::Output,
    patience::Patience,
    socket::{Action, Signal, keep},
    stack::Finder,
};

/// Follows all chats until Ctrl-C.
///
/// # Errors
/// There is no stack, it refused, or standard output is closed.
pub async fn run(finder: Finder, json: bool, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let mut interrupts = Interrupts::begin()?;
    let (actions, to_socket) = mpsc::channel(8);
    let (from_socket, mut signals) = mpsc::channel(64);
    tokio::spawn(keep(finder.clone(), to_socket, from_socket));
    let mut contact = Contact::sought(Loss::Waits);
    let api = Api { finder, absence: Absence::Passes };
    let mut list = List { api, json, listed: BTreeMap::new(), patience: Patience::default() };
    loop {
        let signal = tokio::select! {
            signal = signals.recv() => signal,
            _ = interrupts.next() => None,
            () = list.patience.ends() => {
                list.patience.ended();
                actions.send(Action::Renew).await?;
                continue;
            }
        };
        match signal {
            None => return Ok(ExitCode::SUCCESS),
            Some(Signal::Connected) => {
                list.patience.asked();
                actions.send(Action::Send(r#"{"action":"watch"}"#.into())).await?;
            }
            Some(Signal::Refused(reason)) => anyhow::bail!(reason),
            Some(Signal::Lost(reason)) => {
                list.patience.ended();
                notice(contact.lost(&reason)?.as_deref(), output);
            }
            Some(Signal::Frame(text)) => {
                notice(contact.found(), output);
                for entry in decode(&text).unwrap_or_default() {
                    list.hear(entry, output).await?;
                }
            }
        }
    }
}

fn notice(text: Option<&str>, output: &mut Output) {
    if let Some(text) = text {
        output.notice(text);
    }
}

struct List {
    api: Api,
    json: bool,
    /// The chats of the last list as they were printed.
    listed: BTreeMap<ChatId, String>,
    patience: Patience,
}

impl List {
    async fn hear(&mut self, entry: Incoming, output: &mut Output) -> anyhow::Result<()> {
        match entry {
            Incoming::Other(entry) if entry["type"] == "watching" => {
                self.patience.ended();
                self.print(output).await
            }
            Incoming::Other(entry) if entry["type"] == "pong" => Ok(()),
            Incoming::Other(entry) if self.json => Ok(output.line(&entry.to_string())?),
            Incoming::Other(entry) => tell(&entry, output),
            Incoming::Refused(refused) => self.patience.refused(&refused),
            Incoming::Event(_) | Incoming::Unknown(_) => Ok(()),
        }
    }

    /// Changes are not replayed: what happened before `watching` is only in the list. Of a later list, only
    /// what changed is printed.
    async fn print(&mut self, output: &mut Output) -> anyhow::Result<()> {
        let mut listed = BTreeMap::new();
        for chat in self.api.chats().await?.chats {
            let text =
                if self.json { json!({ "type": "listed", "chat": chat }).to_string() } else { line(&chat) };
            if self.listed.get(&chat.id) != Some(&text) {
                output.line(&text)?;
            }
            listed.insert(chat.id, text);
        }
        self.listed = listed;
        Ok(())
    }
}

fn tell(entry: &Value, output: &mut Output) -> anyhow::Result<()> {
    let text = match WatchEvent::deserialize(entry) {
        Ok(WatchEvent::ChatCreated { chat }) => format!("+ {}", line(&chat)),
        Ok(WatchEvent::ChatUpdated { chat }) => format!("· {}", line(&chat)),
        Ok(WatchEvent::ChatDeleted { chat }) => format!("- {}", line(&chat)),
        Ok(WatchEvent::ActionRequired { chat_id, tool_calls }) => {
            let calls: Vec<_> = tool_calls.iter().map(|call| call.tool_name.as_str()).collect();
            format!("! {chat_id}  waits for an answer to {}", calls.join(", "))
        }
        Ok(WatchEvent::DiffStatus { chat_id, diff_status }) => {
            format!("± {chat_id}  {}", diff::summary(diff_status.as_deref()))
        }
        // A newer server may tell more.
        Err(_) => return Ok(()),
    };
    Ok(output.line(&text)?)
}
