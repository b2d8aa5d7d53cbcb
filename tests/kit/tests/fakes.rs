//! The fakes do what they say, so that tests which use them prove something.

use std::{panic::AssertUnwindSafe, time::Duration};

use chat::{
    Change, Draft,
    failure::Kind,
    id::{ChatId, ConnectionId, UserId},
    model::{Attachments, ModelEvent, ModelRequest},
    part::{Part, ToolCall},
    port::{
        Answer as _, AskModel as _, Clock as _, CommitChats as _, ReadChats as _, SendWakes as _, TellError,
        TellSockets as _,
    },
    wake::{Due, Reason},
};
use futures::FutureExt as _;
use kit::{
    clock::{EPOCH, ManualClock},
    faults::{Fault, Faults},
    memory::Memory,
    model::{Script, Scripted, model_error},
    seed,
    sockets::{Delivery, Sockets},
    wakes::Wakes,
};
use uuid::Uuid;

const CHAT: ChatId = ChatId(Uuid::from_u128(1));

fn due(delay_ms: u64) -> Due {
    Due { reason: Reason::Step, delay_ms, group: UserId(Uuid::nil()) }
}

fn request() -> ModelRequest {
    ModelRequest {
        model: seed::model().into(),
        access: seed::access(),
        chat_id: CHAT,
        system: Vec::new(),
        messages: Vec::new(),
        attachments: Attachments::default(),
        tools: Vec::new(),
        effort: None,
    }
}

#[test]
fn a_manual_clock_stands_still_until_it_is_moved() {
    let clock = ManualClock::default();
    assert_eq!((clock.now(), clock.clone().now()), (EPOCH, EPOCH));
    clock.advance_to(EPOCH.plus_ms(5));
    clock.advance_to(EPOCH);
    assert_eq!(clock.now(), EPOCH.plus_ms(5));
    let (one, two) = (clock.new_id(), clock.new_id());
    assert!(one < two && one.get_version_num() == 7);
}

#[tokio::test(start_paused = true)]
async fn a_clock_may_follow_tokios() {
    let clock = ManualClock::following_tokio();
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(clock.now(), EPOCH.plus_ms(3_000));
}

#[tokio::test]
async fn a_fault_strikes_before_or_after_the_effect() {
    let commits = [(Fault::FailBefore, false), (Fault::FailAfter, true)];
    let hangs = [(Fault::HangBefore, false), (Fault::HangAfter, true)];
    for (fault, is_there) in commits.into_iter().chain(hangs) {
        let clock = ManualClock::default();
        let (memory, faults) = (Memory::new(clock.port()), Faults::at(0, fault));
        let change = seed::created(&clock, "hello");
        let troubled = memory.with_faults(faults.clone());
        let mut commit = Box::pin(troubled.commit(&change, None));
        let mut ended = None;
        for _ in 0..5 {
            ended = ended.or_else(|| (&mut commit).now_or_never());
            tokio::task::yield_now().await;
            if ended.is_some() {
                break;
            }
        }
        assert_eq!(ended.is_none(), matches!(fault, Fault::HangBefore | Fault::HangAfter));
        assert!(!matches!(ended, Some(Ok(()))), "{fault:?}");
        assert_eq!(memory.peek(change.chat.id).is_some(), is_there, "{fault:?}");
        assert_eq!(faults.calls(), ["commit"]);
    }
}

#[tokio::test]
async fn calls_of_all_fakes_are_counted_together() {
    let (clock, faults) = (ManualClock::default(), Faults::default());
    let memory = Memory::new(clock.port()).with_faults(faults.clone());
    let wakes = Wakes::new(clock.port(), faults.clone());
    memory.snapshot(CHAT).await.unwrap();
    wakes.send(CHAT, due(0)).await.unwrap();
    Sockets::new(faults.clone()).tell(&"c".into(), "[]").await.unwrap();
    assert_eq!(faults.calls(), ["snapshot", "send", "tell"]);
}

#[tokio::test]
async fn wakes_arrive_after_their_delay_in_any_order_or_again() {
    let clock = ManualClock::default();
    let wakes = Wakes::new(clock.port(), Faults::default());
    wakes.send(CHAT, due(1_000)).await.unwrap();
    wakes.send(CHAT, due(0)).await.unwrap();
    let first = wakes.take().unwrap();
    assert_eq!((first.due.delay_ms, wakes.take()), (0, None));
    wakes.give_back(first, 500);
    assert_eq!(wakes.next_at(), Some(EPOCH.plus_ms(500)));
    clock.advance_ms(1_000);
    assert_eq!(wakes.take().map(|sent| sent.due.delay_ms), Some(0));
    assert_eq!(wakes.take().map(|sent| sent.due.delay_ms), Some(1_000));
    assert_eq!((wakes.sent(), wakes.waiting()), (2, Vec::new()));
}

#[tokio::test]
async fn frames_arrive_once_twice_or_never() {
    let (sockets, one) = (Sockets::default(), ConnectionId::from("one"));
    sockets.deliver(|frame| [Delivery::Once, Delivery::Twice, Delivery::Lost][frame]);
    for frame in ["[1]", "[2]", "[3]"] {
        sockets.tell(&one, frame).await.unwrap();
    }
    assert_eq!(sockets.frames(&one), ["[1]", "[2]", "[2]"]);
    sockets.close(&one);
    assert!(matches!(sockets.tell(&one, "[4]").await, Err(TellError::Gone)));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_for_the_model_loses_nothing() {
    let model = Scripted::new([Script::says("one two").paced(Duration::from_millis(100))]);
    let mut answer = model.ask(request()).await.unwrap();
    let mut events = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(30), answer.next()).await {
            Err(_) => {}
            Ok(None) => break,
            Ok(Some(event)) => events.push(event.unwrap()),
        }
    }
    assert_eq!(events.len(), 4, "{events:?}");
    assert!(matches!(events.last(), Some(ModelEvent::Finish { .. })));
    assert_eq!((model.requests().len(), model.left()), (1, 0));
}

#[tokio::test]
async fn a_model_refuses_or_breaks_off_as_written() {
    let error = model_error(Kind::Overloaded, true);
    let broken = Script::default().text("half").fails(error.clone());
    let model = Scripted::new([Script::refuses(error.clone()), broken]);
    assert_eq!(model.ask(request()).await.err(), Some(error.clone()));
    let mut answer = model.ask(request()).await.unwrap();
    let mut last = None;
    while let Some(event) = answer.next().await {
        last = Some(event);
    }
    assert_eq!(last, Some(Err(error)));
}

async fn panics(memory: &Memory, change: &Change) -> bool {
    AssertUnwindSafe(memory.commit(change, None)).catch_unwind().await.is_err()
}

#[tokio::test]
async fn a_write_that_breaks_a_rule_panics() {
    let clock = ManualClock::default();
    let change = seed::created(&clock, "hello");
    let call = ToolCall {
        tool_call_id: "c".into(),
        tool_name: "look".into(),
        args: serde_json::json!({}),
        provider_executed: false,
    };
    let mut unpaired = change.clone();
    unpaired.messages[0].content = vec![Part::ToolCall(call).into()];
    let mut unraised = change.clone();
    unraised.chat.versions.snapshot = 0;
    let mut large = change.clone();
    large.messages[0].content = vec![Part::Text { text: "x".repeat(4_000_000) }.into()];
    let missing = Change { messages: Vec::new(), ..change.clone() };
    for broken in [unpaired, unraised, large, missing] {
        assert!(panics(&Memory::new(clock.port()), &broken).await);
    }
    let memory = Memory::new(clock.port());
    memory.commit(&change, None).await.unwrap();
    let next = Draft::open(memory.peek(change.chat.id), clock.now());
    let mut twice = seed::change(next, [seed::send("more", clock.now())]);
    twice.messages.clone_from(&change.messages);
    assert!(panics(&memory, &twice).await, "a message is written twice");
}
