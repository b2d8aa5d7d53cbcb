//! Plain talk.

use std::time::Duration;

use futures::FutureExt as _;
use kit::{
    model::Script,
    replies::{Replies, echo, thinks},
};

use super::{Scene, answered, said};

const PACE: Duration = Duration::from_millis(40);

pub(super) fn scenes() -> Vec<Scene> {
    vec![plain(), long(), queued(), reordered()]
}

/// Answers with what was said, a word at a time.
pub(super) fn echoes() -> Replies {
    Replies::by(|request, _| Script::says(&echo(request)).paced(PACE))
}

fn plain() -> Scene {
    Scene {
        name: "a message in a new chat",
        replies: echoes,
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

/// Long enough for heartbeats and many flushes.
fn long() -> Scene {
    Scene {
        name: "a long answer",
        replies: || {
            Replies::by(|request, _| {
                let text = format!("{} {}", echo(request), "and on it goes ".repeat(2));
                thinks("let me see", &text).paced(Duration::from_millis(700))
            })
        },
        play: |person| {
            async move {
                person.create(None, &[]).await?;
                person.send("hello").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| said(messages, &["hello"]),
    }
}

fn queued() -> Scene {
    Scene {
        name: "messages that wait their turn",
        replies: echoes,
        play: |person| {
            async move {
                person.create(Some("one"), &[]).await?;
                person.pass_ms(250).await;
                person.send("two").await?;
                person.send("three").await?;
                person.rest().await
            }
            .boxed()
        },
        check: |messages| said(messages, &["one", "two", "three"]),
    }
}

fn reordered() -> Scene {
    Scene {
        name: "a queue that is changed",
        replies: || Replies::by(|request, _| Script::says(&echo(request)).paced(Duration::from_millis(700))),
        play: |person| super::lives::queue_is_changed(person).boxed(),
        check: super::lives::queue_was_changed,
    }
}
