//! Takes calls.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use chat::{
    agent::CallToken,
    port::{ClaimCalls, Unavailable},
    time::Timestamp,
};
use uuid::Uuid;

use super::Chats;
use crate::{
    codec::{self, bytes, number},
    items::{ACCEPTED_AT, ASKED_BY},
    key,
    table::failed,
    update::Updating,
};

/// The attribute of who has a call.
const CLAIM: &str = "claim";

impl ClaimCalls for Chats {
    async fn claim(&self, token: &CallToken, claim: Uuid, at: Timestamp) -> Result<bool, Unavailable> {
        let mut taking = Updating::default();
        taking.set(CLAIM, bytes(claim.into_bytes()));
        taking.set_once(ACCEPTED_AT, number(at.0));
        taking.equal(ASKED_BY, number(token.message_id.0));
        taking.absent_or_mine(ACCEPTED_AT, CLAIM);
        let key = codec::key("chat", key::partition(token.chat_id), key::call(&token.call_id));
        match self.table.update(key, &taking).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                Some(_) | None => Err(failed(error)),
            },
        }
    }
}
