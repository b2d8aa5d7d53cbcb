//! The tool servers that requests name.

use chat::{catalogue::Catalogue, id::ServerId};

use crate::Rejection;

/// Checks a request's `mcp_server_ids`.
///
/// # Errors
/// One names no tool server, or there are more than there may be: 400, with the place of the first such.
pub fn check(catalogue: &Catalogue, ids: &[ServerId]) -> Result<(), Rejection> {
    let refused = |place| {
        let message = "names no tool server, or one more than there may be";
        Err(Rejection::field(format!("mcp_server_ids[{place}]"), message))
    };
    catalogue.first_wrong_server(ids).map_or(Ok(()), refused)
}
