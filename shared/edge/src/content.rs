//! What people may say: the parts that clients send.

use chat::{
    message::NewMessage,
    part::{Part, StoredPart},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::rejection::{FieldError, Rejection};

/// A part as clients send it.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of chat::part::Part")]
pub enum InputPart {
    /// Words.
    Text { text: String },
    /// An uploaded file.
    File { file_id: Uuid, media_type: String, name: Option<String> },
    /// Lines of a file.
    FileReference { file_name: String, start_line: u64, end_line: u64, content: String },
}

/// Returns the parts of a message, at least one, or what is wrong with them.
///
/// # Errors
/// 400, naming `content` or the part.
pub fn message(content: Vec<InputPart>) -> Result<Vec<Part>, Rejection> {
    if content.is_empty() {
        return Err(Rejection::field("content", "must not be empty"));
    }
    let errors: Vec<FieldError> =
        content.iter().enumerate().filter_map(|(index, part)| complaint(index, part)).collect();
    if errors.is_empty() {
        return Ok(content.into_iter().map(part).collect());
    }
    Err(Rejection::Invalid(errors))
}

/// Returns these parts as they are kept.
#[must_use]
pub fn stored(parts: Vec<Part>) -> Vec<StoredPart> {
    parts.into_iter().map(StoredPart::from).collect()
}

/// Returns a person's message of these parts.
#[must_use]
pub fn said(parts: Vec<Part>) -> NewMessage {
    NewMessage::of(chat::message::Role::User, stored(parts))
}

fn complaint(index: usize, part: &InputPart) -> Option<FieldError> {
    let (name, message) = match part {
        InputPart::Text { text } if text.trim().is_empty() => ("text", "must not be blank"),
        InputPart::File { media_type, .. } if media_type.trim().is_empty() => {
            ("media_type", "must not be blank")
        }
        InputPart::FileReference { file_name, .. } if file_name.trim().is_empty() => {
            ("file_name", "must not be blank")
        }
        InputPart::FileReference { start_line: 0, .. } => ("start_line", "must be at least 1"),
        InputPart::FileReference { start_line, end_line, .. } if end_line < start_line => {
            ("end_line", "must not be before start_line")
        }
        InputPart::Text { .. } | InputPart::File { .. } | InputPart::FileReference { .. } => return None,
    };
    Some(FieldError { field: format!("content[{index}].{name}"), message: message.into() })
}

fn part(input: InputPart) -> Part {
    match input {
        InputPart::Text { text } => Part::Text { text },
        InputPart::File { file_id, media_type, name } => Part::File { file_id, media_type, name },
        InputPart::FileReference { file_name, start_line, end_line, content } => {
            Part::FileReference { file_name, start_line, end_line, content }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expect: &str) {
        let content = serde_json::from_str(content).unwrap();
        let said = message(content).map(|parts| format!("{} parts", parts.len()));
        assert_eq!(said.unwrap_or_else(|rejection| rejection.said().message), expect);
    }

    #[test]
    fn every_part_must_say_something() {
        check("[]", "content: must not be empty");
        check(r#"[{"type":"text","text":" \n"}]"#, "content[0].text: must not be blank");
        check(
            r#"[{"type":"file_reference","file_name":"a","start_line":0,"end_line":1,"content":""}]"#,
            "content[0].start_line: must be at least 1",
        );
        check(
            r#"[{"type":"file_reference","file_name":"a","start_line":3,"end_line":2,"content":""}]"#,
            "content[0].end_line: must not be before start_line",
        );
        check(r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, "2 parts");
    }
}
