//! Calls on their way to whoever answers them.
//!
//! All of this may be lost: the ledger has the calls, and a chat that is parked looks after them again and again.

use chat::{
    Change,
    agent::{AgentCall, ToAgent},
    call::{Answerer, Call, next_look},
    frame::frames_of,
    id::ChatId,
    limit::RESEND_MS,
    part::ToolResult,
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Snapshot},
    transition::{Refusal, Transition},
};

use super::{Flow, Step, StepPorts};
use crate::{
    announce::{Told, announce_in_order, tell_one},
    machine,
    route::result,
    settle::{Settled, settle},
};

/// By how much a wake may be early, as clocks differ.
const EARLY_MS: u64 = 500;

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Hands out the calls of a chat that was parked just now.
    ///
    /// # Errors
    /// The step's wake is to be delivered again, and looks after them.
    pub(super) async fn dispatch(&self, change: &Change) -> Result<(), Unavailable> {
        let is_parked = change.chat.is_parked();
        let pending: Vec<Call> = change.calls_put.iter().filter(|call| call.may_be_lost()).cloned().collect();
        if !is_parked || pending.is_empty() {
            return Ok(());
        }
        self.hand_out(&change.chat, &pending).await
    }

    /// A wake that was sent to look after calls: does so, unless it is one of an earlier wait. That of this one is on its
    /// way then.
    pub(super) async fn resend(&self, snapshot: &Snapshot) -> Result<Flow, Unavailable> {
        let waited = lost(snapshot).filter_map(|call| call.parked_at).min();
        let waited_ms = waited.map_or(u64::MAX, |parked_at| self.now().since_ms(parked_at));
        if waited_ms.saturating_add(EARLY_MS) < RESEND_MS {
            return Ok(Flow::Break(()));
        }
        self.look_after(snapshot).await
    }

    /// Hands out what may have got lost, and has the chat woken to do so again.
    pub(super) async fn look_after(&self, snapshot: &Snapshot) -> Result<Flow, Unavailable> {
        let pending: Vec<Call> = lost(snapshot).cloned().collect();
        let look = next_look(&snapshot.chat, &snapshot.ledger, self.now());
        // If this fails, the wake that led here comes again: a second one would never end.
        self.hand_out(&snapshot.chat, &pending).await?;
        self.wake_again(look.reason, look.delay_ms).await?;
        Ok(Flow::Break(()))
    }

    async fn hand_out(&self, chat: &Chat, pending: &[Call]) -> Result<(), Unavailable> {
        let is_for = |answerer| move |call: &&Call| call.answerer == answerer;
        let agents: Vec<&Call> = pending.iter().filter(is_for(Answerer::Workspace)).collect();
        if !agents.is_empty() {
            self.tell_agent(chat, &agents).await?;
        }
        let mut known = Vec::new();
        for call in pending.iter().filter(is_for(Answerer::Machine)) {
            if let Some(said) = self.bring(chat, call).await? {
                known.push(result(&call.call, said));
            }
        }
        self.answer(chat.id, Answerer::Machine, known).await?;
        for call in pending.iter().filter(is_for(Answerer::Server)) {
            self.worker.ports.call_server(&call.token(chat.id)).await?;
        }
        if pending.iter().any(|call| call.answerer == Answerer::Chat)
            && let Some(parent) = self.worker.ports.snapshot(chat.id).await?
        {
            Box::pin(self.answer_for_children(&parent)).await?;
        }
        Ok(())
    }

    /// Gives an agent its calls. One that is not connected is given them when it says hello.
    async fn tell_agent(&self, chat: &Chat, calls: &[&Call]) -> Result<(), Unavailable> {
        let Some(workspace) = self.workspace_of(chat).await? else { return Ok(()) };
        let until = calls.iter().map(|call| call.deadline_at).max().unwrap_or(self.now());
        self.worker.ports.bind(workspace.id, chat.id, until).await?;
        if let Ok(agent) = workspace.ready() {
            let told = calls.iter().map(|call| ToAgent::Call(Box::new(AgentCall::of(chat.id, call))));
            let told: Vec<ToAgent> = told.collect();
            if tell_one(&self.worker.ports, &agent.connection, &frames_of(&told)).await == Told::Gone {
                machine::leave(&self.worker.ports, workspace.id, &agent.connection).await;
            }
        }
        Ok(())
    }

    /// Answers calls in the name of somebody who cannot.
    pub(super) async fn answer(
        &self,
        chat_id: ChatId,
        by: Answerer,
        results: Vec<ToolResult>,
    ) -> Result<(), Unavailable> {
        if results.is_empty() {
            return Ok(());
        }
        let settled = settle(&self.worker.ports, chat_id, &|draft| {
            let waits = |result: &&ToolResult| {
                draft.chat().is_some_and(|chat| {
                    chat.calls
                        .iter()
                        .any(|call| call.id == result.tool_call_id && call.answerer == by && !call.answered)
                })
            };
            let results: Vec<ToolResult> = results.iter().filter(waits).cloned().collect();
            let parked = draft.chat().is_some_and(Chat::is_parked);
            if results.is_empty() || !parked {
                return Err(Refusal::Overtaken);
            }
            draft.apply(Transition::Answer { by, results })
        })
        .await?;
        match settled {
            Settled::Done(change) => announce_in_order(&self.worker.ports, &change, Vec::new()).await,
            Settled::Interrupted | Settled::Overtaken => Ok(()),
        }
    }
}

fn lost(snapshot: &Snapshot) -> impl Iterator<Item = &Call> {
    snapshot.ledger.iter().filter(|call| call.may_be_lost())
}
