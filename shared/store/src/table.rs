//! One table: the calls that every port makes of it, and what their failures mean.

mod remove;

use std::sync::Arc;

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
    operation::{
        delete_item::builders::DeleteItemFluentBuilder, get_item::builders::GetItemFluentBuilder,
        put_item::builders::PutItemFluentBuilder, query::builders::QueryFluentBuilder,
        transact_write_items::TransactWriteItemsError as TransactError,
        update_item::builders::UpdateItemFluentBuilder,
    },
    types::{AttributeValue, CancellationReason},
};
use chat::port::{CommitError, Unavailable};

use crate::{
    codec::{Item, unreadable},
    spending::metered,
    update::Updating,
};

/// No answer takes more pages of 1 MB than this: several times what one partition's items can be by the
/// limits of `chat`.
const PAGES: usize = 64;

/// A table and the client to reach it.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: Arc<str>,
}

impl Table {
    pub(crate) fn new(client: &Client, name: String) -> Self {
        Self { client: metered(client), name: name.into() }
    }

    /// Starts a strongly consistent read of an item.
    pub(crate) fn get(&self, key: Item) -> GetItemFluentBuilder {
        self.client.get_item().table_name(&*self.name).set_key(Some(key)).consistent_read(true)
    }

    pub(crate) fn put(&self, item: Item) -> PutItemFluentBuilder {
        self.client.put_item().table_name(&*self.name).set_item(Some(item))
    }

    pub(crate) fn delete(&self, key: Item) -> DeleteItemFluentBuilder {
        self.client.delete_item().table_name(&*self.name).set_key(Some(key))
    }

    pub(crate) fn update(&self, key: Item, update: &Updating) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key))
            .update_expression(update.expression())
            .set_condition_expression(update.condition())
            .set_expression_attribute_names(Some(update.names()))
            .set_expression_attribute_values(update.values())
    }

    pub(crate) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&*self.name)
    }

    /// Starts a strongly consistent query of a partition, from one item to another, both included.
    pub(crate) fn between(
        &self,
        partition: &str,
        value: impl Into<String>,
        first: impl Into<String>,
        last: impl Into<String>,
    ) -> QueryFluentBuilder {
        self.query()
            .consistent_read(true)
            .key_condition_expression("#p = :p AND #i BETWEEN :first AND :last")
            .expression_attribute_names("#p", partition)
            .expression_attribute_names("#i", "item")
            .expression_attribute_values(":p", AttributeValue::S(value.into()))
            .expression_attribute_values(":first", AttributeValue::S(first.into()))
            .expression_attribute_values(":last", AttributeValue::S(last.into()))
    }
}

/// Returns all pages of a query.
pub(crate) async fn all(query: QueryFluentBuilder) -> Result<Vec<Item>, Unavailable> {
    let mut items = Vec::new();
    let mut from = None;
    for _ in 0..PAGES {
        let page = query.clone().set_exclusive_start_key(from).send().await.map_err(failed)?;
        items.extend(page.items.unwrap_or_default());
        match page.last_evaluated_key {
            Some(key) => from = Some(key),
            None => return Ok(items),
        }
    }
    Err(unreadable(format!("more than {PAGES} pages")))
}

/// Returns what a failed call means to the caller; the SDK has repeated it already where that may help.
pub(crate) fn failed<E>(error: SdkError<E>) -> Unavailable
where
    E: std::error::Error + 'static,
{
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    unreadable(reason)
}

pub(crate) fn built<T>(built: Result<T, BuildError>) -> Result<T, Unavailable> {
    built.map_err(|error| unreadable(error.to_string()))
}

/// A transaction that was cancelled because of somebody else's write has lost; nothing of it was written.
pub(crate) fn refused(error: SdkError<TransactError>) -> CommitError {
    let reasons = match error.as_service_error() {
        Some(TransactError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        Some(_) | None => &[],
    };
    if reasons.iter().any(is_lost_race) { CommitError::Conflict } else { failed(error).into() }
}

fn is_lost_race(reason: &CancellationReason) -> bool {
    matches!(reason.code(), Some("ConditionalCheckFailed" | "TransactionConflict"))
}
