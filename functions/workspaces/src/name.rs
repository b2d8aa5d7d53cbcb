//! What a workspace is called.

use chat::limit::WORKSPACE_NAME_CHARS;
use edge::Rejection;

/// Returns a name as it is kept; `otherwise` where none is given.
///
/// # Errors
/// It is blank, too long, or has characters that no line has: 400.
pub(crate) fn read(given: Option<String>, otherwise: &str) -> Result<String, Rejection> {
    let name = given.unwrap_or_else(|| otherwise.to_owned()).trim().to_owned();
    let fits = (1..=WORKSPACE_NAME_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    let wanted = format!("must be 1 to {WORKSPACE_NAME_CHARS} characters, without control characters");
    Err(Rejection::field("name", wanted))
}
