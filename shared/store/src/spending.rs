//! What requests take: asked for with each, and said to the account of the invocation.
//!
//! A refused condition takes units as well, of which the answer does not speak; they are not counted.

use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut},
    },
    error::BoxError,
    operation::{
        batch_get_item::{BatchGetItemInput, BatchGetItemOutput},
        batch_write_item::{BatchWriteItemInput, BatchWriteItemOutput},
        delete_item::{DeleteItemInput, DeleteItemOutput},
        get_item::{GetItemInput, GetItemOutput},
        put_item::{PutItemInput, PutItemOutput},
        query::{QueryInput, QueryOutput},
        scan::{ScanInput, ScanOutput},
        transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        update_item::{UpdateItemInput, UpdateItemOutput},
    },
    types::{ConsumedCapacity, ReturnConsumedCapacity::Total},
};
use chat::account;

/// Makes a client whose every request says what it took.
pub(crate) fn metered(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().interceptor(Spending).build())
}

#[derive(Debug)]
struct Spending;

macro_rules! operations {
    ($($input:ident, $output:ident => $said:ident;)+) => {
        impl Intercept for Spending {
            fn name(&self) -> &'static str {
                "Spending"
            }

            fn modify_before_serialization(
                &self,
                context: &mut BeforeSerializationInterceptorContextMut<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                $(if let Some(input) = context.input_mut().downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(Total);
                })+
                Ok(())
            }

            fn read_after_deserialization(
                &self,
                context: &AfterDeserializationInterceptorContextRef<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                let Ok(output) = context.output_or_error() else { return Ok(()) };
                $(if let Some(output) = output.downcast_ref::<$output>() {
                    $said(output.consumed_capacity());
                })+
                Ok(())
            }
        }
    };
}

operations! {
    BatchGetItemInput, BatchGetItemOutput => read;
    BatchWriteItemInput, BatchWriteItemOutput => written;
    DeleteItemInput, DeleteItemOutput => written;
    GetItemInput, GetItemOutput => read;
    PutItemInput, PutItemOutput => written;
    QueryInput, QueryOutput => read;
    ScanInput, ScanOutput => read;
    TransactWriteItemsInput, TransactWriteItemsOutput => written;
    UpdateItemInput, UpdateItemOutput => written;
}

fn read<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
    account::spent(units(consumed), 0.0);
}

fn written<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
    account::spent(0.0, units(consumed));
}

fn units<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum()
}
