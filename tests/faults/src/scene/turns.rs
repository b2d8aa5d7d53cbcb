//! Turns that somebody else ends, and summaries.

use std::time::Duration;

use anyhow::ensure;
use futures::FutureExt as _;
use kit::{
    model::Script,
    replies::{Replies, echo, text_of},
};
use serde_json::json;

use super::{Scene, said};
use crate::person::Fate;

const PACE: Duration = Duration::from_millis(100);

pub(super) fn scenes() -> Vec<Scene> {
    vec![summarised(), killed()]
}

fn summarised() -> Scene {
    Scene {
        name: "a summary that is asked for",
        replies: || {
            Replies::by(|request, _| {
                let last = request.messages.last().map(|message| text_of(message)).unwrap_or_default();
                if last.contains("Write the hand-off") {
                    return Script::says("somebody said hello").paced(PACE);
                }
                Script::says(&format!("you said: {last}; and that is all")).paced(PACE)
            })
        },
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.rest().await?;
                let reply = person.act("POST /v1/chats/{chat}/compact", "", None).await?;
                ensure!([202, 409].contains(&reply.status), "compact: {} {}", reply.status, reply.body);
                person.rest().await?;
                person.send("again").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| said(messages, &["hello", "again"]),
    }
}

fn killed() -> Scene {
    Scene {
        name: "a run that an administrator ends",
        replies: || Replies::by(|request, _| Script::says(&echo(request)).paced(PACE)),
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.fate("hello", Fate::Stopped);
                person.pass_ms(550).await;
                person.send("later").await?;
                person.fate("later", Fate::Perhaps);
                let kill =
                    person.act("POST /v1/runs/{chat}/kill", "", Some(json!({"clear_queue": true}))).await?;
                ensure!([200, 409].contains(&kill.status), "kill: {} {}", kill.status, kill.body);
                person.rest().await?;
                person.send("and now").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| {
            let said = super::texts(messages, chat::message::Role::User);
            ensure!(said.first().is_some_and(|first| first == "hello"), "{said:?}");
            ensure!(said.last().is_some_and(|last| last == "and now"), "{said:?}");
            Ok(())
        },
    }
}
