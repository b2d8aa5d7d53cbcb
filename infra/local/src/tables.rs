//! The template's tables in the embedded database.

use anyhow::{Result, bail};
use dynamo::Dynamo;
use serde_json::{Value, json};

use crate::template::TableSpec;

/// Creates tables that are not there yet.
pub(crate) async fn create_all(dynamo: &Dynamo, tables: &[TableSpec]) -> Result<()> {
    for table in tables {
        let is_new = create(dynamo, &table.create).await?;
        if let (true, Some(attribute)) = (is_new, &table.expires_by) {
            let specification = json!({"AttributeName": attribute, "Enabled": true});
            let update = json!({"TableName": table.name, "TimeToLiveSpecification": specification});
            call(dynamo, "UpdateTimeToLive", &update).await?;
        }
    }
    Ok(())
}

/// Creates one table; false if it was there.
pub(crate) async fn create(dynamo: &Dynamo, table: &Value) -> Result<bool> {
    match call(dynamo, "CreateTable", table).await {
        Ok(_) => Ok(true),
        Err(error) if error.to_string().contains("ResourceInUse") => Ok(false),
        Err(error) => Err(error),
    }
}

/// One unmetered call of the stack's own.
pub(crate) async fn call(dynamo: &Dynamo, operation: &str, body: &Value) -> Result<Value> {
    let reply = dynamo.call(&format!("DynamoDB_20120810.{operation}"), serde_json::to_vec(body)?).await;
    if reply.status == 200 {
        return Ok(serde_json::from_slice(&reply.body)?);
    }
    bail!("{operation}: {}", String::from_utf8_lossy(&reply.body))
}

/// Returns the bytes that all items of the tables take, as `DynamoDB` counts and bills them.
pub(crate) async fn stored_bytes(dynamo: &Dynamo) -> Result<u64> {
    let tables = call(dynamo, "ListTables", &json!({})).await?;
    let mut total = 0;
    for name in tables["TableNames"].as_array().into_iter().flatten() {
        let described = call(dynamo, "DescribeTable", &json!({ "TableName": name })).await?;
        total += described["Table"]["TableSizeBytes"].as_u64().unwrap_or_default();
    }
    Ok(total)
}
