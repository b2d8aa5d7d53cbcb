//! `answer`: calls are done.

use chat::{
    agent::{AgentAnswer, CallToken},
    call::{Answerer, Call},
    id::ChatId,
    part::ToolResult,
    port::{Agent, Unavailable},
    record::Chat,
    transition::{Refusal, Transition},
};
use edge::Rejection;
use turn::{CommitFailure, machine};

use crate::{
    AgentPorts,
    token::{Found, by_chat, chat_of, is_of, pending},
};

/// What became of answers.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// They are in their chats, or nobody waits for them any more.
    pub(crate) acknowledged: Vec<CallToken>,
    /// They are for chats of somebody else.
    pub(crate) foreign: Vec<CallToken>,
}

/// Puts answers into their chats, all of one chat in one write. A chat that cannot be written now stops no other: what is
/// not acknowledged is said again.
pub(crate) async fn run<P: AgentPorts>(
    ports: &P,
    agent: Agent,
    answers: Vec<AgentAnswer>,
) -> Result<Settled, Rejection> {
    let (mut settled, mut failed) = (Settled::default(), None);
    for (chat_id, answers) in by_chat(answers, |answer| &answer.token)? {
        let tokens: Vec<CallToken> = answers.iter().map(|answer| answer.token.clone()).collect();
        match settle(ports, agent, chat_id, answers).await {
            Ok(true) => settled.acknowledged.extend(tokens),
            Ok(false) => settled.foreign.extend(tokens),
            Err(error) => {
                tracing::warn!(%chat_id, %error, "answers not taken; they come again");
                failed = Some(error);
            }
        }
    }
    if !settled.acknowledged.is_empty() {
        machine::note_use(ports, agent.workspace_id).await;
    }
    match failed {
        Some(error) if settled.acknowledged.is_empty() && settled.foreign.is_empty() => Err(error.into()),
        Some(_) | None => Ok(settled),
    }
}

/// False: the chat is somebody else's. One that was deleted or is on another workspace by now wants no answer any more.
async fn settle<P: AgentPorts>(
    ports: &P,
    agent: Agent,
    chat_id: ChatId,
    answers: Vec<AgentAnswer>,
) -> Result<bool, Unavailable> {
    let found = match chat_of(ports, agent, chat_id).await? {
        Found::Its(found) => found,
        Found::NotIts => return Ok(true),
        Found::Foreign => return Ok(false),
    };
    if results(agent, &found.chat, &found.ledger, &answers).is_empty() {
        return Ok(true);
    }
    let committed = turn::commit(ports, chat_id, None, |draft| {
        let chat = draft.chat().ok_or(Refusal::Missing)?;
        let results = results(agent, chat, draft.ledger(), &answers);
        // Somebody else has answered, or the chat has turned to something else.
        if results.is_empty() {
            return Err(Refusal::Overtaken);
        }
        draft.apply(Transition::Answer { by: Answerer::Workspace, results })
    })
    .await;
    match committed {
        Ok(change) => {
            turn::announce(ports, &change).await;
            Ok(true)
        }
        Err(CommitFailure::Missing | CommitFailure::Refused(_)) => Ok(true),
        Err(CommitFailure::Unavailable(error)) => Err(error),
        Err(CommitFailure::Contended | CommitFailure::Replayed(_) | CommitFailure::Mismatch) => {
            Err(Unavailable { dependency: "the chat", reason: "it is changing too fast".into() })
        }
    }
}

/// Returns the results for those calls that are pending; one that comes twice counts once.
fn results(agent: Agent, chat: &Chat, ledger: &[Call], answers: &[AgentAnswer]) -> Vec<ToolResult> {
    let mut results: Vec<ToolResult> = Vec::new();
    for answer in answers.iter().filter(|_| is_of(agent, chat)) {
        let Some(call) = pending(chat, ledger, &answer.token) else { continue };
        if !results.iter().any(|result| result.tool_call_id == call.call.tool_call_id) {
            results.push(result(call, answer));
        }
    }
    results
}

fn result(call: &Call, answer: &AgentAnswer) -> ToolResult {
    ToolResult {
        tool_call_id: call.call.tool_call_id.clone(),
        tool_name: call.call.tool_name.clone(),
        result: answer.result.clone(),
        is_error: answer.is_error,
        provider_executed: false,
        outcome: answer.outcome,
    }
}
