//! Every call of every step goes wrong once: it fails, or the process dies there, before or after it has
//! its effect. The turn still ends, and says what it would have said. So it does when many calls go wrong.

use std::{collections::BTreeMap, pin::Pin, time::Duration};

use chat::{
    message::{Role, Usage},
    record::Status,
    transition::WhenBusy,
};
use kit::{
    faults::Fault,
    model::{Script, model_error},
    replies::{Replies, echo, text_of, thinks},
};
use serde_json::json;

use crate::world::{TOOL, World, is_rest};

/// A step dies anywhere, and work goes on within this time.
const GOES_ON_MS: u64 = 40_000;

/// Runs in which eight calls go wrong.
const STORMS: u64 = 40;

const PACE: Duration = Duration::from_millis(100);

type Play = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

struct Scene {
    replies: fn() -> Replies,
    play: Play,
    check: fn(&World, &[String]),
}

/// How one run ended.
struct Ended {
    history: Vec<String>,
    at_rest_ms: u64,
    fired: Option<&'static str>,
}

/// What goes wrong in a run.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Nothing,
    Once(usize, Fault),
    Often(u64),
}

async fn run(scene: &Scene, wrong: Wrong, expected: &[String], workspace: bool) -> Ended {
    let world = World::quiet((scene.replies)()).await;
    if workspace {
        world.settle_in(|_| {}).await;
    }
    world.listen("one").await;
    match wrong {
        Wrong::Nothing => {}
        Wrong::Once(index, fault) => world.trouble.at(index, fault),
        Wrong::Often(seed) => world.trouble.storm(seed),
    }
    world.send("hello").await;
    (scene.play)(&world).await;
    world.rest().await;
    let at_rest_ms = world.elapsed_ms();
    let history = world.history();
    world.drain().await;
    assert_eq!(world.history(), history, "a late wake changes nothing");
    assert!(world.snapshot().ledger.is_empty() && world.chat().queue.is_empty());
    assert_eq!(world.chat().status, Status::Waiting);
    once_each(&world);
    (scene.check)(&world, if matches!(wrong, Wrong::Nothing) { &history } else { expected });
    Ended { history, at_rest_ms, fired: world.trouble.fired() }
}

/// Nobody's words are there twice, and the last word is the model's.
fn once_each(world: &World) {
    let mut said = BTreeMap::new();
    for message in world.messages().iter().filter(|message| message.role == Role::User) {
        *said.entry(text_of(message)).or_insert(0) += 1;
    }
    assert!(said.values().all(|times| *times == 1), "{said:?}");
}

/// Every message that people sent is there, and answered exactly once: the model names what it answers.
fn all_answered(world: &World, texts: &[&str]) {
    let messages = world.messages();
    let users = messages.iter().filter(|message| message.role == Role::User).map(text_of);
    assert_eq!(users.collect::<Vec<_>>(), texts);
    let answers: Vec<String> =
        messages.iter().filter(|message| message.role == Role::Assistant).map(text_of).collect();
    for text in texts {
        let count = answers.iter().filter(|answer| answer.contains(text)).count();
        assert_eq!(count, 1, "{text} is answered {count} times: {answers:?}");
    }
}

fn same(world: &World, expected: &[String]) {
    assert_eq!(world.history(), expected);
}

async fn survives(scene: Scene) {
    survives_in(scene, false).await;
}

async fn survives_in(scene: Scene, workspace: bool) {
    let whole = run(&scene, Wrong::Nothing, &[], workspace).await;
    for fault in Fault::ALL {
        for index in 0.. {
            let ended = run(&scene, Wrong::Once(index, fault), &whole.history, workspace).await;
            let Some(name) = ended.fired else { break };
            let late_ms = ended.at_rest_ms.saturating_sub(whole.at_rest_ms);
            assert!(late_ms <= GOES_ON_MS, "{fault:?} of call {index}, {name}: {late_ms} ms late");
        }
    }
    for seed in 0..STORMS {
        run(&scene, Wrong::Often(seed), &whole.history, workspace).await;
    }
}

fn echoes() -> Replies {
    Replies::by(|request, _| Script::says(&echo(request)).paced(PACE))
}

fn nothing(_: &World) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async {})
}

#[tokio::test(start_paused = true)]
async fn a_text_survives_any_fault() {
    survives(Scene { replies: echoes, play: nothing, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn a_thought_survives_any_fault() {
    let replies = || Replies::by(|request, _| thinks("let me see", &echo(request)).paced(PACE));
    survives(Scene { replies, play: nothing, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn a_summary_survives_any_fault() {
    let replies = || {
        Replies::by(|request, _| {
            let said = |what: &str| request.messages.iter().any(|message| text_of(message).contains(what));
            if said("The context window is nearly full.") {
                return Script::says("they said hello");
            }
            if said("they said hello") {
                return Script::says("hello to you");
            }
            let call = Script::calls([("c1", "moon", json!({}))]);
            call.using(Usage { input_tokens: 150_000, ..Usage::default() }).paced(PACE)
        })
    };
    survives(Scene { replies, play: nothing, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_tool_survives_any_fault() {
    let replies = || {
        Replies::by(|request, _| match request.messages.len() {
            1 => Script::calls([("c1", "moon", json!({})), ("c2", "sun", json!({}))]),
            _ => Script::says(&echo(request)),
        })
    };
    survives(Scene { replies, play: nothing, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_for_a_client_survives_any_fault() {
    let replies = || {
        Replies::by(|request, _| match request.messages.len() {
            1 => Script::calls([("c1", TOOL, json!({})), ("c2", "moon", json!({})), ("c3", TOOL, json!({}))]),
            _ => Script::says(&echo(request)),
        })
    };
    let play: Play = |world| {
        Box::pin(async {
            world.until_status(Status::RequiresAction).await;
            world.answer("rain").await;
        })
    };
    survives(Scene { replies, play, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_survives_any_fault() {
    let play: Play = |world| {
        Box::pin(async {
            world.pass_ms(250).await;
            world.send("two").await;
            world.send("three").await;
        })
    };
    survives(Scene { replies: echoes, play, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn steering_survives_any_fault() {
    let replies = || {
        Replies::by(|request, _| match request.messages.len() {
            1 => Script::calls([("c1", "moon", json!({}))]).paced(PACE),
            _ => Script::says(&echo(request)).paced(PACE),
        })
    };
    let play: Play = |world| {
        Box::pin(async {
            world.pass_ms(150).await;
            world.send_when_busy("quickly", WhenBusy::Steer).await;
        })
    };
    let check = |world: &World, _: &[String]| {
        let users = world.history().iter().filter(|line| line.starts_with("user")).count();
        assert_eq!(users, 2);
        assert!(world.history().last().unwrap().contains("quickly"), "{:?}", world.history());
    };
    survives(Scene { replies, play, check }).await;
}

#[tokio::test(start_paused = true)]
async fn steering_into_the_last_words_survives_any_fault() {
    let play: Play = |world| {
        Box::pin(async {
            world.pass_ms(150).await;
            world.send_when_busy("quickly", WhenBusy::Steer).await;
        })
    };
    let check = |world: &World, _: &[String]| all_answered(world, &["hello", "quickly"]);
    survives(Scene { replies: echoes, play, check }).await;
}

#[tokio::test(start_paused = true)]
async fn an_edit_survives_any_fault() {
    let play: Play = |world| {
        Box::pin(async {
            world.pass_ms(250).await;
            world.edit(1, "good day").await;
        })
    };
    survives(Scene { replies: echoes, play, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_survives_any_fault() {
    let replies = || {
        Replies::by(|request, number| match number {
            0 => Script::default().text("half").fails(model_error(chat::failure::Kind::Overloaded, true)),
            _ => Script::says(&echo(request)).paced(PACE),
        })
    };
    survives(Scene { replies, play: nothing, check: same }).await;
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_survives_any_fault() {
    let play: Play = |world| {
        Box::pin(async {
            world.pass_ms(450).await;
            world.interrupt().await;
            world.until(|chat| is_rest(chat.status)).await;
            world.send("and now").await;
        })
    };
    let check = |world: &World, _: &[String]| {
        let mut history = world.history();
        assert_eq!(history.pop().unwrap(), "assistant: you said: and now; and that is all");
        assert_eq!(history.pop().unwrap(), "user: and now");
        assert_eq!(history[0], "user: hello");
        let whole = "assistant: you said: hello; and that is all";
        assert!(history.len() <= 2, "{history:?}");
        assert!(history.get(1).is_none_or(|partial| whole.starts_with(partial)), "{history:?}");
    };
    survives(Scene { replies: || Replies::by(interrupted_echo), play, check }).await;
}

/// Answers what was said last.
fn interrupted_echo(request: &chat::model::ModelRequest, _: usize) -> Script {
    let last = request.messages.last().map(|message| text_of(message)).unwrap_or_default();
    Script::says(&format!("you said: {last}; and that is all")).paced(PACE)
}

#[tokio::test(start_paused = true)]
async fn an_interrupting_message_survives_any_fault() {
    let play: Play = |world| {
        Box::pin(async {
            world.pass_ms(450).await;
            world.send("later").await;
            world.send_when_busy("now", WhenBusy::Interrupt).await;
        })
    };
    let check = |world: &World, _: &[String]| {
        let users: Vec<_> = world.history().into_iter().filter(|line| line.starts_with("user")).collect();
        assert_eq!(users, ["user: hello", "user: now", "user: later"]);
        let whole = |text: &str| format!("assistant: you said: {text}; and that is all");
        let count = |line: String| world.history().iter().filter(|held| **held == line).count();
        assert_eq!((count(whole("now")), count(whole("later"))), (1, 1), "{:?}", world.history());
    };
    survives(Scene { replies: || Replies::by(interrupted_echo), play, check }).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_step_answers_itself_survives_any_fault() {
    let replies = || {
        Replies::by(|request, _| match request.messages.len() {
            1 => Script::calls([
                ("c1", "list_templates", json!({})),
                ("c2", "moon", json!({})),
                ("c3", "read_template", json!({"template_id": "local"})),
            ]),
            _ => Script::says(&echo(request)),
        })
    };
    survives(Scene { replies, play: nothing, check: same }).await;
}

/// The agent answers whatever it is sent, as often as it is sent.
async fn agent(world: &World) {
    while !is_rest(world.chat().status) {
        world.pass_ms(200).await;
        for call in world.sent() {
            // Somebody else may have answered: it was sent twice.
            drop(world.agent_says(&call, json!(call.tool_name), false).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_workspace_survives_any_fault() {
    let replies = || {
        Replies::by(|request, _| match request.messages.len() {
            1 => Script::calls([
                ("c1", "execute", json!({"command": "make", "timeout": "5m"})),
                ("c2", "list_templates", json!({})),
                ("c3", "execute", json!({"command": "true", "timeout": "5m"})),
            ]),
            5 => Script::calls([("c4", "execute", json!({"command": "test", "timeout": "5m"}))]),
            _ => Script::says(&echo(request)),
        })
    };
    survives_in(Scene { replies, play: |world| Box::pin(agent(world)), check: same }, true).await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_of_another_chat_survives_any_fault() {
    let replies = || {
        Replies::by(|request, _| {
            if text_of(&request.messages[0]) != "hello" {
                return Script::says("three").paced(PACE);
            }
            let results = request.messages.iter().flat_map(|message| message.results());
            let spawned = results.filter_map(|result| result.result["chat_id"].as_str()).next();
            match request.messages.len() {
                1 => Script::calls([("s", "spawn_agent", json!({"type": "general", "prompt": "count"}))]),
                3 => {
                    let id = spawned.expect("it was spawned");
                    Script::calls([
                        ("w", "wait_agent", json!({"chat_id": id})),
                        ("l", "list_agents", json!({})),
                    ])
                }
                _ => Script::says(&echo(request)),
            }
        })
    };
    let check = |world: &World, _: &[String]| {
        let history = world.history();
        assert!(
            history
                .iter()
                .any(|line| line.starts_with("tool: w gave") && line.contains(r#""report":"three""#)),
            "{history:?}"
        );
        assert_eq!(world.ports.chats.len(), 2, "one agent is spawned");
        assert_eq!(history.len(), 8, "{history:?}");
    };
    survives(Scene { replies, play: nothing, check }).await;
}
