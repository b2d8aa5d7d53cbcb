//! Calls of tools, for clients and for nobody.

use anyhow::{Context as _, Result, ensure};
use chat::{
    message::{MessageView, Role},
    part::ToolResult,
};
use futures::FutureExt as _;
use kit::{
    model::Script,
    replies::{Replies, echo},
};
use serde_json::json;

use super::{Scene, anything, result, texts};
use crate::person::{Fate, Person};

/// The tool that clients answer.
const TOOL: &str = "weather";
const RESULTS: &str = "POST /v1/chats/{chat}/tool-results";

pub(super) fn scenes() -> Vec<Scene> {
    vec![called(), expired(), parallel(), unknown()]
}

fn asks(calls: &'static [(&'static str, &'static str)]) -> Replies {
    Replies::by(move |request, _| {
        let has_called = request.messages.iter().any(|message| message.calls().next().is_some());
        if has_called {
            return Script::says(&echo(request));
        }
        Script::calls(calls.iter().map(|(id, name)| (*id, *name, json!({}))))
    })
}

fn called() -> Scene {
    Scene {
        name: "a client's tool, answered twice",
        replies: || asks(&[("c1", TOOL)]),
        play: |person| {
            async move {
                ask(person).await?;
                let first = answer(person, &["c1"], "rain").await?;
                ensure!(first == 204 || first == 409, "results: {first}");
                let second = answer(person, &["c1"], "sun").await?;
                ensure!(second == 409, "the second results: {second}");
                person.rest().await
            }
            .boxed()
        },
        check: |messages| given(messages, &["c1"]),
    }
}

fn expired() -> Scene {
    Scene {
        name: "a client's tool that nobody answers",
        replies: || asks(&[("c1", TOOL)]),
        play: |person| {
            async move {
                ask(person).await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| {
            let results: Vec<_> = results(messages).collect();
            ensure!(results.iter().all(|result| result.is_error), "{results:?}");
            Ok(())
        },
    }
}

fn parallel() -> Scene {
    Scene {
        name: "calls beside each other",
        replies: || asks(&[("c1", TOOL), ("c2", "moon"), ("c3", TOOL)]),
        play: |person| {
            async move {
                ask(person).await?;
                let status = answer(person, &["c1", "c3"], "rain").await?;
                ensure!(status == 204 || status == 409, "results: {status}");
                person.rest().await
            }
            .boxed()
        },
        check: |messages| given(messages, &["c1", "c3"]),
    }
}

fn unknown() -> Scene {
    Scene {
        name: "a tool that is not there",
        replies: || asks(&[("c1", "moon"), ("c2", "sun")]),
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.fate("hello", Fate::Stopped);
                person.rest().await
            }
            .boxed()
        },
        check: anything,
    }
}

async fn ask(person: &mut Person) -> Result<()> {
    person.create(Some("hello"), &[TOOL]).await?;
    person.fate("hello", Fate::Stopped);
    person.until(|row| row.status != "running").await
}

async fn answer(person: &mut Person, ids: &[&str], output: &str) -> Result<u64> {
    let given = |id: &&str| json!({"tool_call_id": id, "output": output, "is_error": false});
    let body = json!({"results": ids.iter().map(given).collect::<Vec<_>>()});
    Ok(person.act(RESULTS, "", Some(body)).await?.status)
}

pub(super) fn results(messages: &[MessageView]) -> impl Iterator<Item = &ToolResult> {
    messages.iter().flat_map(|message| &message.content).filter_map(result)
}

/// Each call got the first answer, and the model had the last word.
fn given(messages: &[MessageView], ids: &[&str]) -> Result<()> {
    for id in ids {
        let result = results(messages).find(|result| result.tool_call_id.0 == *id);
        let result = result.with_context(|| format!("{id} has no result"))?;
        ensure!(result.result == "rain", "{id} gave {}", result.result);
    }
    ensure!(texts(messages, Role::Assistant).last().is_some_and(|last| !last.is_empty()), "no last word");
    Ok(())
}
