//! What agents are told. One that does not hear it says what it said again.

use chat::{
    agent::{CallToken, ToAgent},
    frame::frames_of,
    id::ConnectionId,
    port::TellSockets,
};
use edge::socket::Event;
use serde_json::Value;
use turn::announce::{Told, tell_one};

use crate::{answer::Settled, refused::Refused};

/// Longest action that is repeated in a refusal.
const ACTION_BYTES: usize = 64;

pub(crate) async fn say<P: TellSockets>(ports: &P, connection: &ConnectionId, told: &[ToAgent]) -> Told {
    tell_one(ports, connection, &frames_of(told)).await
}

pub(crate) async fn pong<P: TellSockets>(ports: &P, connection: &ConnectionId) {
    say(ports, connection, &[ToAgent::Pong {}]).await;
}

/// Says which answers need not be kept, and which were another's.
pub(crate) async fn settled<P: TellSockets>(ports: &P, connection: &ConnectionId, settled: Settled) {
    let Settled { acknowledged, foreign } = settled;
    let mut told = Vec::new();
    if !acknowledged.is_empty() {
        told.push(ToAgent::Acknowledged { tokens: acknowledged });
    }
    told.extend(foreign.iter().map(|token| not_yours("answer", token)));
    say(ports, connection, &told).await;
}

fn not_yours(action: &str, token: &CallToken) -> ToAgent {
    ToAgent::Refused {
        action: action.into(),
        code: "not_found".into(),
        message: format!("there is no call {token} for this workspace"),
    }
}

pub(crate) async fn refused<P: TellSockets>(ports: &P, event: &Event, refused: Refused) {
    let Refused { code, message } = refused;
    let action = event.text.as_deref().map_or(Value::Null, action);
    let refused = ToAgent::Refused { action, code: code.into(), message };
    say(ports, &event.connection, &[refused]).await;
}

/// The action as the agent named it, if it is a short text.
fn action(text: &str) -> Value {
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    let named = said.get("action").and_then(Value::as_str);
    named.filter(|action| action.len() <= ACTION_BYTES).map_or(Value::Null, Value::from)
}
