//! Notes that calls have arrived.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use chat::{
    agent::CallToken,
    port::{AcceptCalls, Unavailable},
    time::Timestamp,
};

use super::Chats;
use crate::{
    codec::{self, number},
    items::{ACCEPTED_AT, ASKED_BY},
    key,
    table::failed,
    update::Updating,
};

impl AcceptCalls for Chats {
    /// Beside the entry's body: an answer to another call may be written at the same moment.
    async fn accept(&self, token: &CallToken, at: Timestamp) -> Result<(), Unavailable> {
        let mut noting = Updating::default();
        noting.set_once(ACCEPTED_AT, number(at.0));
        noting.equal(ASKED_BY, number(token.message_id.0));
        let key = codec::key("chat", key::partition(token.chat_id), key::call(&token.call_id));
        match self.table.update(key, &noting).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(failed(error)),
            },
        }
    }
}
