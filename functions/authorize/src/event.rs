//! What the two APIs ask, and the two forms of the answer.

use std::collections::BTreeMap;

use edge::{FunctionError, Secret, request::Caller};
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest token or ticket that is looked at.
const SECRET_BYTES: usize = 512;

/// What an API asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Question {
    /// The WebSocket API names the method; the HTTP API, in format 2.0, does not.
    method_arn: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    query_string_parameters: Option<BTreeMap<String, String>>,
}

impl Question {
    pub(crate) fn read(event: Value) -> Result<Self, FunctionError> {
        serde_json::from_value(event)
            .map_err(|error| FunctionError { error_type: "InvalidEvent", message: error.to_string() })
    }

    /// Returns the bearer token.
    pub(crate) fn token(&self) -> Option<Secret> {
        let headers = self.headers.as_ref()?;
        let header = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let (scheme, token) = header?.1.trim().split_once(' ')?;
        secret(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
    }

    /// Returns the ticket; a socket's only, because an address is logged on its way.
    pub(crate) fn ticket(&self) -> Option<Secret> {
        self.method_arn.as_ref()?;
        secret(self.query_string_parameters.as_ref()?.get("ticket")?)
    }

    /// Returns the answer in the form of the API that asks.
    pub(crate) fn answer(&self, caller: Caller) -> Value {
        match &self.method_arn {
            None => json!({ "isAuthorized": true, "context": caller.context() }),
            Some(arn) => json!({
                "principalId": principal(caller),
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{ "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": arn }],
                },
                "context": caller.context(),
            }),
        }
    }
}

fn principal(caller: Caller) -> String {
    match caller {
        Caller::Admin(person) | Caller::Known(person) => person.user_id.to_string(),
        Caller::Agent(agent) => agent.workspace_id.to_string(),
        Caller::Stranger | Caller::Unclear => "stranger".into(),
    }
}

fn secret(text: &str) -> Option<Secret> {
    (!text.is_empty() && text.len() <= SECRET_BYTES).then(|| Secret::new(text))
}
