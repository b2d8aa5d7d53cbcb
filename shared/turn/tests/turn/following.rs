//! A client follows a chat through steps, cuts and a bad network, and ends with exactly what the server has.

use std::{cell::Cell, pin::Pin, time::Duration};

use chat::{
    failure::Kind,
    record::Status,
    transition::{Transition, WhenBusy},
};
use kit::{
    model::{Script, model_error},
    replies::{Replies, echo, thinks},
};
use serde_json::json;

use crate::world::{
    TOOL, World,
    client::{Client, Network},
};

const PACE: Duration = Duration::from_millis(90);
const SEEDS: u64 = 60;

type Play = for<'a> fn(&'a mut World) -> Pin<Box<dyn Future<Output = ()> + 'a>>;
type Watched = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

struct Scene {
    replies: fn() -> Replies,
    /// What happens before the client is there.
    before: Play,
    play: Watched,
}

fn echoes() -> Replies {
    Replies::by(|request, _| Script::says(&echo(request)).paced(PACE))
}

fn unheard(_: &mut World) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async {})
}

/// Plays a scene and returns how many events the client heard.
async fn follow(scene: &Scene, network: Network) -> usize {
    let mut world = World::quiet((scene.replies)()).await;
    (scene.before)(&mut world).await;
    let world = world;
    let over = Cell::new(false);
    let mut client = Client::new(&world, network);
    let play = async {
        (scene.play)(&world).await;
        world.pass_ms(6_500).await;
        over.set(true);
    };
    tokio::join!(play, client.follow(|| over.get()));
    assert_eq!(client.shown(), world.shown().await, "{network:?}");
    client.heard
}

async fn converges(scene: Scene) {
    let events = follow(&scene, Network::Cut(usize::MAX)).await;
    assert!(events > 5, "there is something to follow");
    for at in 0..events {
        follow(&scene, Network::Cut(at)).await;
    }
    for seed in 0..SEEDS {
        follow(&scene, Network::Bad(seed)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn through_two_turns_of_text() {
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.rest().await;
            world.send("two").await;
            world.rest().await;
        })
    };
    converges(Scene { replies: echoes, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn through_a_thought() {
    let replies = || Replies::by(|request, _| thinks("hm let me see", &echo(request)).paced(PACE));
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.rest().await;
        })
    };
    converges(Scene { replies, before: unheard, play }).await;
}

fn tools() -> Replies {
    Replies::by(|request, _| match request.messages.len() {
        1 => Script::default()
            .text("let me ask ")
            .call(chat::part::ToolCall {
                tool_call_id: "c1".into(),
                tool_name: TOOL.into(),
                args: json!({"city": "Bern"}),
                provider_executed: false,
            })
            .finish(chat::model::StopReason::ToolCalls)
            .paced(PACE),
        _ => Script::says(&echo(request)).paced(PACE),
    })
}

#[tokio::test(start_paused = true)]
async fn through_a_call_and_its_answer() {
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.until_status(Status::RequiresAction).await;
            world.pass_ms(200).await;
            world.answer("rain").await;
            world.rest().await;
        })
    };
    converges(Scene { replies: tools, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn to_a_call_that_waits() {
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.until_status(Status::RequiresAction).await;
            world.send("in the queue").await;
        })
    };
    converges(Scene { replies: tools, before: unheard, play }).await;
}

fn broken() -> Replies {
    Replies::by(|request, number| match number {
        0 | 1 => Script::default().text("half of it ").fails(model_error(Kind::Overloaded, true)).paced(PACE),
        _ => Script::says(&echo(request)).paced(PACE),
    })
}

#[tokio::test(start_paused = true)]
async fn through_retries() {
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.rest().await;
        })
    };
    converges(Scene { replies: broken, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn to_a_retry_that_waits() {
    let replies = || {
        Replies::by(|_, _| {
            let wait = chat::model::ModelError {
                retry_after_ms: Some(60_000),
                ..model_error(Kind::RateLimit, true)
            };
            Script::default().text("half of it ").fails(wait).paced(PACE)
        })
    };
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.until(|chat| chat.retry.is_some()).await;
        })
    };
    converges(Scene { replies, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn to_an_error_with_a_queue() {
    let replies = || {
        Replies::by(|_, _| {
            Script::default().text("half of it ").fails(model_error(Kind::Auth, false)).paced(PACE)
        })
    };
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.send("two").await;
            world.rest().await;
        })
    };
    converges(Scene { replies, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn through_an_edit_in_mid_stream() {
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.rest().await;
            world.send("two").await;
            world.pass_ms(300).await;
            world.send("queued").await;
            world.edit(3, "three").await;
            world.pass_ms(250).await;
            world.edit(1, "four").await;
            world.rest().await;
        })
    };
    converges(Scene { replies: echoes, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn through_interrupts() {
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.pass_ms(350).await;
            world.send_when_busy("two", WhenBusy::Interrupt).await;
            world.pass_ms(300).await;
            world.interrupt().await;
            world.rest().await;
        })
    };
    converges(Scene { replies: echoes, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn through_a_queue_that_changes() {
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            for text in ["two", "three", "four"] {
                world.send(text).await;
            }
            let id = world.chat().queue[1].id;
            world.apply(Transition::DeleteQueued { id }).await;
            let id = world.chat().queue[1].id;
            world.pass_ms(200).await;
            world.apply(Transition::Promote { id }).await;
            world.send_when_busy("steer", WhenBusy::Steer).await;
            world.rest().await;
        })
    };
    converges(Scene { replies: echoes, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn to_the_middle_of_an_answer() {
    let replies = || Replies::by(|_, _| Script::default().text("so far so good ").hangs().paced(PACE));
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.pass_ms(600).await;
        })
    };
    converges(Scene { replies, before: unheard, play }).await;
}

#[tokio::test(start_paused = true)]
async fn through_a_fork_and_its_turn() {
    let before: Play = |world| {
        Box::pin(async {
            world.send("one").await;
            world.rest().await;
            world.send("two").await;
            world.rest().await;
            world.edit(3, "three").await;
            world.rest().await;
            world.fork(5).await;
        })
    };
    let play: Watched = |world| {
        Box::pin(async {
            world.pass_ms(100).await;
            world.send("four").await;
            world.rest().await;
            world.edit(5, "five").await;
            world.rest().await;
        })
    };
    converges(Scene { replies: echoes, before, play }).await;
}

#[tokio::test(start_paused = true)]
async fn through_a_step_that_dies() {
    let before: Play = |world| {
        Box::pin(async {
            world.trouble.at(14, kit::faults::Fault::HangAfter);
        })
    };
    let play: Watched = |world| {
        Box::pin(async {
            world.send("one").await;
            world.rest().await;
        })
    };
    converges(Scene { replies: echoes, before, play }).await;
}
