//! JSON-RPC, as far as tool servers speak it with us.

use rmcp::model::{ErrorCode, ErrorData};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

/// What a server sent. A result is read by whoever knows what was asked: one type of all results that there are would be
/// tried member by member.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    id: Option<Value>,
    method: Option<String>,
    result: Option<Box<RawValue>>,
    error: Option<ErrorData>,
    /// Whether HTTP says what it answers.
    #[serde(skip)]
    is_to_request: bool,
}

/// What a message is to whoever waits for an answer.
#[derive(Debug)]
pub(crate) enum Said {
    /// The answer.
    Answer(Result<Box<RawValue>, ErrorData>),
    /// A request of the server's own, which wants an answer itself.
    Request { id: Value, method: String },
    /// Nothing: a notification, or an answer to something else.
    Nothing,
}

impl Message {
    /// Returns it as what HTTP answered a request with. An error without an id, for a server that could not read one, is of
    /// that request then; anywhere else it is of nobody knows what.
    pub(crate) fn answering(self) -> Self {
        Self { is_to_request: true, ..self }
    }

    /// Returns what was refused, if it is an error: the refusal of a request is of no other, whatever id it says.
    pub(crate) fn into_refusal(self) -> Option<Self> {
        self.error.is_some().then_some(Self { id: None, method: None, ..self.answering() })
    }

    /// Returns what it is to whoever asked with this id.
    pub(crate) fn said(self, asked: u64) -> Said {
        match self {
            Self { id: Some(id), method: Some(method), .. } => Said::Request { id, method },
            Self { id: None, method: None, error: Some(error), is_to_request: true, .. } => {
                Said::Answer(Err(error))
            }
            Self { id: Some(id), method: None, result, error, .. } if is(&id, asked) => match (result, error)
            {
                (_, Some(error)) => Said::Answer(Err(error)),
                (Some(result), None) => Said::Answer(Ok(result)),
                (None, None) => Said::Nothing,
            },
            Self { .. } => Said::Nothing,
        }
    }
}

/// Some servers answer numbers as text.
fn is(id: &Value, asked: u64) -> bool {
    id.as_u64() == Some(asked) || id.as_str().is_some_and(|id| id == asked.to_string())
}

/// Returns a request.
pub(crate) fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// Returns a notification.
pub(crate) fn notification(method: &str, params: Option<&Value>) -> Value {
    let mut said = json!({ "jsonrpc": "2.0", "method": method });
    if let (Some(said), Some(params)) = (said.as_object_mut(), params) {
        said.insert("params".to_owned(), params.clone());
    }
    said
}

/// Returns what a server's own request is answered: there is somebody here, and nothing else is offered to servers.
pub(crate) fn reply(id: &Value, method: &str) -> Value {
    if method == "ping" {
        return json!({ "jsonrpc": "2.0", "id": id, "result": {} });
    }
    let error = json!({ "code": ErrorCode::METHOD_NOT_FOUND.0, "message": "this is not offered to servers" });
    json!({ "jsonrpc": "2.0", "id": id, "error": error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sent: &Value, expect: &str) {
        says(serde_json::from_str(&sent.to_string()).unwrap(), expect);
    }

    fn says(message: Message, expect: &str) {
        let shown = format!("{message:?}");
        let said = match message.said(7) {
            Said::Answer(Ok(result)) => format!("result {result}"),
            Said::Answer(Err(error)) => format!("error {}", error.message),
            Said::Request { id, method } => format!("request {id} {method}"),
            Said::Nothing => "nothing".to_owned(),
        };
        assert_eq!(said, expect, "{shown}");
    }

    #[test]
    fn only_what_has_the_id_that_was_asked_is_an_answer() {
        let error = json!({"code": -1, "message": "no"});
        check(&json!({"id": 7, "result": {"a": 1}}), "result {\"a\":1}");
        check(&json!({"id": "7", "result": {}}), "result {}");
        check(&json!({"id": 7, "error": error}), "error no");
        check(&json!({"id": null, "error": error}), "nothing");
        check(&json!({"id": 6, "result": {}}), "nothing");
        check(&json!({"id": 6, "error": error}), "nothing");
        check(&json!({"id": 7}), "nothing");
        check(&json!({"id": 7, "method": "ping"}), "request 7 ping");
        check(&json!({"method": "notifications/message", "params": {}}), "nothing");
    }

    #[test]
    fn an_error_without_an_id_is_an_answer_where_http_says_to_what() {
        let read = |sent: Value| serde_json::from_str::<Message>(&sent.to_string()).unwrap();
        let error = json!({"code": -1, "message": "no"});
        says(read(json!({"id": null, "error": error})).answering(), "error no");
        says(read(json!({"id": 6, "error": error})).answering(), "nothing");
        says(read(json!({"id": 6, "error": error})).into_refusal().unwrap(), "error no");
        assert!(read(json!({"id": 7, "result": {}})).into_refusal().is_none());
    }
}
