//! `/v1/usage`, `/v1/limits`

mod groups;
pub(crate) mod read_limits;
pub(crate) mod usage;
pub(crate) mod write_limits;
