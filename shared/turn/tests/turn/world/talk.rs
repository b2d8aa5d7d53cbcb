//! What clients do.

use chat::{
    Change,
    call::Answerer,
    id::MessageId,
    part::ToolResult,
    transition::{Refusal, Transition, WhenBusy},
};
use kit::seed;
use serde_json::json;
use turn::CommitFailure;

use super::World;

impl World {
    pub(crate) async fn send(&self, text: &str) -> Change {
        self.send_when_busy(text, WhenBusy::Queue).await
    }

    pub(crate) async fn send_when_busy(&self, text: &str, when_busy: WhenBusy) -> Change {
        let message = seed::queued(text, self.now());
        self.apply(Transition::Send { message, when_busy }).await
    }

    pub(crate) async fn edit(&self, message_id: u64, text: &str) -> Change {
        let message_id = MessageId(message_id);
        self.apply(Transition::Edit { message_id, message: seed::said(text) }).await
    }

    /// Interrupts the chat. False: it was at rest.
    pub(crate) async fn interrupt(&self) -> bool {
        match self.commit(|draft| draft.apply(Transition::Interrupt)).await {
            Ok(_) => true,
            Err(CommitFailure::Refused(Refusal::NotAllowed { .. })) => false,
            Err(failure) => panic!("{failure}"),
        }
    }

    /// Answers every pending call of the client.
    pub(crate) async fn answer(&self, output: &str) -> Change {
        let results = self.chat().client_calls().map(|call| result(call, output)).collect();
        self.apply(Transition::Answer { by: Answerer::Client, results }).await
    }
}

fn result(call: &chat::call::OpenCall, output: &str) -> ToolResult {
    ToolResult {
        tool_call_id: call.id.clone(),
        tool_name: call.tool_name.clone(),
        result: json!(output),
        is_error: false,
        provider_executed: false,
        outcome: None,
    }
}
