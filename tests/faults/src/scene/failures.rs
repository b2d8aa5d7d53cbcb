//! Failures of the model's provider.

use std::time::Duration;

use anyhow::ensure;
use chat::failure::Kind;
use futures::FutureExt as _;
use kit::{
    model::{Script, model_error},
    replies::{Replies, echo},
};

use super::{Scene, answered, said};
use crate::person::Fate;

const PACE: Duration = Duration::from_millis(40);

pub(super) fn scenes() -> Vec<Scene> {
    vec![retried(), failed()]
}

fn retried() -> Scene {
    Scene {
        name: "a failure that is retried",
        replies: || {
            Replies::by(|request, number| match number {
                0 => Script::default().text("half").fails(model_error(Kind::Overloaded, true)),
                _ => Script::says(&echo(request)).paced(PACE),
            })
        },
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| answered(messages, &["you said: hello; and that is all"]),
    }
}

fn failed() -> Scene {
    Scene {
        name: "a failure that ends the turn",
        replies: || {
            Replies::by(|request, _| match request.messages.len() {
                1 => Script::refuses(model_error(Kind::Auth, false)),
                _ => Script::says(&echo(request)).paced(PACE),
            })
        },
        play: |person| {
            async move {
                person.create(Some("hello"), &[]).await?;
                person.rest().await?;
                let chat = person.look().await?;
                let error = chat.and_then(|chat| chat.last_error);
                ensure!(error.is_some_and(|error| error.kind == Kind::Auth), "the failure is not visible");
                person.fate("hello", Fate::Stopped);
                person.send("once more").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| said(messages, &["hello", "once more"]),
    }
}
