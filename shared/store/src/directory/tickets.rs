//! One-use tickets.

use aws_sdk_dynamodb::{operation::delete_item::DeleteItemError, types::ReturnValue};
use chat::{
    port::{KeepTickets, Person, Unavailable},
    time::Timestamp,
};

use super::{Directory, of_person, person};
use crate::{
    codec::{self, EXPIRES_AT, expiry, number},
    key,
    table::failed,
};

/// The sort key of a ticket.
const TICKET: &str = "ticket";

impl KeepTickets for Directory {
    async fn put_ticket(
        &self,
        ticket_hash: &str,
        person: Person,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut item = of_person(key::ticket(ticket_hash), TICKET.into(), person);
        item.insert(EXPIRES_AT.into(), expiry(expires_at));
        self.table.put(item).send().await.map(drop).map_err(failed)
    }

    /// Takes the ticket away and looks at it in one call, so that of two callers one gets it.
    async fn use_ticket(&self, ticket_hash: &str, now: Timestamp) -> Result<Option<Person>, Unavailable> {
        let taken = self
            .table
            .delete(codec::key("key", key::ticket(ticket_hash), TICKET))
            .condition_expression("#x > :now")
            .expression_attribute_names("#x", EXPIRES_AT)
            .expression_attribute_values(":now", number(now.as_secs()))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match taken {
            Ok(taken) => taken.attributes.as_ref().map(person).transpose(),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(None),
                Some(_) | None => Err(failed(error)),
            },
        }
    }
}
