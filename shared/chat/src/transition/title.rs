//! What a chat is called until somebody names it.

use crate::part::Part;

/// Returns the title that a chat without one gets from what was first said in it: the first line.
#[must_use]
pub fn title_of(content: &[Part]) -> String {
    let text = content.iter().find_map(|part| match part {
        Part::Text { text } => text.lines().map(str::trim).find(|line| !line.is_empty()),
        Part::Reasoning { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Source { .. }
        | Part::File { .. }
        | Part::FileReference { .. }
        | Part::ContextFile { .. }
        | Part::Skill { .. } => None,
    });
    let line = text.unwrap_or("New chat");
    if line.chars().count() <= DERIVED_TITLE_CHARS {
        return line.to_owned();
    }
    line.chars().take(DERIVED_TITLE_CHARS - 1).chain(['…']).collect()
}

/// How long a derived title may be: what a list shows on one line.
const DERIVED_TITLE_CHARS: usize = 60;
