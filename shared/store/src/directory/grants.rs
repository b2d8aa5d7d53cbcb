//! What OAuth 2 servers gave for tool servers.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use chat::{
    id::ServerId,
    mcp::Grant,
    port::{CommitError, ForgetGrants, KeepGrants, Unavailable},
};

use super::{Directory, catalogue::REVISION};
use crate::{
    codec::{self, BODY, bytes, number},
    key,
    table::failed,
};

/// The sort key of the newest token.
const GRANT: &str = "grant";

impl ForgetGrants for Directory {
    async fn forget_grant(&self, id: ServerId) -> Result<(), Unavailable> {
        self.table.remove(codec::key("key", key::server(id), GRANT)).await
    }
}

impl KeepGrants for Directory {
    async fn grant(&self, id: ServerId) -> Result<Option<Grant>, Unavailable> {
        let found = self.table.get(codec::key("key", key::server(id), GRANT)).send().await.map_err(failed)?;
        let Some(item) = found.item else { return Ok(None) };
        codec::check_version(&item)?;
        codec::unpack(codec::get_bytes(&item, BODY)?).map(Some)
    }

    async fn put_grant(&self, id: ServerId, grant: &Grant) -> Result<(), CommitError> {
        let mut item = codec::item("key", key::server(id), GRANT);
        item.insert(BODY.into(), bytes(codec::pack(grant, usize::MAX)?));
        item.insert(REVISION.into(), number(grant.revision));
        let put = self.table.put(item).expression_attribute_names("#r", REVISION);
        let put = match grant.revision.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(#r)"),
            before => put
                .condition_expression("#r = :before")
                .expression_attribute_values(":before", number(before)),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Err(CommitError::Conflict),
                Some(_) | None => Err(failed(error).into()),
            },
        }
    }
}
