//! What is known of workspaces' working trees: what agents report, and what is made of it.

use aws_sdk_dynamodb::operation::put_item::{PutItemError, builders::PutItemFluentBuilder};
use chat::{
    agent::Report,
    diff::Checkout,
    id::WorkspaceId,
    port::{
        CommitError, ForgetReports, KeepCheckouts, KeepReports, Kept, ReadCheckouts, Reported, Unavailable,
    },
    time::Timestamp,
};

use super::Directory;
use crate::{
    codec::{self, BODY, Item, bytes, number},
    items, key,
    table::failed,
};

/// The sort key of what an agent reported.
const REPORT: &str = "report";
/// When it had seen that.
const SEEN: &str = "seen";
/// The sort key of what is made of it.
const CHECKOUT: &str = "checkout";
/// The attribute that counts writes.
const EDITION: &str = "edition";
/// Bodies larger than this are compressed.
const PLAIN_BYTES: usize = 900;

impl KeepReports for Directory {
    async fn put_report(
        &self,
        id: WorkspaceId,
        report: &Report,
        seen_at: Timestamp,
    ) -> Result<Kept, Unavailable> {
        let mut item = codec::item("key", key::workspace(id), REPORT);
        let packed = items::packed(&item, report)?;
        item.insert(BODY.into(), bytes(packed));
        item.insert(SEEN.into(), number(seen_at.0));
        let put = self.table.put(item).expression_attribute_names("#s", SEEN);
        let put = put.expression_attribute_values(":s", number(seen_at.0));
        kept(put.condition_expression("attribute_not_exists(#s) OR #s <= :s")).await
    }
}

impl ForgetReports for Directory {
    async fn forget_reports(&self, id: WorkspaceId) -> Result<(), Unavailable> {
        for name in [REPORT, CHECKOUT] {
            self.table.remove(codec::key("key", key::workspace(id), name)).await?;
        }
        Ok(())
    }
}

impl ReadCheckouts for Directory {
    async fn reported(&self, id: WorkspaceId) -> Result<Option<Reported>, Unavailable> {
        let Some(item) = self.found(id, REPORT).await? else { return Ok(None) };
        let report = codec::unpack(codec::get_bytes(&item, BODY)?)?;
        Ok(Some(Reported { report, seen_at: codec::find_number(&item, SEEN)?.map(Timestamp) }))
    }

    async fn checkout(&self, id: WorkspaceId) -> Result<Option<Checkout>, Unavailable> {
        let found = self.found(id, CHECKOUT).await?;
        found.map(|item| codec::unpack(codec::get_bytes(&item, BODY)?)).transpose()
    }
}

impl KeepCheckouts for Directory {
    async fn put_checkout(&self, checkout: &Checkout) -> Result<(), CommitError> {
        let mut item = codec::item("key", key::workspace(checkout.workspace_id), CHECKOUT);
        item.insert(EDITION.into(), number(checkout.edition));
        item.insert(BODY.into(), bytes(codec::pack(checkout, PLAIN_BYTES)?));
        let put = self.table.put(item).expression_attribute_names("#e", EDITION);
        let put = match checkout.edition.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(#e)"),
            before => put
                .condition_expression("#e = :before")
                .expression_attribute_values(":before", number(before)),
        };
        match kept(put).await? {
            Kept::Done => Ok(()),
            Kept::Overtaken => Err(CommitError::Conflict),
        }
    }
}

impl Directory {
    async fn found(&self, id: WorkspaceId, name: &str) -> Result<Option<Item>, Unavailable> {
        let key = codec::key("key", key::workspace(id), name);
        let found = self.table.get(key).send().await.map_err(failed)?.item;
        found.iter().try_for_each(codec::check_version)?;
        Ok(found)
    }
}

async fn kept(put: PutItemFluentBuilder) -> Result<Kept, Unavailable> {
    match put.send().await {
        Ok(_) => Ok(Kept::Done),
        Err(error) => match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Kept::Overtaken),
            Some(_) | None => Err(failed(error)),
        },
    }
}
