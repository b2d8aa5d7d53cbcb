//! Calls for a workspace, for its machine, and for the step itself.

use chat::{
    Draft,
    agent::AgentCall,
    id::{ConnectionId, MessageId, WorkspaceId},
    limit::RESEND_MS,
    part::{Outcome, Part},
    port::{BindChats as _, ReadWorkspaces as _},
    record::Status,
    tool::{IfLost, plan_path},
    transition::{Describe, Transition},
    workspace::{Phase, Wanted},
};
use kit::{model::Script, replies::Replies, sockets::Delivery};
use serde_json::{Value, json};

use crate::world::{TOOL, World, machine::WORKSPACE};

fn reads() -> Script {
    Script::calls([("c1", "read_file", json!({"path": "a"}))])
}

/// A chat with a workspace in which a person has just said something.
async fn working(replies: impl IntoIterator<Item = Script>) -> World {
    let world = World::quiet(Replies::list(replies)).await;
    world.settle_in(|_| {}).await;
    world.send("hello").await;
    world
}

async fn only_call(world: &World) -> AgentCall {
    world.until_parked().await;
    let sent = world.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.into_iter().next().unwrap()
}

fn results(world: &World) -> Vec<String> {
    world.history().into_iter().filter(|line| line.starts_with("tool: ")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_for_a_workspace_is_sent_to_its_agent_and_nobody_works_meanwhile() {
    let world = working([reads(), Script::says("it says b")]).await;
    let call = only_call(&world).await;
    assert_eq!((call.tool_name.as_str(), call.args.clone()), ("read_file", json!({"path": "a"})));
    assert_eq!((call.token.chat_id, call.token.message_id), (world.chat_id, MessageId(2)));
    assert_eq!((call.if_lost, call.args_omitted), (IfLost::Retry, false));
    assert_eq!(call.deadline_at, world.messages()[1].created_at.plus_ms(60_000));
    assert_eq!(world.ports.directory.bound(WORKSPACE).await.unwrap(), [world.chat_id]);
    assert_eq!(world.chat().status, Status::Running);
    assert!(world.chat().lease.is_none());
    world.agent_says(&call, json!("b"), false).await.unwrap();
    world.rest().await;
    assert_eq!(world.history()[2..], [r#"tool: c1 gave "b""#, "assistant: it says b"]);
    world.drain().await;
    assert!(world.sent().is_empty());
}

type Changes = fn(&mut chat::workspace::Workspace);

#[tokio::test(start_paused = true)]
async fn a_workspace_that_takes_no_calls_is_an_error_at_once() {
    let cases: [(Changes, &str); 4] = [
        (
            |workspace| workspace.wanted = Wanted::Stopped,
            "the workspace is stopped; call start_workspace, then try again",
        ),
        (|workspace| workspace.agent = None, "the agent in the workspace is not connected"),
        (|workspace| workspace.phase = Phase::Starting, "the workspace is still starting"),
        (|workspace| workspace.person.user_id.0 = uuid::Uuid::from_u128(9), "this chat has no workspace"),
    ];
    for (change, words) in cases {
        let world = World::quiet(Replies::list([reads(), Script::says("oh")])).await;
        world.settle_in(change).await;
        world.send("hello").await;
        world.rest().await;
        let results = results(&world);
        assert!(results.len() == 1 && results[0].contains(words), "{results:?}");
        assert!(world.sent().is_empty());
    }
    let world = World::told("hello", Replies::list([reads(), Script::says("oh")])).await;
    world.rest().await;
    assert!(results(&world)[0].contains("this chat has no workspace; call create_workspace first"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_got_lost_is_sent_again_and_again_until_its_deadline() {
    let world = working([reads(), Script::says("nothing came")]).await;
    world.ports.sockets.deliver(|_| Delivery::Lost);
    world.until_parked().await;
    let parked_at = world.now();
    world.pass_ms(RESEND_MS - 1_000).await;
    world.ports.sockets.deliver(|_| Delivery::Once);
    let mut sent_at = Vec::new();
    while world.chat().is_parked() {
        world.pass_ms(100).await;
        sent_at.extend(world.sent().iter().map(|_| world.now().since_ms(parked_at) / 1_000));
    }
    assert_eq!(sent_at, [10, 30]);
    world.rest().await;
    assert_eq!(world.now().since_ms(parked_at) / 1_000, 60);
    let late = r#"tool: c1 failed {"error":"the workspace did not answer in time"}"#;
    assert_eq!(world.history()[2..], [late, "assistant: nothing came"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_accepted_and_not_answered_may_have_run() {
    let call = Script::calls([("c1", "execute", json!({"command": "make"}))]);
    let world = working([call]).await;
    world.until_parked().await;
    let mut snapshot = world.snapshot();
    let deadline = snapshot.ledger[0].deadline_at;
    snapshot.ledger[0].accepted_at = Some(world.now());
    let late = Draft::open(Some(snapshot), deadline).apply(Transition::Expire).unwrap();
    let Part::ToolResult(result) = &late.messages()[0].content[0].part else { panic!("no result") };
    assert_eq!((result.is_error, result.outcome), (true, Some(Outcome::Unknown)));
    assert!(result.result.to_string().contains("ask the user before you run it again"), "{}", result.result);
}

#[tokio::test(start_paused = true)]
async fn large_arguments_are_left_out_of_the_frame() {
    let content = "x".repeat(100_000);
    let call = Script::calls([("c1", "write_file", json!({"path": "a", "content": content}))]);
    let world = working([call, Script::says("done")]).await;
    let call = only_call(&world).await;
    assert_eq!((call.args.clone(), call.args_omitted), (json!({}), true));
    world.agent_says(&call, json!({"ok": true}), false).await.unwrap();
    world.rest().await;
}

#[tokio::test(start_paused = true)]
async fn results_of_all_kinds_enter_history_together_in_call_order() {
    let calls = Script::calls([
        ("c1", "moon", json!({})),
        ("c2", TOOL, json!({})),
        ("c3", "read_file", json!({"path": "a"})),
        ("c4", "list_templates", json!({})),
        ("c5", "read_file", json!({})),
    ]);
    let world = working([calls, Script::says("so")]).await;
    world.until_status(Status::RequiresAction).await;
    world.until_parked().await;
    assert_eq!(results(&world).len(), 0);
    let call = world.sent().remove(0);
    world.agent_says(&call, json!("b"), false).await.unwrap();
    assert_eq!(world.chat().status, Status::RequiresAction);
    world.answer("rain").await;
    world.rest().await;
    let results = results(&world);
    assert_eq!(results[0], r#"tool: c1 failed {"error":"there is no tool named moon"}"#);
    assert_eq!(results[1..3], [r#"tool: c2 gave "rain""#, r#"tool: c3 gave "b""#]);
    assert!(results[3].starts_with(r#"tool: c4 gave {"count":1"#), "{}", results[3]);
    assert_eq!(results[4], r#"tool: c5 failed {"error":"`path` is required"}"#);
    let messages = world.messages();
    let revisions: Vec<u64> = messages[2..7].iter().map(|message| message.revision).collect();
    assert_eq!(revisions, [revisions[0]; 5]);
}

#[tokio::test(start_paused = true)]
async fn what_a_step_answers_itself_needs_nobody_else() {
    let calls = Script::calls([
        ("c1", "list_templates", json!({"query": "nothing"})),
        ("c2", "read_template", json!({"template_id": "local"})),
        ("c3", "read_template", json!({"template_id": "x"})),
    ]);
    let world = World::told("hello", Replies::list([calls, Script::says("so")])).await;
    world.rest().await;
    let results = results(&world);
    assert!(results[0].contains(r#""total_count":0"#) && results[1].contains(r#""display_name":"Local""#));
    assert!(results[2].contains("there is no template x; list_templates names them"));
    let chat = world.chat();
    assert_eq!((chat.status, chat.steps), (Status::Waiting, 2));
}

async fn planning(replies: impl IntoIterator<Item = Script>) -> World {
    let world = World::quiet(Replies::list(replies)).await;
    world.settle_in(|_| {}).await;
    world.apply(Transition::Describe(Describe { plan_mode: Some(true), ..Describe::default() })).await;
    world.send("hello").await;
    world
}

fn asks() -> Value {
    let option = |label: &str| json!({"label": label, "description": "so"});
    json!({"questions": [{"header": "Which", "question": "Which one?", "options": [option("A"), option("B")]}]})
}

#[tokio::test(start_paused = true)]
async fn a_question_ends_the_turn_and_the_next_message_answers_it() {
    let world =
        planning([Script::calls([("c1", "ask_user_question", asks())]), Script::says("B it is")]).await;
    world.rest().await;
    assert_eq!(world.model.requests().len(), 1);
    assert_eq!(results(&world), [format!("tool: c1 gave {}", asks())]);
    assert!(!world.chat().turn_ends);
    world.send("B").await;
    world.rest().await;
    assert_eq!(world.history()[3..], ["user: B", "assistant: B it is"]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_was_shown_ends_the_turn_and_one_that_was_not_does_not() {
    for (is_error, requests) in [(false, 1), (true, 2)] {
        let world = World::quiet(Replies::by(|request, number| {
            let path = plan_path(request.chat_id);
            let propose = Script::calls([("c1", "propose_plan", json!({"path": path}))]);
            if number == 0 { propose } else { Script::says("oh") }
        }))
        .await;
        world.settle_in(|_| {}).await;
        world.apply(Transition::Describe(Describe { plan_mode: Some(true), ..Describe::default() })).await;
        world.send("hello").await;
        let call = only_call(&world).await;
        world.agent_says(&call, json!({"ok": !is_error}), is_error).await.unwrap();
        world.rest().await;
        assert_eq!(world.model.requests().len(), requests);
        assert_eq!(world.chat().status, Status::Waiting);
    }
}

#[tokio::test(start_paused = true)]
async fn a_workspace_is_made_once_and_bound_before_it_is_up() {
    let make = Script::calls([("c1", "create_workspace", json!({"template_id": "local", "name": "box"}))]);
    let world = World::told("hello", Replies::list([make, Script::says("it is up")])).await;
    world.until_parked().await;
    let id = world.chat().workspace_id.unwrap();
    let made = world.ports.workspace(id).await.unwrap().unwrap();
    assert_eq!((made.name.as_str(), made.template_id.as_deref()), ("box", Some("local")));
    assert_eq!((made.wanted, made.phase, made.edition), (Wanted::Running, Phase::Pending, 1));
    assert_eq!(world.ports.wakes.take_machines(), [id]);
    assert_eq!(world.ports.directory.bound(id).await.unwrap(), [world.chat_id]);
    world.pass_ms(RESEND_MS + 1_000).await;
    assert_eq!(world.ports.wakes.take_machines(), [id], "whoever was to bring it up may not have heard");
    // Its agent says hello, and whoever was to tell the chat does not.
    world.comes_up(id, 2);
    world.rest().await;
    assert!(results(&world)[0].starts_with(r#"tool: c1 gave {"folder":"/w","os":"linux","started":true"#));
    assert!(world.elapsed_ms() < 60_000);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_as_it_shall_be_is_left_alone() {
    let calls = Script::calls([
        ("c1", "start_workspace", json!({})),
        ("c2", "create_workspace", json!({"template_id": "local"})),
    ]);
    let world = working([calls, Script::says("so")]).await;
    world.rest().await;
    let results = results(&world);
    assert!(results[0].contains(r#""started":true"#), "{}", results[0]);
    assert!(results[1].contains(r#""created":false"#), "{}", results[1]);
    assert!(world.ports.wakes.take_machines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_stopped_and_started_by_its_wanted_state() {
    let stop = Script::calls([("c1", "stop_workspace", json!({}))]);
    let start = Script::calls([("c2", "start_workspace", json!({}))]);
    let world = World::quiet(Replies::list([stop, start, Script::says("so")])).await;
    world.settle_in(|workspace| workspace.template_id = Some("small".into())).await;
    world.send("hello").await;
    world.until_parked().await;
    let wanted = async || world.ports.workspace(WORKSPACE).await.unwrap().unwrap();
    assert_eq!(wanted().await.wanted, Wanted::Stopped);
    let mut stopped = wanted().await;
    stopped.phase = Phase::Stopped;
    stopped.agent = None;
    world.ports.directory.seed_workspace(stopped);
    world.until(|chat| chat.steps == 2).await;
    world.until_parked().await;
    assert_eq!((wanted().await.wanted, wanted().await.phase), (Wanted::Running, Phase::Pending));
    let mut failed = wanted().await;
    failed.phase = Phase::Failed;
    failed.failure = Some("no room".into());
    failed.updated_at = world.now();
    world.ports.directory.seed_workspace(failed);
    world.rest().await;
    let results = results(&world);
    assert!(results[0].contains(r#""stopped":true"#), "{}", results[0]);
    assert!(results[1].contains("the workspace could not be started: no room"), "{}", results[1]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_interrupted_gets_its_result_and_a_late_answer_none() {
    let world = working([reads(), Script::says("fine")]).await;
    let call = only_call(&world).await;
    assert!(world.interrupt().await);
    world.rest().await;
    assert_eq!(results(&world), [r#"tool: c1 failed {"error":"the call was interrupted"}"#]);
    world.agent_says(&call, json!("b"), false).await.unwrap_err();
    world.drain().await;
    assert!(world.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_agent_whose_socket_is_gone_is_sent_its_calls_on_the_next() {
    let world = working([reads(), Script::says("so")]).await;
    world.ports.sockets.close(&ConnectionId::from("agent"));
    world.until_parked().await;
    assert!(world.sent().is_empty());
    world
        .settle_in(|workspace| {
            workspace.edition = 2;
            workspace.agent.as_mut().unwrap().connection = ConnectionId::from("next");
        })
        .await;
    world.pass_ms(RESEND_MS + 1_000).await;
    assert_eq!(world.ports.sockets.frames(&ConnectionId::from("next")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_clients_do_is_not_offered_while_a_chat_plans() {
    let world = planning([Script::calls([("c1", TOOL, json!({}))]), Script::says("oh")]).await;
    world.rest().await;
    let offered: Vec<String> = world.model.requests()[0].tools.iter().map(|tool| tool.name.clone()).collect();
    assert!(
        !offered.contains(&TOOL.to_owned()) && offered.contains(&"propose_plan".to_owned()),
        "{offered:?}"
    );
    assert!(results(&world)[0].contains("there is no tool named weather"));
}

#[tokio::test(start_paused = true)]
async fn many_calls_in_a_row_leave_no_crowd_of_wakes() {
    let replies = Replies::by(|_, number| {
        let id = format!("c{number}");
        match number {
            40 => Script::says("done"),
            _ => Script::calls([(id.as_str(), "read_file", json!({"path": "a"}))]),
        }
    });
    let world = World::quiet(replies).await;
    world.settle_in(|_| {}).await;
    world.send("hello").await;
    while world.chat().status != Status::Waiting {
        world.pass_ms(2_500).await;
        for call in world.sent() {
            world.agent_says(&call, json!("b"), false).await.unwrap();
        }
        assert!(world.ports.wakes.waiting().len() < 12, "{:?}", world.ports.wakes.waiting());
    }
    world.drain().await;
    assert!(world.queue.delivered() < 200, "{}", world.queue.delivered());
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_told_of_calls_that_nobody_wants_answered_any_more() {
    let stops: [fn() -> Transition; 2] = [
        || Transition::Interrupt,
        || Transition::Edit { message_id: MessageId(1), message: kit::seed::said("else") },
    ];
    for stop in stops {
        let world = working([reads(), Script::says("fine")]).await;
        let call = only_call(&world).await;
        assert_eq!(world.cancelled(), []);
        world.apply(stop()).await;
        assert_eq!(world.cancelled(), [call.token]);
        world.rest().await;
        assert_eq!(world.cancelled(), [], "once");
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_told_of_a_call_that_came_too_late_and_not_of_one_that_is_answered() {
    let calls = [("c1", "read_file", json!({"path": "a"})), ("c2", "read_file", json!({"path": "b"}))];
    let world = working([Script::calls(calls), Script::says("fine")]).await;
    world.until_parked().await;
    let sent = world.sent();
    world.agent_says(&sent[0], json!("a"), false).await.unwrap();
    world.rest().await;
    assert_eq!(world.cancelled(), [sent[1].token.clone()]);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_cannot_be_made_is_an_error_at_once() {
    let cases = [
        (json!({"template_id": "huge"}), "there is no template huge; list_templates names them"),
        (
            json!({"template_id": "local", "parameters": {"size": "xl"}}),
            "the template has no parameter size; read_template says what the template takes",
        ),
        (json!({"template_id": "local", "name": "x".repeat(65)}), "`name` must be 1 to 64 characters"),
    ];
    for (args, words) in cases {
        let make = Script::calls([("c1", "create_workspace", args)]);
        let world = World::told("hello", Replies::list([make, Script::says("oh")])).await;
        world.rest().await;
        let results = results(&world);
        assert!(results.len() == 1 && results[0].contains(words), "{results:?}");
        assert_eq!(world.chat().workspace_id, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_makes_no_more_workspaces_than_its_person_may() {
    let make = Script::calls([("c1", "create_workspace", json!({"template_id": "local"}))]);
    let world = World::quiet(Replies::list([make, Script::says("oh")])).await;
    for n in 0..chat::limit::WORKSPACES {
        world.comes_up(WorkspaceId(uuid::Uuid::from_u128(0x100 + n as u128)), 1);
    }
    world.send("hello").await;
    world.rest().await;
    assert!(results(&world)[0].contains("nobody may have more than 50 workspaces"), "{:?}", results(&world));
    assert!(world.ports.wakes.take_machines().is_empty());
}
