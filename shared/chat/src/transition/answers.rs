//! Answers to pending calls, and their absence.

use crate::{
    call::{Answerer, Call, OpenCall},
    draft::Draft,
    id::CallId,
    limit::RESULTS_BYTES,
    part::{Outcome, ToolResult},
    record::{Chat, Status},
    state::requires_action,
    tool::IfLost,
    transition::Refusal,
    wake::Reason,
};

impl Draft {
    pub(super) fn answer(&mut self, by: Answerer, results: Vec<ToolResult>) -> Result<(), Refusal> {
        check_calls(self.chat_mut()?, by, &results)?;
        self.take_answers(results)
    }

    pub(super) fn expire(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        let ledger = &self.ledger;
        let chat = self.chat.as_ref().ok_or(Refusal::Missing)?;
        let entry = |call: &OpenCall| ledger.iter().find(|entry| entry.call.tool_call_id == call.id);
        let results: Vec<ToolResult> = chat
            .calls
            .iter()
            .filter(|call| call.is_late(now))
            .map(|call| expired(call, entry(call)))
            .collect();
        if results.is_empty() {
            return Err(Refusal::NothingExpired);
        }
        let late: Vec<OpenCall> = chat.calls.iter().filter(|call| call.is_late(now)).cloned().collect();
        self.cancel(&late);
        self.take_answers(results)
    }

    /// Keeps answers in the ledger while others are missing; with the last one all enter history.
    fn take_answers(&mut self, results: Vec<ToolResult>) -> Result<(), Refusal> {
        let share_bytes = RESULTS_BYTES / self.chat_mut()?.calls.len().max(1);
        for result in results {
            let result = result.within(share_bytes);
            let id = result.tool_call_id.clone();
            if let Some(entry) = self.ledger.iter_mut().find(|entry| entry.call.tool_call_id == id) {
                entry.result = Some(result);
            }
            let open = self.chat_mut()?.calls.iter_mut().find(|call| call.id == id);
            if let Some(call) = open {
                call.answered = true;
            }
        }
        let chat = self.chat_mut()?;
        if chat.calls.iter().all(|call| call.answered) {
            let ledger = self.ledger.clone();
            let answers: Vec<&ToolResult> = ledger.iter().filter_map(|entry| entry.result.as_ref()).collect();
            self.note_endings(&answers)?;
            self.close_calls("the answer was lost")?;
            return self.run(Reason::Answer);
        }
        chat.status = if requires_action(chat) { Status::RequiresAction } else { Status::Running };
        Ok(())
    }
}

fn check_calls(chat: &Chat, by: Answerer, results: &[ToolResult]) -> Result<(), Refusal> {
    let waits = |call: &&OpenCall| call.answerer == by && !call.answered && call.deadline_at.is_some();
    let pending: Vec<&CallId> = chat.calls.iter().filter(waits).map(|call| &call.id).collect();
    let given: Vec<&CallId> = results.iter().map(|result| &result.tool_call_id).collect();
    // A client sees all of its calls and answers them together; others answer one by one.
    let all_at_once = by == Answerer::Client;
    let missing = pending.iter().filter(|id| all_at_once && !given.contains(id)).map(|id| (*id).clone());
    let unexpected = given.iter().filter(|id| !pending.contains(id)).map(|id| (*id).clone());
    let (missing, unexpected): (Vec<_>, Vec<_>) = (missing.collect(), unexpected.collect());
    if missing.is_empty() && unexpected.is_empty() && !given.is_empty() {
        return Ok(());
    }
    Err(Refusal::WrongCalls { missing, unexpected })
}

/// What a call that nobody answered in time is answered. Who had it in hand may have done it.
fn expired(call: &OpenCall, entry: Option<&Call>) -> ToolResult {
    let handed_out = |entry: &&Call| entry.accepted_at.is_some() || call.answerer == Answerer::Workspace;
    let handed_out = entry.filter(handed_out).map(|entry| (entry.accepted_at.is_some(), entry.if_lost));
    let unknown = Some(Outcome::Unknown);
    let (reason, outcome) = match handed_out {
        None | Some((false, IfLost::Retry)) => (sentence(call.answerer), None),
        Some((true, _)) if call.answerer == Answerer::Server => (TAKEN_SERVER, unknown),
        Some((true, IfLost::Report | IfLost::Retry)) => (TAKEN, unknown),
        Some((true, IfLost::Ask)) => (TAKEN_ASK, unknown),
        Some((false, IfLost::Report | IfLost::Ask)) => (UNHEARD, unknown),
    };
    ToolResult { outcome, ..ToolResult::synthetic(call.id.clone(), call.tool_name.clone(), reason) }
}

/// Nobody has said that it arrived, and it may have all the same.
const UNHEARD: &str = "the workspace did not answer in time; whether it began this is not known. Look at what is there \
                       before you run it again";

const TAKEN: &str = "the workspace began this and did not answer in time; whether it was done is not known";
const TAKEN_SERVER: &str =
    "the tool server was asked and did not answer in time; whether it did this is not known";
const TAKEN_ASK: &str = "the workspace began this and did not answer in time; whether it was done is not known. Look \
                         at what it left, and ask the user before you run it again";

const fn sentence(answerer: Answerer) -> &'static str {
    match answerer {
        Answerer::Client => "the client did not answer in time",
        Answerer::Person => "nobody answered in time",
        Answerer::Workspace => "the workspace did not answer in time",
        Answerer::Machine => "the workspace was not ready in time",
        Answerer::Server => "the tool server did not answer in time",
        Answerer::Chat => "the other agent did not finish in time",
        Answerer::Clock | Answerer::Step => "the call was not answered in time",
    }
}
