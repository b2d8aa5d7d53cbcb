//! Agents that are given tasks, told more, stopped, waited for.

use std::time::Duration;

use anyhow::{Result, ensure};
use chat::{
    failure::Kind,
    message::{Message, MessageView, Role},
    model::ModelRequest,
};
use futures::FutureExt as _;
use kit::{
    model::{Script, model_error},
    replies::{Replies, echo, text_of},
};
use serde_json::{Value, json};

use super::{Scene, said, texts, tools::results};
use crate::person::{Fate, Person};

const PACE: Duration = Duration::from_millis(40);
const SLOWLY: Duration = Duration::from_millis(900);

pub(super) fn scenes() -> Vec<Scene> {
    vec![explored(), told_more(), stopped(), failed()]
}

/// What a parent does after it was told to work: in rounds, each with the agents that it knows by then.
type Round = fn(&[String]) -> Vec<(&'static str, Value)>;

/// A parent that goes through `rounds`, and waits once more for whom it has waited in vain; everybody else is a child of it.
fn family(rounds: &'static [Round], child: fn(&ModelRequest) -> Script) -> Replies {
    Replies::by(move |request, _| {
        let first = request.messages.first().map(|message| text_of(message)).unwrap_or_default();
        if first != "work" {
            return child(request);
        }
        let last = request.messages.last().filter(|last| last.role == Role::User).map(|last| text_of(last));
        if last.is_some_and(|last| last != "work") {
            return Script::says(&echo(request));
        }
        let done = request.messages.iter().filter(|message| message.calls().next().is_some()).count();
        match (rounds.get(done), in_vain(&request.messages)) {
            (Some(round), _) => asks(done, &round(&agents(&request.messages))),
            (None, late) if late.is_empty() => Script::says("and that is what they said"),
            (None, late) => asks(done, &wait_for_all(&late)),
        }
    })
}

fn asks(round: usize, calls: &[(&'static str, Value)]) -> Script {
    let named: Vec<_> = (0..)
        .zip(calls)
        .map(|(index, (name, args))| (format!("r{round}c{index}"), *name, args.clone()))
        .collect();
    Script::calls(named.iter().map(|(id, name, args)| (id.as_str(), *name, args.clone())))
}

/// The agents for whom the last wait was in vain.
fn in_vain(messages: &[std::sync::Arc<Message>]) -> Vec<String> {
    let all = messages.iter().flat_map(|message| message.results());
    let waits = all.filter(|result| result.tool_name == "wait_agent");
    let mut last = std::collections::BTreeMap::new();
    for result in waits {
        if let Some(chat) = result.result["chat_id"].as_str() {
            last.insert(chat.to_owned(), result.result["timed_out"] == true);
        }
    }
    last.into_iter().filter_map(|(chat, is_late)| is_late.then_some(chat)).collect()
}

/// The agents that were spawned, in order.
fn agents(messages: &[std::sync::Arc<Message>]) -> Vec<String> {
    let all = messages.iter().flat_map(|message| message.results());
    let spawned = all.filter(|result| result.tool_name == "spawn_agent");
    spawned.filter_map(|result| result.result["chat_id"].as_str().map(str::to_owned)).collect()
}

fn spawn(kind: &str, prompt: &str) -> (&'static str, Value) {
    ("spawn_agent", json!({"type": kind, "prompt": prompt, "title": prompt}))
}

fn wait(chat: &String) -> (&'static str, Value) {
    ("wait_agent", json!({"chat_id": chat}))
}

fn wait_for_all(agents: &[String]) -> Vec<(&'static str, Value)> {
    agents.iter().map(wait).collect()
}

async fn begin(person: &mut Person) -> Result<()> {
    person.create(Some("work"), &[]).await?;
    person.fate("work", Fate::Stopped);
    Ok(())
}

/// What the waits were answered, each of which must be a report in the end.
fn reports(messages: &[MessageView]) -> Result<Vec<String>> {
    let waits = results(messages).filter(|result| result.tool_name == "wait_agent");
    let reports = waits.filter(|result| result.result["timed_out"] != true).map(|result| {
        ensure!(!result.is_error, "no report: {}", result.result);
        Ok(result.result["report"].as_str().unwrap_or_default().to_owned())
    });
    reports.collect()
}

/// Looks into a file if it has a machine, and reports.
fn explorer(request: &ModelRequest) -> Script {
    match request.messages.last() {
        Some(last) if last.role == Role::User => {
            Script::calls([("look", "read_file", json!({"path": "a"}))]).paced(PACE)
        }
        Some(_) | None => Script::says("here it is").paced(PACE),
    }
}

fn explored() -> Scene {
    Scene {
        name: "two explorers on a machine",
        replies: || {
            family(
                &[|_| vec![spawn("explore", "look here"), spawn("explore", "look there")], wait_for_all],
                explorer,
            )
        },
        play: |person| {
            async move {
                person.enrol().await?;
                begin(person).await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| {
            let reports = reports(messages)?;
            ensure!(reports == ["here it is", "here it is"], "{reports:?}");
            Ok(())
        },
    }
}

fn told_more() -> Scene {
    Scene {
        name: "an agent that is told more",
        replies: || {
            family(
                &[
                    |_| vec![spawn("general", "begin")],
                    |agents| {
                        let more = |chat| ("message_agent", json!({"chat_id": chat, "message": "go on"}));
                        agents.iter().map(more).collect()
                    },
                    wait_for_all,
                ],
                |request| Script::says(&echo(request)).paced(PACE),
            )
        },
        play: |person| {
            async move {
                begin(person).await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| {
            let reports = reports(messages)?;
            ensure!(
                reports.len() == 1 && reports.iter().all(|report| report.contains("go on")),
                "{reports:?}"
            );
            Ok(())
        },
    }
}

fn stopped() -> Scene {
    Scene {
        name: "an interrupt while an agent is waited for",
        replies: || {
            family(&[|_| vec![spawn("general", "begin")], wait_for_all], |request| {
                Script::says(&echo(request)).paced(SLOWLY)
            })
        },
        play: |person| {
            async move {
                begin(person).await?;
                person.pass_ms(4_000).await;
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

fn failed() -> Scene {
    Scene {
        name: "an agent that fails",
        replies: || {
            family(&[|_| vec![spawn("general", "begin")], wait_for_all], |_| {
                Script::refuses(model_error(Kind::Auth, false))
            })
        },
        play: |person| {
            async move {
                begin(person).await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| {
            let last = results(messages).last();
            ensure!(last.is_some_and(|last| last.result["last_error_kind"] == "auth"), "{last:?}");
            ensure!(
                texts(messages, Role::Assistant).last().is_some_and(|last| !last.is_empty()),
                "no last word"
            );
            Ok(())
        },
    }
}
