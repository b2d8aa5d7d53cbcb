//! What all worlds of a campaign share: the template, and whether somebody reads along.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Result, bail};
use dynamo::Dynamo;
use local::template::Template;
use serde_json::{Value, json};

use super::request::Asked;

/// Made once per campaign.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) template: Template,
    /// Whether runs write down what happens.
    pub(crate) traces: bool,
    /// The defect that is built in to see whether anybody notices.
    pub(crate) defect: Option<Defect>,
}

/// How many worlds this process has made: what it keeps by region outlives a ground.
static WORLDS: AtomicU64 = AtomicU64::new(0);

/// A way in which the world is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Defect {
    /// Wakes are taken and never delivered again, and nobody sweeps.
    DeafQueue,
    /// The table forgets the condition of a chat's writes.
    BlindWrites,
    /// Agents forget what they did when they die.
    BlankJournal,
}

/// Holds for every item.
const ANY: &str = "attribute_exists(chat) OR attribute_not_exists(chat)";

impl Ground {
    pub(crate) fn read(traces: bool, defect: Option<Defect>) -> Result<Arc<Self>> {
        // Nothing is there: it makes the rehearsal models the ones that are offered.
        let parameters = [("RehearsalUrl".to_owned(), "http://rehearsal.invalid".to_owned())].into();
        let template = Template::read(&parameters)?;
        Ok(Arc::new(Self { template, traces, defect }))
    }

    /// Returns a region that no other world of this process is in.
    pub(crate) fn region() -> String {
        format!("us-east-{}", WORLDS.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Returns what the table is asked instead, where it is broken on purpose.
    pub(super) fn mangled(&self, asked: &Asked) -> Option<Vec<u8>> {
        if self.defect != Some(Defect::BlindWrites) || !asked.is_commit() {
            return None;
        }
        let mut body: Value = serde_json::from_slice(&asked.body).ok()?;
        let update = match body.get_mut("TransactItems") {
            Some(items) => &mut items[0]["Update"],
            None => &mut body,
        };
        update["ConditionExpression"] = ANY.into();
        Some(body.to_string().into_bytes())
    }

    /// Returns the template's tables, empty, in a database of their own.
    pub(crate) fn database(&self) -> Result<Dynamo> {
        let dynamo = Dynamo::memory()?;
        for table in &self.template.tables {
            call(&dynamo, "CreateTable", &table.create)?;
            if let Some(attribute) = &table.expires_by {
                let expiry = json!({"AttributeName": attribute, "Enabled": true});
                let update = json!({"TableName": table.name, "TimeToLiveSpecification": expiry});
                call(&dynamo, "UpdateTimeToLive", &update)?;
            }
        }
        Ok(dynamo)
    }
}

/// Makes a call of the runner's own, which nothing disturbs.
pub(super) fn call(dynamo: &Dynamo, operation: &str, body: &serde_json::Value) -> Result<serde_json::Value> {
    let reply = dynamo.handle(&format!("DynamoDB_20120810.{operation}"), body.to_string().as_bytes());
    if reply.status == 200 {
        return Ok(serde_json::from_slice(&reply.body)?);
    }
    bail!("{operation}: {}", String::from_utf8_lossy(&reply.body))
}
