//! Workspaces and their agents do all that they can.

use std::sync::Arc;

use chat::{
    Draft,
    agent::CallToken,
    call::{Answerer, Call, OpenCall},
    id::{ChatId, WorkerId, WorkspaceId},
    message::{NewMessage, Role},
    part::{Part, ToolCall},
    port::{BindChats, Clock, CommitChats, KeepWorkspaces, ReadChats, ReadWorkspaces},
    record::Lease,
    time::Timestamp,
    transition::{CommitStep, Next, Transition},
    workspace::{Phase, Workspace},
};
use edge::{Secret, SystemClock};
use kit::seed;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};
use uuid::Uuid;

use super::{
    stage::{Stage, act},
    walk::{CALLS, until, until_rest},
};
use crate::{
    kill::{MENDED, hear, send},
    world::Client,
};

const AGENTS_TOKEN: &str = "the-agents-own-secret";
const WORKER: WorkerId = WorkerId(Uuid::from_u128(0xa9));

pub(super) async fn machines(stage: &Stage, socket: &mut Client) {
    Box::pin(own(stage, socket)).await;
    Box::pin(made(stage, socket)).await;
    Box::pin(idle(stage)).await;
}

/// A person's own machine: its agent is let in, answers, and leaves.
async fn own(stage: &Stage, socket: &mut Client) {
    let (workspace, mut agent) = enrolled(stage).await;
    let starting = parked(stage, workspace, (Answerer::Machine, "start_workspace", 1)).await.0;
    let (chat, tokens) = parked(stage, workspace, (Answerer::Workspace, "execute", CALLS)).await;
    listen(socket, &chat).await;
    let hello = json!({
        "action": "hello", "run_id": Uuid::nil(), "version": "1", "os": "linux", "folder": "/",
    });
    send(&mut agent, &hello).await;
    until(&mut agent, "call").await;
    rests(stage, &starting).await;
    send(&mut agent, &json!({"action": "ping"})).await;
    until(&mut agent, "pong").await;
    send(&mut agent, &json!({"action": "accepted", "tokens": [tokens[0]]})).await;
    let (killed, _) = parked(stage, workspace, (Answerer::Workspace, "execute", 1)).await;
    stage.ask(stage.request(Method::POST, &format!("/runs/{killed}/kill"))).await;
    until(&mut agent, "cancelled").await;
    stage.bury_a_socket(&chat).await;
    send(&mut agent, &json!({"action": "progress", "token": tokens[0], "output": "working"})).await;
    until(socket, "message_part").await;
    stage.bury_a_socket(&chat).await;
    worked(stage, socket, &mut agent, workspace).await;
    as_agent(stage, Method::GET, &format!("/agent/calls/{}", tokens[0]), &Value::Null).await;
    let answers = |tokens: &[CallToken]| {
        tokens.iter().map(|token| json!({"token": token, "result": "done"})).collect::<Vec<_>>()
    };
    stage.bury_a_socket(&chat).await;
    as_agent(stage, Method::POST, "/agent/answers", &json!({"answers": answers(&tokens[..1])})).await;
    send(&mut agent, &json!({"action": "answer", "answers": answers(&tokens[1..])})).await;
    until(&mut agent, "acknowledged").await;
    until_rest(socket, &chat).await;
    agent.close(None).await.unwrap();
    let path = format!("/workspaces/{workspace}");
    until_workspace(stage, &path, |workspace| workspace["connected"] == false).await;
    stage.ask(stage.request(Method::GET, "/workspaces")).await;
    stage.ask(stage.request(Method::DELETE, &path)).await;
}

/// An agent reports what changed in its tree: chats say so, with the pull request that it became, and one that does not say it
/// yet asks.
async fn worked(stage: &Stage, socket: &mut Client, agent: &mut Client, workspace: WorkspaceId) {
    let git =
        json!({"branch": "work", "remote": "git@github.com:ann/fence.git", "diff": "+a", "additions": 1});
    send(agent, &json!({"action": "report", "report": {"git": git}})).await;
    let says = |event: &Value| event["chat"]["diff_status"]["pr_number"] == 7;
    timeout(MENDED, hear(socket, says)).await.unwrap();
    let other = stage.create(&json!({"content": [], "workspace_id": workspace})).await;
    let diff = stage.ask(stage.request(Method::GET, &format!("/chats/{other}/diff"))).await;
    assert_eq!((&diff["additions"], &diff["pull_request"]["additions"]), (&1.into(), &10.into()), "{diff}");
}

/// A machine that is made, put to sleep, woken and ended, while a chat waits for it to sleep.
async fn made(stage: &Stage, socket: &mut Client) {
    stage.ask(stage.request(Method::GET, "/templates")).await;
    let create = stage.request(Method::POST, "/workspaces").header("idempotency-key", "make");
    let made = stage.ask(create.json(&json!({"template_id": "local"}))).await;
    let workspace: WorkspaceId = made["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/workspaces/{workspace}");
    until_status(stage, &path, "starting").await;
    let (chat, _) = parked(stage, workspace, (Answerer::Machine, "stop_workspace", CALLS)).await;
    listen(socket, &chat).await;
    stage.bury_a_socket(&chat).await;
    stage.ask(stage.request(Method::POST, &format!("{path}/stop"))).await;
    until_status(stage, &path, "stopped").await;
    until_rest(socket, &chat).await;
    stage.ask(stage.request(Method::POST, &format!("{path}/start"))).await;
    let is_woken = || {
        let used = &stage.stack.permissions()["Provision"].used;
        used.iter().any(|access| access.action == "lambda:ResumeMicrovm")
    };
    let woken = async {
        while !is_woken() {
            stage.ask(stage.request(Method::GET, &path)).await;
        }
    };
    timeout(MENDED, woken).await.unwrap();
    stage.ask(stage.request(Method::DELETE, &path)).await;
    let gone = async { while stage.request(Method::GET, &path).send().await.unwrap().status() != 404 {} };
    timeout(MENDED, gone).await.unwrap();
}

/// A machine that nobody has used for long is put to sleep.
async fn idle(stage: &Stage) {
    let create = stage.request(Method::POST, "/workspaces").json(&json!({"template_id": "local"}));
    let made = stage.ask(create).await;
    let id: WorkspaceId = made["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/workspaces/{id}");
    until_status(stage, &path, "starting").await;
    let clock = Arc::new(SystemClock);
    let directory = store::Directory::new(stage.tables.clone(), "quickstep-directory", clock);
    let unused = async {
        loop {
            let found = directory.workspace(id).await.unwrap().unwrap();
            let edition = found.edition + 1;
            let unused = Workspace { phase: Phase::Running, last_used_at: Timestamp(1), edition, ..found };
            if directory.put_workspace(&unused).await.is_ok() {
                return;
            }
        }
    };
    timeout(MENDED, unused).await.unwrap();
    stage.stack.invoke("Sweep", json!({})).await.unwrap();
    until_status(stage, &path, "stopped").await;
    stage.ask(stage.request(Method::DELETE, &path)).await;
}

/// A machine is enrolled twice: the second time its agent has another token.
async fn enrolled(stage: &Stage) -> (WorkspaceId, Client) {
    let mut workspace = None;
    for secret in ["lost", AGENTS_TOKEN] {
        let enroll = stage.request(Method::POST, "/workspaces/enroll").header("idempotency-key", "own");
        let enrolled = stage.ask(enroll).await;
        let exchange = json!({
            "enrolment_token": enrolled["token"], "token_hash": Secret::new(secret).hash(),
        });
        let exchanged = stage.post("/agent/exchange", &exchange).await;
        assert_eq!(exchanged["socket_url"], stage.stack.socket_url.as_str());
        workspace = Some(exchanged["workspace_id"].as_str().unwrap().parse().unwrap());
    }
    let mut request = stage.stack.socket_url.as_str().into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {AGENTS_TOKEN}").parse().unwrap());
    (workspace.unwrap(), connect_async(request).await.unwrap().0)
}

/// A chat of the administrator's on a workspace, in which the model has asked for calls that are out.
pub(super) async fn parked(
    stage: &Stage,
    workspace: WorkspaceId,
    (answerer, tool, count): (Answerer, &str, usize),
) -> (String, Vec<CallToken>) {
    let chat = stage.create(&json!({"content": [], "workspace_id": workspace})).await;
    let id: ChatId = chat.parse().unwrap();
    let clock = Arc::new(SystemClock);
    let chats = store::Chats::new(stage.tables.clone(), "quickstep-chats", clock.clone());
    let directory = store::Directory::new(stage.tables.clone(), "quickstep-directory", clock.clone());
    let now = clock.now();
    let asked: Vec<ToolCall> = (0..count)
        .map(|number| ToolCall {
            tool_call_id: format!("call_{number}").as_str().into(),
            tool_name: tool.into(),
            args: json!({}),
            provider_executed: false,
        })
        .collect();
    let draft = Draft::open(chats.snapshot(id).await.unwrap(), now);
    let change = seed::change(draft, [seed::send("go", now)]);
    chats.commit(&change, None).await.unwrap();
    let draft = Draft::open(chats.snapshot(id).await.unwrap(), now);
    let (lease, history_version) = (Lease::from(WORKER, now), change.chat.versions.history);
    let draft = draft.apply(Transition::RecordAttempt { lease, history_version }).unwrap();
    let message_id = change.chat.next_message_id;
    let parts = asked.iter().map(|call| Part::ToolCall(call.clone()).into()).collect();
    let step = CommitStep {
        fence: draft.fence(WORKER),
        messages: vec![NewMessage::of(Role::Assistant, parts)],
        opened: asked.iter().map(|call| OpenCall::of(call, answerer)).collect(),
        used: None,
        context_limit: None,
        next: Next::Same,
    };
    let draft = draft.apply(Transition::CommitStep(step)).unwrap();
    let deadline = now.plus_ms(600_000);
    let calls: Vec<Call> =
        asked.into_iter().map(|call| Call::waiting(call, answerer, message_id, deadline)).collect();
    let tokens = calls.iter().map(|call| call.token(id)).collect();
    let fence = draft.fence(WORKER);
    let change = seed::change(draft, [Transition::Park { fence, calls }]);
    chats.commit(&change, None).await.unwrap();
    directory.bind(workspace, id, deadline).await.unwrap();
    (chat, tokens)
}

pub(super) async fn listen(socket: &mut Client, chat: &str) {
    act(socket, "subscribe", chat).await;
    until(socket, "caught_up").await;
}

async fn as_agent(stage: &Stage, method: Method, path: &str, body: &Value) {
    let request = stage.http.request(method, format!("{}/v1{path}", stage.stack.http_url));
    let request = request.bearer_auth(AGENTS_TOKEN);
    let request = if body.is_null() { request } else { request.json(body) };
    assert!(request.send().await.unwrap().status().is_success(), "{path}");
}

async fn rests(stage: &Stage, chat: &str) {
    let path = format!("/chats/{chat}");
    let rests = async { while stage.ask(stage.request(Method::GET, &path)).await["status"] != "waiting" {} };
    timeout(MENDED, rests).await.unwrap();
}

async fn until_status(stage: &Stage, path: &str, status: &str) {
    until_workspace(stage, path, |workspace| workspace["status"] == status).await;
}

async fn until_workspace(stage: &Stage, path: &str, is_it: impl Fn(&Value) -> bool) {
    let becomes = async { while !is_it(&stage.ask(stage.request(Method::GET, path)).await) {} };
    timeout(MENDED, becomes).await.unwrap();
}
