//! A pending call is made, once.

use std::time::Duration;

use chat::{
    agent::CallToken,
    call::{Answerer, Call, OpenCall},
    mcp::{Server, ServerTool},
    part::ToolResult,
    port::Unavailable,
    record::{Chat, Snapshot},
    transition::{Refusal, Transition},
};
use rmcp::model::{CallToolResult, JsonObject};
use serde_json::Value;
use tokio::time::sleep;
use turn::CommitFailure;

use crate::{
    App, Keys, McpPorts,
    outcome::{abandoned, failed, result},
    refresh,
    session::Session,
    trouble::Trouble,
};

/// How long whoever has claimed a call may live: Lambda ends it after 120 s (`Timeout` in the template), and clocks differ.
/// Less than the queue's `VisibilityTimeout`, so that the delivery after a death finds the call abandoned.
const RUN_MS: u64 = 120_000 + 5_000;
/// How often an answer is written again.
const TRIES: u32 = 6;
/// How long whoever loses a race waits, times how often it has.
const WAIT: Duration = Duration::from_millis(50);

pub(crate) async fn run<P: McpPorts, S: Keys>(app: &App<P, S>, token: &CallToken) -> Result<(), Unavailable> {
    let Some(snapshot) = app.ports.snapshot(token.chat_id).await? else { return Ok(()) };
    let Some(call) = pending(&snapshot, token) else { return Ok(()) };
    let (claim, now) = (app.ports.new_id(), app.ports.now());
    if let Some(accepted_at) = call.accepted_at {
        // Who made it may be at it still.
        return match now.since_ms(accepted_at) {
            0..RUN_MS => Err(Unavailable { dependency: "the call", reason: "somebody else makes it".into() }),
            RUN_MS.. => answer(app, token, abandoned(call)).await,
        };
    }
    if !app.ports.claim(token, claim, now).await? {
        return Err(Unavailable { dependency: "the call", reason: "somebody else was quicker".into() });
    }
    make(app, token, &snapshot, call).await
}

/// Makes a call and answers it. From here on it is never made again.
async fn make<P: McpPorts, S: Keys>(
    app: &App<P, S>,
    token: &CallToken,
    snapshot: &Snapshot,
    call: &Call,
) -> Result<(), Unavailable> {
    let offer = match app.catalogues.offer(&app.ports, snapshot.chat.owner_id).await {
        Ok(offer) => offer,
        Err(error) => {
            tracing::warn!(%error, "the catalogue was not read");
            return answer(app, token, failed(call, "the tool server could not be looked up")).await;
        }
    };
    let Some((server, tool)) = offer.catalogue.server_tool(&call.call.tool_name) else {
        return answer(app, token, failed(call, GONE)).await;
    };
    let Value::Object(args) = call.call.args.clone() else {
        return answer(app, token, failed(call, "the arguments must be a JSON object")).await;
    };
    let mut session = match Session::open(app, server).await {
        Ok(session) => session,
        Err(trouble) => {
            tracing::warn!(server = server.slug, %trouble, "a tool server was not reached");
            return answer(app, token, result(call, &server.slug, Err(trouble))).await;
        }
    };
    let said = said(&mut session, server, tool, args).await;
    let answered = answer(app, token, result(call, &server.slug, said)).await;
    refresh::look(app, server, offer.catalogue.tools_of(server).map(AsRef::as_ref), &mut session).await;
    session.close().await;
    answered
}

async fn said(
    session: &mut Session,
    server: &Server,
    tool: &ServerTool,
    args: JsonObject,
) -> Result<CallToolResult, Trouble> {
    let said = session.call(tool, args).await;
    said.inspect_err(|trouble| tracing::warn!(server = server.slug, %trouble, "a tool server failed"))
}

/// Puts the answer into the chat, unless nobody waits for it any more.
async fn answer<P: McpPorts, S>(
    app: &App<P, S>,
    token: &CallToken,
    result: ToolResult,
) -> Result<(), Unavailable> {
    let mut failure = Unavailable { dependency: "the chat", reason: "it is changing too fast".into() };
    for lost in 1..=TRIES {
        let committed = turn::commit(&app.ports, token.chat_id, None, |draft| {
            let chat = draft.chat().ok_or(Refusal::Missing)?;
            if !is_pending(chat, draft.ledger(), token) {
                return Err(Refusal::Overtaken);
            }
            draft.apply(Transition::Answer { by: Answerer::Server, results: vec![result.clone()] })
        })
        .await;
        match committed {
            Ok(change) => {
                turn::announce(&app.ports, &change).await;
                return Ok(());
            }
            Err(CommitFailure::Missing | CommitFailure::Refused(_)) => return Ok(()),
            Err(CommitFailure::Unavailable(error)) => failure = error,
            Err(CommitFailure::Contended | CommitFailure::Replayed(_) | CommitFailure::Mismatch) => {}
        }
        sleep(WAIT * lost).await;
    }
    Err(failure)
}

const GONE: &str =
    "this tool is not there any more: its server was removed, switched off or lists it no longer";

fn pending<'a>(snapshot: &'a Snapshot, token: &CallToken) -> Option<&'a Call> {
    let Snapshot { chat, ledger, .. } = snapshot;
    ledger.iter().find(|call| is_it(call, token)).filter(|_| is_pending(chat, ledger, token))
}

fn is_pending(chat: &Chat, ledger: &[Call], token: &CallToken) -> bool {
    let waits = |call: &&OpenCall| call.id == token.call_id && !call.answered;
    let is_open = chat.calls.iter().find(waits).is_some_and(|call| call.answerer == Answerer::Server);
    is_open && chat.is_parked() && ledger.iter().any(|call| is_it(call, token))
}

fn is_it(call: &Call, token: &CallToken) -> bool {
    call.call.tool_call_id == token.call_id && call.message_id == token.message_id && call.result.is_none()
}
