//! Who answers the calls of a model's answer.

use chat::{
    call::{Answerer, Call, OpenCall},
    id::MessageId,
    limit::{CLIENT_CALL_MS, RESULT_MESSAGES, SERVER_PATIENCE_MS},
    part::{ToolCall, ToolResult},
    record::{Chat, Spec},
    time::Timestamp,
    tool::{Away, IfLost, Local, Route, Toolbox},
};

/// What a call came to: a result, or words for the model.
pub(crate) type Said = Result<serde_json::Value, String>;

/// Returns a call's result.
pub(crate) fn result(call: &ToolCall, said: Said) -> ToolResult {
    let ToolCall { tool_call_id, tool_name, .. } = call.clone();
    match said {
        Ok(result) => ToolResult {
            tool_call_id,
            tool_name,
            result,
            is_error: false,
            provider_executed: false,
            outcome: None,
        },
        Err(why) => ToolResult::synthetic(tool_call_id, tool_name, &why),
    }
}

/// The calls of one answer, in call order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Routed(pub(crate) Vec<Handed>);

/// A call, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Handed {
    pub(crate) call: ToolCall,
    pub(crate) fate: Fate,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// The step answers it, in this invocation.
    Here(Local),
    /// Somebody else answers it.
    Away(Away),
    /// Its answer is known.
    Known(ToolResult),
}

impl Handed {
    /// Gives the call its answer.
    pub(crate) fn answer(&mut self, said: Said) {
        self.fate = Fate::Known(result(&self.call, said));
    }

    fn open(&self) -> OpenCall {
        let (answerer, ends_turn) = match &self.fate {
            Fate::Here(local) => (Answerer::Step, local.ends_turn()),
            Fate::Away(away) => (away.answerer, away.ends_turn),
            Fate::Known(_) => (Answerer::Step, false),
        };
        OpenCall { ends_turn, ..OpenCall::of(&self.call, answerer) }
    }

    /// Returns the ledger's entry, once nothing is left for the step to do.
    fn entry(&self, message_id: MessageId, now: Timestamp) -> Call {
        let waiting = |answerer, patience_ms| {
            Call::waiting(self.call.clone(), answerer, message_id, now.plus_ms(patience_ms))
        };
        match &self.fate {
            Fate::Away(away) => Call { if_lost: away.if_lost, ..waiting(away.answerer, away.patience_ms) },
            Fate::Known(result) => {
                Call { result: Some(result.clone()), ..waiting(Answerer::Step, CLIENT_CALL_MS) }
            }
            Fate::Here(_) => waiting(Answerer::Step, CLIENT_CALL_MS),
        }
    }
}

impl Routed {
    /// Routes calls: a built-in tool first, then a tool server's of that name, then a client's.
    pub(crate) fn of(
        calls: impl Iterator<Item = ToolCall>,
        chat: &Chat,
        spec: &Spec,
        tools: &dyn Toolbox,
        is_servers: &dyn Fn(&ToolCall) -> bool,
    ) -> Self {
        let calls: Vec<ToolCall> = calls.collect();
        let too_many = calls.len() > RESULT_MESSAGES;
        let route = |call: &ToolCall| match tools.route(chat, spec, call) {
            _ if too_many => {
                Route::Refused(format!("too many calls at once; make at most {RESULT_MESSAGES}"))
            }
            Some(route) => route,
            None if is_servers(call) => Route::Away(SERVER),
            None if is_clients(chat, spec, &call.tool_name) => Route::Away(CLIENT),
            None => Route::Refused(format!("there is no tool named {}", call.tool_name)),
        };
        Self(
            calls
                .into_iter()
                .map(|call| {
                    let route = route(&call);
                    handed(call, route)
                })
                .collect(),
        )
    }

    /// Returns all of them as open calls.
    pub(crate) fn open(&self) -> Vec<OpenCall> {
        self.0.iter().map(Handed::open).collect()
    }

    /// Returns whether the step has something to do for them.
    pub(crate) fn is_here(&self) -> bool {
        self.0.iter().any(|handed| matches!(handed.fate, Fate::Here(_)))
    }

    /// Returns whether somebody else has something to do for them.
    pub(crate) fn is_away(&self) -> bool {
        self.0.iter().any(|handed| matches!(handed.fate, Fate::Away(_)))
    }

    /// Returns whether one of them is for `answerer`.
    pub(crate) fn is_for(&self, answerer: Answerer) -> bool {
        self.0.iter().any(|handed| matches!(&handed.fate, Fate::Away(away) if away.answerer == answerer))
    }

    /// Returns the answers that are known.
    pub(crate) fn results(&self) -> Vec<ToolResult> {
        let known = |handed: &Handed| match &handed.fate {
            Fate::Known(result) => Some(result.clone()),
            Fate::Here(_) | Fate::Away(_) => None,
        };
        self.0.iter().filter_map(known).collect()
    }

    /// Returns the ledger: those that wait, and with them those whose answers are known.
    pub(crate) fn entries(&self, message_id: MessageId, now: Timestamp) -> Vec<Call> {
        self.0.iter().map(|handed| handed.entry(message_id, now)).collect()
    }
}

const CLIENT: Away = Away {
    answerer: Answerer::Client,
    patience_ms: CLIENT_CALL_MS,
    if_lost: IfLost::Report,
    ends_turn: false,
};

/// Nobody knows what a server's tool does: whether it ran is not guessed at.
const SERVER: Away = Away {
    answerer: Answerer::Server,
    patience_ms: SERVER_PATIENCE_MS,
    if_lost: IfLost::Report,
    ends_turn: false,
};

fn is_clients(chat: &Chat, spec: &Spec, name: &str) -> bool {
    clients_are_offered(chat) && spec.client_tools.iter().any(|tool| tool.name == name)
}

/// Who plans acts on nothing, and what clients do is not known to be reading.
pub(crate) const fn clients_are_offered(chat: &Chat) -> bool {
    !chat.plan_mode
}

fn handed(call: ToolCall, route: Route) -> Handed {
    let mut handed = Handed { call, fate: Fate::Away(CLIENT) };
    match route {
        Route::Here(local) => handed.fate = Fate::Here(local),
        Route::Away(away) => handed.fate = Fate::Away(away),
        Route::Refused(why) => handed.answer(Err(why)),
    }
    handed
}
