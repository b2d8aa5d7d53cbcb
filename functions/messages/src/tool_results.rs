//! `POST /v1/chats/{chat}/tool-results`

use std::collections::BTreeSet;

use chat::{
    call::Answerer,
    id::CallId,
    part::ToolResult,
    port::Person,
    record::{Chat, Status},
    state::State,
    transition::{Name, Refusal, Transition},
};
use edge::{FieldError, Rejection, Reply, Request};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    MessagePorts,
    change::{change, owned},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    results: Vec<Answer>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    tool_call_id: CallId,
    output: Value,
    #[serde(default)]
    is_error: bool,
}

/// The order of the checks is the protocol's.
pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    let Body { results } = request.json()?;
    if results.is_empty() {
        return Err(Rejection::field("results", "must not be empty"));
    }
    waits(&owned(ports, chat_id, person).await?.chat)?;
    check_distinct(&results)?;
    change(ports, chat_id, person, |draft| {
        let results = draft.chat().map(|chat| waits(chat).map(|()| named(chat, &results)));
        let results = results.ok_or(Refusal::Missing)??;
        draft.apply(Transition::Answer { by: Answerer::Client, results })
    })
    .await?;
    Ok(Reply::empty())
}

/// The table would take answers while only others are waited for; clients are told plainly.
fn waits(chat: &Chat) -> Result<(), Refusal> {
    if chat.status == Status::RequiresAction {
        return Ok(());
    }
    Err(Refusal::NotAllowed { name: Name::Answer, from: State::of(Some(chat)) })
}

fn check_distinct(results: &[Answer]) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    let doubled = results.iter().enumerate().filter(|(_, result)| !seen.insert(&result.tool_call_id));
    let errors: Vec<FieldError> = doubled
        .map(|(index, result)| FieldError {
            field: format!("results[{index}].tool_call_id"),
            message: format!("{} is given twice", result.tool_call_id),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Rejection::Invalid(errors)) }
}

fn named(chat: &Chat, results: &[Answer]) -> Vec<ToolResult> {
    let tool = |id: &CallId| chat.calls.iter().find(|call| call.id == *id).map(|call| call.tool_name.clone());
    let result = |answer: &Answer| ToolResult {
        tool_call_id: answer.tool_call_id.clone(),
        tool_name: tool(&answer.tool_call_id).unwrap_or_default(),
        result: answer.output.clone(),
        is_error: answer.is_error,
        provider_executed: false,
        outcome: None,
    };
    results.iter().map(result).collect()
}
