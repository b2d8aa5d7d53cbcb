//! Whose a bearer token is.

use aws_sdk_dynamodb::types::ReturnValue;
use chat::port::{KeepTokens, Person, Unavailable};

use super::{Directory, person};
use crate::{
    codec::{self, VERSION, bytes},
    key,
    table::failed,
    update::Updating,
};

/// The sort key of a token.
const TOKEN: &str = "token";

impl KeepTokens for Directory {
    async fn person(&self, token_hash: &str) -> Result<Option<Person>, Unavailable> {
        let found = self.table.get(codec::key("key", key::token(token_hash), TOKEN)).send().await;
        found.map_err(failed)?.item.as_ref().map(person).transpose()
    }

    async fn put_token(&self, token_hash: &str, person: Person) -> Result<Person, Unavailable> {
        let mut update = Updating::default();
        update.set_once(VERSION, codec::newest());
        update.set_once(super::USER, bytes(person.user_id.0.into_bytes()));
        update.set_once(super::ORG, bytes(person.org_id.0.into_bytes()));
        let key = codec::key("key", key::token(token_hash), TOKEN);
        let sent = self.table.update(key, &update).return_values(ReturnValue::AllNew).send().await;
        super::person(&sent.map_err(failed)?.attributes.unwrap_or_default())
    }
}
