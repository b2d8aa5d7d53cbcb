//! `watch`: all chats, as they change.

use std::process::ExitCode;

use chat::event::WatchEvent;
use serde::Deserialize as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use view::{Incoming, decode};

use crate::{
    api::Api,
    list::line,
    output::Output,
    socket::{Signal, keep},
    stack::Finder,
};

/// Follows all chats until Ctrl-C.
///
/// # Errors
/// There is no stack, it refused, or standard output is closed.
pub async fn run(finder: Finder, json: bool, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let (actions, to_socket) = mpsc::channel(8);
    let (from_socket, mut signals) = mpsc::channel(64);
    tokio::spawn(keep(finder.clone(), to_socket, from_socket));
    let api = Api { finder };
    loop {
        let signal = tokio::select! {
            signal = signals.recv() => signal,
            _ = tokio::signal::ctrl_c() => None,
        };
        match signal {
            None => return Ok(ExitCode::SUCCESS),
            Some(Signal::Connected) => actions.send(r#"{"action":"watch"}"#.to_owned()).await?,
            Some(Signal::Lost(reason)) => output.notice(&format!("reconnecting… ({reason})")),
            Some(Signal::Frame(text)) => {
                for entry in decode(&text).unwrap_or_default() {
                    hear(&api, entry, json, output).await?;
                }
            }
        }
    }
}

async fn hear(api: &Api, entry: Incoming, json: bool, output: &mut Output) -> anyhow::Result<()> {
    match entry {
        Incoming::Other(entry) if entry["type"] == "watching" => list(api, json, output).await,
        Incoming::Other(entry) if entry["type"] == "pong" => Ok(()),
        Incoming::Other(entry) if json => Ok(output.line(&entry.to_string())?),
        Incoming::Other(entry) => tell(&entry, output),
        Incoming::Refused(refused) => anyhow::bail!("{} ({})", refused.message, refused.code),
        Incoming::Event(_) | Incoming::Unknown(_) => Ok(()),
    }
}

/// Changes are not replayed: what happened before `watching` is only in the list.
async fn list(api: &Api, json: bool, output: &mut Output) -> anyhow::Result<()> {
    for chat in api.chats().await?.chats {
        let text = if json { json!({ "type": "listed", "chat": chat }).to_string() } else { line(&chat) };
        output.line(&text)?;
    }
    Ok(())
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
        // A newer server may tell more.
        Err(_) => return Ok(()),
    };
    Ok(output.line(&text)?)
}
