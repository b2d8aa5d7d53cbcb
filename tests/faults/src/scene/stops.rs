//! Stops, edits and steering in mid-stream.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chat::message::{MessageView, Role};
use futures::FutureExt as _;
use kit::{
    model::Script,
    replies::{Replies, echo, text_of},
};
use serde_json::json;

use super::{Scene, said, talks::echoes, texts};
use crate::person::{Fate, Person, content};

const PACE: Duration = Duration::from_millis(100);

pub(super) fn scenes() -> Vec<Scene> {
    vec![interrupted(), interrupting(), steered(), edited()]
}

/// Answers what was said last.
fn last_echo() -> Replies {
    Replies::by(|request, _| {
        let last = request.messages.last().map(|message| text_of(message)).unwrap_or_default();
        Script::says(&whole(&last)).paced(PACE)
    })
}

fn whole(text: &str) -> String {
    format!("you said: {text}; and that is all")
}

fn interrupted() -> Scene {
    Scene {
        name: "an interrupt",
        replies: last_echo,
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.fate("hello", Fate::Stopped);
                person.pass_ms(550).await;
                let reply = person.act("POST /v1/chats/{chat}/interrupt", "", None).await?;
                ensure!([200, 409].contains(&reply.status), "interrupt: {}", reply.status);
                person.rest().await?;
                person.send("and now").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| {
            said(messages, &["hello", "and now"])?;
            let partial = texts(messages, Role::Assistant);
            let partial = partial.first().filter(|_| partial.len() == 2);
            ensure!(partial.is_none_or(|partial| whole("hello").starts_with(partial)), "{partial:?}");
            Ok(())
        },
    }
}

fn interrupting() -> Scene {
    Scene {
        name: "a message that interrupts",
        replies: last_echo,
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.fate("hello", Fate::Stopped);
                person.pass_ms(450).await;
                person.send("later").await?;
                // A disturbed client is slow: what it interrupts may be this one.
                person.fate("later", Fate::Stopped);
                person.send_when_busy("now", "interrupt").await?;
                person.rest().await
            }
            .boxed()
        },
        check: stopped_or_not,
    }
}

/// The turn may have been over before: then nothing was there to be overtaken.
fn stopped_or_not(messages: &[MessageView]) -> Result<()> {
    let order = texts(messages, Role::User);
    ensure!(order.first().is_some_and(|first| first == "hello"), "{order:?}");
    ensure!(order.len() == 3, "{order:?}");
    Ok(())
}

fn steered() -> Scene {
    Scene {
        name: "a message that steers",
        replies: || {
            Replies::by(|request, _| match request.messages.len() {
                1 => Script::calls([("c1", "moon", json!({}))]).paced(PACE),
                _ => Script::says(&echo(request)).paced(PACE),
            })
        },
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.fate("hello", Fate::Stopped);
                person.pass_ms(150).await;
                person.send_when_busy("quickly", "steer").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| {
            said(messages, &["hello", "quickly"])?;
            let last = texts(messages, Role::Assistant).pop().unwrap_or_default();
            ensure!(last.contains("quickly"), "the last word is {last:?}");
            Ok(())
        },
    }
}

fn edited() -> Scene {
    Scene {
        name: "an edit in mid-stream",
        replies: echoes,
        play: |person| edit(person).boxed(),
        check: |messages| {
            said(messages, &["good day"])?;
            super::answered(messages, &["you said: good day; and that is all"])
        },
    }
}

async fn edit(person: &mut Person) -> Result<()> {
    person.create(Some("hello"), &[]).await?;
    person.pass_ms(250).await;
    person.send("never mind").await?;
    let (messages, _) = person.read().await?;
    let id = messages.first().context("nothing was said")?.id.to_string();
    let body = json!({"content": content("good day")});
    let reply = person.act("PATCH /v1/chats/{chat}/messages/{id}", &id, Some(body)).await?;
    // Asked again, the message is not there any more: the first time did it.
    ensure!(reply.status == 200 || (reply.status == 404 && reply.tries > 1), "edit: {}", reply.status);
    person.fate("hello", Fate::Gone);
    person.fate("never mind", Fate::Gone);
    person.note("good day", Fate::Answered);
    person.rest().await
}
