//! The calls of an answer that a step answers itself.

use std::sync::Arc;

use chat::{
    Change,
    call::Answerer,
    message::{Message, Role},
    part::ToolCall,
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Lease, Snapshot, Spec},
    tool::Local,
    transition::{Fence, Transition},
};
use futures::future::{join, join_all};

use super::{
    Flow, Step, StepPorts,
    answered::{Calls, commit_results},
    lease::Stop,
    looking::Looked,
    seen,
    vitals::Vitals,
};
use crate::{
    agents::{self, Parent},
    announce::announce_in_order,
    route::{Fate, Handed, Routed, Said},
    settle::{Settled, settle, settle_on},
    stopped::interrupted,
};

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Answers calls that are open because the step died that was to answer them or to hand them out. What it did for
    /// them is named after them, so that doing it again does nothing.
    pub(super) async fn run_open_tools(&self, snapshot: Snapshot) -> Result<Flow, Unavailable> {
        let (ports, before) = (&self.worker.ports, snapshot.chat.clone());
        let lease = Lease::from(self.id, self.now());
        let history_version = before.versions.history;
        let (taken, (history, spec)) = join(
            settle_on(ports, snapshot, &|draft| {
                draft.apply(Transition::RecordAttempt { lease, history_version })
            }),
            join(self.worker.recent.history(ports, &before), ports.spec(before.id)),
        )
        .await;
        let begun = match taken? {
            Some(Settled::Done(begun)) => begun,
            Some(Settled::Interrupted | Settled::Overtaken) | None => return Ok(Flow::Continue(())),
        };
        let history = history?;
        let asks = |message: &&Arc<Message>| {
            message.role == Role::Assistant
                && before.calls.iter().all(|open| message.calls().any(|call| call.tool_call_id == open.id))
        };
        let Some(message) = history.iter().rev().find(asks) else {
            let commit = |draft: chat::Draft| self.close_calls(draft);
            return self.finish_tools(&begun, settle(ports, before.id, &commit).await?, true).await;
        };
        Box::pin(self.run_tools(&begun, message, &spec?, true)).await
    }

    /// Answers the open calls of `message`, beside each other, and commits what they came to. `begun` is what took the
    /// lease; `untold`: nobody was told of that.
    pub(super) async fn run_tools(
        &self,
        begun: &Change,
        message: &Message,
        spec: &Spec,
        untold: bool,
    ) -> Result<Flow, Unavailable> {
        let (chat, ports) = (&begun.chat, &self.worker.ports);
        let lease = chat.lease.unwrap_or(Lease::from(self.id, self.now()));
        let vitals = Vitals::of(chat, self.now());
        let looked = tokio::select! {
            biased;
            stop = self.keep_lease(lease, chat.due_at, &vitals) => return match stop {
                Stop::Taken => Ok(Flow::Break(())),
                Stop::Unrenewed | Stop::OutOfTime => {
                    Err(Unavailable { dependency: "chats", reason: "tools took longer than the step has".into() })
                }
            },
            looked = Box::pin(self.answer_calls(chat, message, spec)) => looked?,
        };
        let versions = chat.versions;
        let fence = Fence {
            worker: self.id,
            history_version: versions.history,
            generation_attempt: versions.generation_attempt,
        };
        let calls =
            Calls { routed: &looked.routed, workspace_id: looked.workspace_id, lease, now: self.now() };
        let cost_micros = vitals.progress(self.now()).cost_micros;
        let settled = settle(ports, chat.id, &|draft| {
            commit_results(draft.costing(cost_micros), fence, message.id, &calls)
        })
        .await?;
        let settled = match settled {
            Settled::Interrupted => {
                // They ran to their end: what they came to is known.
                let results = looked.routed.results();
                settle(ports, chat.id, &|draft| {
                    interrupted(draft.knowing(results.clone()), fence, Vec::new(), chat.model_id)
                })
                .await?
            }
            settled @ (Settled::Done(_) | Settled::Overtaken) => settled,
        };
        self.finish_tools(begun, settled, untold).await
    }

    async fn finish_tools(
        &self,
        begun: &Change,
        settled: Settled,
        untold: bool,
    ) -> Result<Flow, Unavailable> {
        let Settled::Done(change) = settled else {
            seen::overtaken();
            return Ok(Flow::Break(()));
        };
        let earlier = if untold { begun.events.clone() } else { Vec::new() };
        announce_in_order(&self.worker.ports, &change, earlier).await?;
        self.dispatch(&change).await?;
        Ok(Flow::Break(()))
    }

    /// Runs what is to be run here, then looks at what others are to answer.
    async fn answer_calls(&self, chat: &Chat, message: &Message, spec: &Spec) -> Result<Looked, Unavailable> {
        let open = |call: &ToolCall| chat.calls.iter().find(|open| open.id == call.tool_call_id);
        let is_open = |call: &&ToolCall| open(call).is_some();
        // Whose it is was found when the answer was committed.
        let is_servers = |call: &ToolCall| open(call).is_some_and(|open| open.answerer == Answerer::Server);
        let calls = message.calls().filter(is_open).cloned();
        let routed = Routed::of(calls, chat, spec, &*self.worker.tools, &is_servers);
        let run = |handed: &Handed| {
            let (call, local) = (handed.call.clone(), local(handed));
            async move {
                match local {
                    Some(local) => {
                        Box::pin(self.run_local(chat, message, spec, &call, local)).await.map(Some)
                    }
                    None => Ok(None),
                }
            }
        };
        let runs = join_all(routed.0.iter().map(run));
        // What runs here may change what is looked at: a message to a child, and waiting for its next report.
        let ran = runs.await;
        let mut looked = self.look(chat, message.id, routed.clone()).await?;
        for (handed, said) in looked.routed.0.iter_mut().zip(ran) {
            if let Some(said) = said? {
                handed.answer(said);
            }
        }
        Ok(looked)
    }

    async fn run_local(
        &self,
        chat: &Chat,
        message: &Message,
        spec: &Spec,
        call: &ToolCall,
        local: Local,
    ) -> Result<Said, Unavailable> {
        let ports = &self.worker.ports;
        let parent = Parent { chat, spec, message_id: message.id, call_id: &call.tool_call_id };
        match local {
            Local::SpawnAgent(ask) => {
                // One after the other, so that each counts those before it.
                let _counted = self.spawning.lock().await;
                let editions = ports.editions().await?;
                let offer = self.worker.catalogues.offer_of(ports, chat.owner_id, editions).await?;
                Box::pin(agents::spawn(ports, &parent, &ask, &offer)).await
            }
            Local::MessageAgent { chat_id, message, interrupt } => {
                Box::pin(agents::message(ports, &parent, chat_id, message, interrupt)).await
            }
            Local::InterruptAgent { chat_id } => Box::pin(agents::interrupt(ports, &parent, chat_id)).await,
            Local::ListAgents { limit, offset } => agents::list(ports, chat, limit, offset).await,
            Local::ListTemplates { query, page } => Ok(self.list_templates(query.as_deref(), page)),
            Local::ReadTemplate { template_id } => Ok(self.read_template(&template_id)),
            Local::AskUserQuestion { questions } => Ok(Ok(serde_json::json!({ "questions": questions }))),
        }
    }
}

fn local(handed: &Handed) -> Option<Local> {
    match &handed.fate {
        Fate::Here(local) => Some(local.clone()),
        Fate::Away(_) | Fate::Known(_) => None,
    }
}
