//! Calls are accepted, put something out, and are answered.

use chat::{
    call::Answerer,
    event::Body,
    part::Delta,
    port::{Clock as _, ReadWorkspaces as _},
    transition::Transition,
    wake::{Look, PullWake},
};
use kit::faults::Fault;
use serde_json::json;

use crate::world::{WORKSPACE, World, answer, kinds, of};

#[tokio::test]
async fn answers_of_one_chat_are_one_write_and_the_last_wakes_it() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 3).await;
    let some = json!({"action": "answer", "answers": [answer(&tokens[0], "a"), answer(&tokens[2], "c")]});
    world.faults.clear();
    let heard = world.say(of(WORKSPACE), "one", some).await;
    assert_eq!(heard, [json!({"type": "acknowledged", "tokens": [tokens[0], tokens[2]]})]);
    assert_eq!(world.faults.calls().iter().filter(|call| **call == "commit").count(), 1);
    assert_eq!((world.results(id), world.wakes.sent()), ((vec![], 3), 0));
    world.say(of(WORKSPACE), "one", json!({"action": "answer", "answers": [answer(&tokens[1], "b")]})).await;
    assert_eq!(world.results(id), (vec!["a".into(), "b".into(), "c".into()], 0));
    assert_eq!(world.wakes.sent(), 1);
}

#[tokio::test]
async fn an_answer_that_comes_again_is_acknowledged_and_changes_nothing() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    for result in ["first", "second"] {
        let said = json!({"action": "answer", "answers": [answer(&tokens[0], result)]});
        assert_eq!(kinds(&world.say(of(WORKSPACE), "one", said).await), ["acknowledged"]);
    }
    assert_eq!(world.results(id).0, ["first"]);
}

#[tokio::test]
async fn an_answer_that_could_not_be_kept_is_not_acknowledged() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    world.faults.set(|_, call| if call == "commit" { Fault::FailBefore } else { Fault::Pass });
    let said = || json!({"action": "answer", "answers": [answer(&tokens[0], "a")]});
    assert_eq!(kinds(&world.say(of(WORKSPACE), "one", said()).await), ["refused"]);
    world.faults.set(|_, _| Fault::Pass);
    assert_eq!(kinds(&world.say(of(WORKSPACE), "one", said()).await), ["acknowledged"]);
    assert_eq!(world.results(id).0, ["a"]);
}

#[tokio::test]
async fn an_accepted_call_says_so() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 2).await;
    let said = json!({"action": "accepted", "tokens": [tokens[1]]});
    assert!(world.say(of(WORKSPACE), "one", said).await.is_empty());
    let accepted: Vec<bool> =
        world.snapshot(id).ledger.iter().map(|call| call.accepted_at.is_some()).collect();
    assert_eq!(accepted, [false, true]);
}

#[tokio::test]
async fn what_a_call_puts_out_reaches_who_listens_and_who_comes_later() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    let listener = world.listen(id).await;
    for output in ["one ", "two"] {
        let said = json!({"action": "progress", "token": tokens[0], "output": output});
        assert!(world.say(of(WORKSPACE), "one", said).await.is_empty());
    }
    let told: Vec<(u64, String)> = world
        .sockets
        .events(&listener)
        .into_iter()
        .map(|event| {
            let Body::MessagePart { seq, part: Delta::ToolResult { result_delta, .. }, .. } = event.body
            else {
                panic!("no piece of a result")
            };
            (seq, result_delta)
        })
        .collect();
    assert_eq!(told, [(1, "one ".to_owned()), (2, "two".to_owned())]);
    let mut late = turn::catch_up(&world.memory, id, None).await.unwrap().unwrap();
    let mut parts = 0;
    while let Some(events) = late.next().await.unwrap() {
        parts += events.iter().filter(|event| matches!(event.body, Body::MessagePart { .. })).count();
    }
    assert_eq!(parts, 2);
    world.say(of(WORKSPACE), "one", json!({"action": "answer", "answers": [answer(&tokens[0], "x")]})).await;
    let said = json!({"action": "progress", "token": tokens[0], "output": "late"});
    let _ = world.sockets.take_frames(&listener);
    world.say(of(WORKSPACE), "one", said).await;
    assert!(world.sockets.events(&listener).is_empty(), "it is answered");
}

#[tokio::test]
async fn a_report_that_says_something_else_is_told_to_the_chats_that_keep_another() {
    let world = World::new();
    let (id, _) = world.parked(Answerer::Workspace, "execute", 1).await;
    let says = |words: &str| {
        let file = json!({"path": "/w/AGENTS.md", "content": words});
        json!({"action": "report", "report": {"instructions": [file]}})
    };
    assert!(world.say(of(WORKSPACE), "one", says("be brief")).await.is_empty());
    let digest = world.workspace().await.context_digest.unwrap();
    world.pin(id, digest).await;
    let listener = world.listen(id).await;
    world.say(of(WORKSPACE), "one", says("be brief")).await;
    assert!(world.sockets.take_frames(&listener).is_empty(), "it says the same");
    world.say(of(WORKSPACE), "one", says("be loud")).await;
    assert_eq!(world.snapshot(id).chat.pinned().unwrap().dirty_since, Some(world.clock.now()));
    assert!(world.sockets.take_frames(&listener)[0].contains("dirty_since"));
}

#[tokio::test]
async fn a_report_is_kept_beside_the_workspace() {
    let world = World::new();
    let git = json!({"branch": "main", "remote": "", "diff": "+a"});
    let said = json!({"action": "report", "report": {"git": git}});
    assert!(world.say(of(WORKSPACE), "one", said).await.is_empty());
    let report = world.memory.report(WORKSPACE).await.unwrap().unwrap();
    assert_eq!(report.git.unwrap().diff, "+a");
    assert_eq!(world.wakes.take_pulls(), [(PullWake::new(WORKSPACE, Look::Wanted), 0)]);
}

#[tokio::test]
async fn a_report_that_was_overtaken_changes_nothing() {
    let world = World::new();
    let said = |seen_at, branch| {
        let git = json!({"branch": branch, "remote": "", "diff": ""});
        json!({"action": "report", "report": {"git": git}, "seen_at": seen_at})
    };
    let later = world.clock.now().to_string();
    // A clock that is ahead is not believed.
    world.say(of(WORKSPACE), "one", said("2999-01-01T00:00:00Z", "first")).await;
    world.say(of(WORKSPACE), "one", said(&later, "second")).await;
    world.say(of(WORKSPACE), "one", said("2001-01-01T00:00:00Z", "third")).await;
    let report = world.memory.report(WORKSPACE).await.unwrap().unwrap();
    assert_eq!((report.git.unwrap().branch.as_str(), world.wakes.take_pulls().len()), ("second", 2));
}

#[tokio::test]
async fn who_works_for_nobody_is_told_to_stop() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    world.step(id, |_| Transition::Interrupt).await;
    let cancelled = json!({"type": "cancelled", "tokens": [tokens[0]]});
    for said in [
        json!({"action": "accepted", "tokens": [tokens[0]]}),
        json!({"action": "progress", "token": tokens[0], "output": "working"}),
    ] {
        assert_eq!(world.say(of(WORKSPACE), "one", said).await, std::slice::from_ref(&cancelled));
    }
}

#[tokio::test]
async fn an_answer_for_a_chat_that_was_deleted_need_not_be_kept() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    for transition in [Transition::Interrupt, Transition::SetArchived { archived: true }, Transition::Delete]
    {
        world.step(id, |_| transition).await;
    }
    let said = json!({"action": "answer", "answers": [answer(&tokens[0], "a")]});
    let heard = world.say(of(WORKSPACE), "one", said).await;
    assert_eq!(heard, [json!({"type": "acknowledged", "tokens": [tokens[0]]})]);
}
