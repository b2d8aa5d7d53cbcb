//! What one call answers, and what it would have cost.

use dynoxide::{DynoxideError, types::ConsumedCapacity};
use serde::Serialize;

/// Capacity that a call used, in DynamoDB's request units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Consumed {
    /// Read units: 4 KB strongly consistent, half of that when not, double in a transaction.
    pub read_units: f64,
    /// Write units: 1 KB, indexes included, double in a transaction.
    pub write_units: f64,
}

impl Consumed {
    pub(crate) fn read(units: f64) -> Self {
        Self { read_units: units, write_units: 0.0 }
    }

    pub(crate) fn write(units: f64) -> Self {
        Self { read_units: 0.0, write_units: units }
    }
}

/// An HTTP answer in DynamoDB's JSON protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Vec<u8>,
    /// What AWS would bill for the call.
    pub consumed: Consumed,
}

impl Reply {
    pub(crate) fn of(value: &impl Serialize, consumed: Consumed) -> Result<Self, DynoxideError> {
        let body = serde_json::to_vec(value)
            .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
        Ok(Self { status: 200, body, consumed })
    }

    pub(crate) fn failed(error: &DynoxideError) -> Self {
        Self {
            status: error.status_code(),
            body: error.to_json().into_bytes(),
            consumed: consumed_by_failure(error),
        }
    }

    pub(crate) fn unknown_operation() -> Self {
        let body = br#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_vec();
        Self { status: 400, body, consumed: Consumed::default() }
    }
}

/// A refused condition is billed as the write it would have been; the item's size is not known here, so
/// each counts as its least: one unit, two within a transaction.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is another crate's and open")]
fn consumed_by_failure(error: &DynoxideError) -> Consumed {
    match error {
        DynoxideError::ConditionalCheckFailedException(..) => Consumed::write(1.0),
        DynoxideError::TransactionCanceledException(_, reasons) => {
            Consumed::write(2.0 * f64::from(u32::try_from(reasons.len()).unwrap_or(u32::MAX)))
        }
        _ => Consumed::default(),
    }
}

/// The `ConsumedCapacity` of a response: one table's or several tables'.
pub(crate) trait Capacity {
    fn units(&self) -> f64;
}

impl Capacity for Option<ConsumedCapacity> {
    fn units(&self) -> f64 {
        self.as_ref().map_or(0.0, |capacity| capacity.capacity_units)
    }
}

impl Capacity for Option<Vec<ConsumedCapacity>> {
    fn units(&self) -> f64 {
        self.iter().flatten().map(|capacity| capacity.capacity_units).sum()
    }
}
