//! What the provider does itself on the way: searches, mostly.

use chat::{
    id::CallId,
    part::{Part, ToolCall, ToolResult},
};
use serde_json::Value;

use super::Assembly;
use crate::fault::Fault;

impl Assembly {
    /// Keeps a call that the provider answers itself. It is not shown in pieces: nobody here is to answer it.
    pub(crate) fn own_call(
        &mut self,
        id: &str,
        name: &str,
        args: Value,
        item: Value,
    ) -> Result<CallId, Fault> {
        self.end_text(None)?;
        let tool_call_id = self.unused_id(id);
        let call = ToolCall {
            tool_call_id: tool_call_id.clone(),
            tool_name: name.to_owned(),
            args,
            provider_executed: true,
        };
        self.part(Part::ToolCall(call), Some(item))?;
        Ok(tool_call_id)
    }

    /// Keeps what the provider answered itself.
    pub(crate) fn own_result(
        &mut self,
        tool_call_id: CallId,
        name: &str,
        result: Value,
        item: Option<Value>,
    ) -> Result<(), Fault> {
        if item.is_none() {
            self.grow(&result.to_string())?;
        }
        let is_error = result.get("error").is_some();
        let result = ToolResult {
            tool_call_id,
            tool_name: name.to_owned(),
            result,
            is_error,
            provider_executed: true,
            outcome: None,
        };
        self.part(Part::ToolResult(result), item)
    }
}
