//! Work on a machine: commands, what a stop leaves, a machine that is not there.

use anyhow::{Result, ensure};
use chat::message::{Message, MessageView, Role};
use chat::model::ModelRequest;
use futures::FutureExt as _;
use kit::{
    model::Script,
    replies::{Replies, echo, text_of},
};
use serde_json::{Value, json};

use super::{Scene, said, texts, tools::results};
use crate::person::{Fate, Person};

type Calls = &'static [(&'static str, &'static str, &'static str)];

pub(super) fn scenes() -> Vec<Scene> {
    vec![commanded(), beside(), long(), stopped()]
}

/// Calls when it is told to work, brings the machine up where that is said to help, and then says how it went.
fn works(calls: Calls) -> Replies {
    Replies::by(move |request, _| match request.messages.last() {
        Some(last) if last.role == Role::Tool => after(request, last, calls),
        Some(last) if text_of(last) == "work" => asks(calls, "c"),
        Some(_) | None => Script::says(&echo(request)),
    })
}

fn asks(calls: Calls, round: &str) -> Script {
    let call = |(id, name, args): &(&str, &'static str, &str)| {
        let args: Value = serde_json::from_str(args).unwrap_or_default();
        (format!("{round}{id}"), *name, args)
    };
    let calls: Vec<_> = calls.iter().map(call).collect();
    Script::calls(calls.iter().map(|(id, name, args)| (id.as_str(), *name, args.clone())))
}

fn after(request: &ModelRequest, last: &Message, calls: Calls) -> Script {
    let rounds = request.messages.iter().filter(|message| message.calls().next().is_some()).count();
    let mut answers = last.results();
    match answers.next() {
        Some(up) if up.tool_name == "start_workspace" => asks(calls, "again"),
        Some(first) if first.result.to_string().contains("call start_workspace") && rounds < 2 => {
            Script::calls([("up", "start_workspace", json!({}))])
        }
        Some(_) | None => Script::says("and that is what came of it"),
    }
}

async fn begin(person: &mut Person) -> Result<()> {
    person.enrol().await?;
    person.create(Some("work"), &[]).await?;
    person.fate("work", Fate::Stopped);
    Ok(())
}

/// The model heard of everything, and had the last word.
fn told(messages: &[MessageView]) -> Result<()> {
    ensure!(results(messages).next().is_some(), "nothing was done");
    let last = texts(messages, Role::Assistant).pop().unwrap_or_default();
    ensure!(!last.is_empty(), "no last word");
    Ok(())
}

fn commanded() -> Scene {
    Scene {
        name: "a command on a machine",
        replies: || works(&[("1", "execute", r#"{"command": "sleep 1"}"#)]),
        play: |person| {
            async move {
                begin(person).await?;
                person.rest().await
            }
            .boxed()
        },
        check: told,
    }
}

fn beside() -> Scene {
    Scene {
        name: "commands and looks beside each other",
        replies: || {
            works(&[
                ("1", "execute", r#"{"command": "sleep 3"}"#),
                ("2", "read_file", r#"{"path": "a"}"#),
                ("3", "execute", r#"{"command": "true"}"#),
            ])
        },
        play: |person| {
            async move {
                begin(person).await?;
                person.rest().await
            }
            .boxed()
        },
        check: told,
    }
}

fn long() -> Scene {
    Scene {
        name: "a command that takes long",
        replies: || works(&[("1", "execute", r#"{"command": "sleep 45", "timeout": "60s"}"#)]),
        play: |person| {
            async move {
                begin(person).await?;
                person.rest().await
            }
            .boxed()
        },
        check: told,
    }
}

fn stopped() -> Scene {
    Scene {
        name: "an interrupt while a command runs",
        replies: || works(&[("1", "execute", r#"{"command": "sleep 30", "timeout": "60s"}"#)]),
        play: |person| {
            async move {
                begin(person).await?;
                person.pass_ms(5_000).await;
                let reply = person.act("POST /v1/chats/{chat}/interrupt", "", None).await?;
                ensure!([200, 409].contains(&reply.status), "interrupt: {}", reply.status);
                person.rest().await?;
                person.send("and now").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| said(messages, &["work", "and now"]),
    }
}
