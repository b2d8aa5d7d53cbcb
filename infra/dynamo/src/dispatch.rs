//! From an operation's name to the engine's method.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use dynoxide::{
    Database, DynoxideError,
    actions::{
        batch_get_item::BatchGetItemRequest, batch_write_item::BatchWriteItemRequest,
        delete_item::DeleteItemRequest, get_item::GetItemRequest, put_item::PutItemRequest,
        query::QueryRequest, scan::ScanRequest, transact_get_items::TransactGetItemsRequest,
        transact_write_items::TransactWriteItemsRequest, update_item::UpdateItemRequest,
    },
};
use serde::de::DeserializeOwned;

use crate::{
    reply::{Capacity, Consumed, Reply},
    tokens::{Seen, Tokens, fingerprint},
};

type Answer = Result<Reply, DynoxideError>;

/// One request, and what it is answered from.
pub(crate) struct Call<'a> {
    pub(crate) database: &'a Database,
    pub(crate) tokens: &'a Mutex<Tokens>,
    pub(crate) body: &'a [u8],
}

/// Runs a method and asks for its capacity; the answer shows it only to a client that asked as well.
macro_rules! metered {
    ($call:expr, $request:ident, $method:ident, $kind:path) => {{
        let mut request: $request = decode($call.body)?;
        let asked = request.return_consumed_capacity.as_deref().is_some_and(|level| level != "NONE");
        if !asked {
            request.return_consumed_capacity = Some("TOTAL".to_owned());
        }
        let mut response = $call.database.$method(request)?;
        let consumed = $kind(response.consumed_capacity.units());
        if !asked {
            response.consumed_capacity = None;
        }
        Reply::of(&response, consumed)
    }};
}

/// Runs a method that is not billed by capacity.
macro_rules! free {
    ($call:expr, $method:ident) => {
        Reply::of(&$call.database.$method(decode($call.body)?)?, Consumed::default())
    };
}

/// Answers `operation`, such as `PutItem`.
pub(crate) fn dispatch(operation: &str, call: &Call<'_>) -> Answer {
    match operation {
        "BatchGetItem" => metered!(call, BatchGetItemRequest, batch_get_item, Consumed::read),
        "BatchWriteItem" => metered!(call, BatchWriteItemRequest, batch_write_item, Consumed::write),
        "CreateTable" => free!(call, create_table),
        "DeleteItem" => metered!(call, DeleteItemRequest, delete_item, Consumed::write),
        "DeleteTable" => free!(call, delete_table),
        "DescribeTable" => free!(call, describe_table),
        "DescribeTimeToLive" => free!(call, describe_time_to_live),
        "GetItem" => metered!(call, GetItemRequest, get_item, Consumed::read),
        "ListTables" => free!(call, list_tables),
        "PutItem" => metered!(call, PutItemRequest, put_item, Consumed::write),
        "Query" => metered!(call, QueryRequest, query, Consumed::read),
        "Scan" => scan(call),
        "TransactGetItems" => metered!(call, TransactGetItemsRequest, transact_get_items, Consumed::read),
        "TransactWriteItems" => transact_write(call),
        "UpdateItem" => metered!(call, UpdateItemRequest, update_item, Consumed::write),
        "UpdateTable" => free!(call, update_table),
        "UpdateTimeToLive" => free!(call, update_time_to_live),
        _ => Ok(Reply::unknown_operation()),
    }
}

/// The engine reads a table in order only where it is not asked for segments; one segment is the whole table.
fn scan(call: &Call<'_>) -> Answer {
    let mut body: serde_json::Value = decode(call.body)?;
    if body["TotalSegments"] == 1
        && body["Segment"] == 0
        && let Some(fields) = body.as_object_mut()
    {
        fields.remove("TotalSegments");
        fields.remove("Segment");
    }
    let body = serde_json::to_vec(&body).map_err(|error| refusal(&error.to_string()))?;
    let call = Call { body: &body, ..*call };
    metered!(call, ScanRequest, scan, Consumed::read)
}

/// A transaction with a token runs once within ten minutes, however often it is sent.
fn transact_write(call: &Call<'_>) -> Answer {
    let request: TransactWriteItemsRequest = decode(call.body)?;
    let Some(token) = request.client_request_token.clone() else { return run_transaction(call, request) };
    let items = serde_json::to_value(&request.transact_items).unwrap_or_default();
    let (fingerprint, now) = (fingerprint(&items), Instant::now());
    // Held while it runs: the same token on another thread waits, then finds it done.
    let mut tokens = call.tokens.lock().unwrap_or_else(PoisonError::into_inner);
    match tokens.look_up(&token, fingerprint, now) {
        Seen::Same(reply) => return Ok(reply),
        Seen::Other => return Err(DynoxideError::IdempotentParameterMismatchException(MISMATCH.into())),
        Seen::Never => {}
    }
    let reply = run_transaction(call, request)?;
    tokens.remember(token, fingerprint, reply.clone(), now);
    Ok(reply)
}

const MISMATCH: &str = "The request uses the same client token as a previous, but non-identical request.";

fn run_transaction(call: &Call<'_>, mut request: TransactWriteItemsRequest) -> Answer {
    request.client_request_token = None;
    let asked = request.return_consumed_capacity.as_deref().is_some_and(|level| level != "NONE");
    if !asked {
        request.return_consumed_capacity = Some("TOTAL".to_owned());
    }
    let mut response = call.database.transact_write_items(request)?;
    let consumed = Consumed::write(response.consumed_capacity.units());
    if !asked {
        response.consumed_capacity = None;
    }
    Reply::of(&response, consumed)
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| refusal(&error.to_string()))
}

/// The engine's request types mark in their messages which error DynamoDB would answer; unmarked, a
/// missing or unknown value is a validation's, a wrong JSON type the parser's.
fn refusal(message: &str) -> DynoxideError {
    let text = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
    for mark in ["VALIDATION_REQUEST:", "VALIDATION_AS_READ:", "VALIDATION:"] {
        if let Some(text) = text.strip_prefix(mark) {
            return DynoxideError::ValidationException(text.to_owned());
        }
    }
    for mark in ["SERIALIZATION_AS_READ:", "SERIALIZATION:"] {
        if let Some(text) = text.strip_prefix(mark) {
            return DynoxideError::SerializationException(text.to_owned());
        }
    }
    let invalid = ["missing field", "unknown variant", "invalid type: null", "AttributeValue"];
    if invalid.iter().any(|sign| text.contains(sign)) {
        return DynoxideError::ValidationException(text.to_owned());
    }
    DynoxideError::SerializationException(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_refusal_is_answered_as_dynamodb_would() {
        for (message, kind, text) in [
            ("VALIDATION:no table at line 1 column 2", "ValidationException", "no table"),
            ("SERIALIZATION:not a map", "SerializationException", "not a map"),
            ("missing field `Key` at line 1 column 9", "ValidationException", "missing field `Key`"),
            (
                "invalid type: integer `1`, expected a map",
                "SerializationException",
                "invalid type: integer `1`, expected a map",
            ),
        ] {
            let refusal = refusal(message);
            assert!(refusal.error_type().ends_with(kind), "{message}");
            assert_eq!(refusal.to_string(), text);
        }
    }
}
