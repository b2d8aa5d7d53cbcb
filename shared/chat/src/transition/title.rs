//! What a chat is called until somebody names it.

use crate::part::Part;

/// Returns the title that a chat without one gets from what was first said in it: the first line.
#[must_use]
pub fn title_of(content: &[Part]) -> String {
    let mut lines = content.iter().filter_map(Part::text).flat_map(str::lines).map(str::trim);
    let text = lines.find(|line| !line.is_empty());
    let line = text.unwrap_or("New chat");
    if line.chars().count() <= DERIVED_TITLE_CHARS {
        return line.to_owned();
    }
    line.chars().take(DERIVED_TITLE_CHARS - 1).chain(['…']).collect()
}

/// How long a derived title may be: what a list shows on one line.
const DERIVED_TITLE_CHARS: usize = 60;
