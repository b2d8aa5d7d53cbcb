//! What a server's answer is to a model: text.

use chat::{
    call::Call,
    limit::SERVER_RESULT_BYTES,
    part::{Outcome, ToolResult},
};
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Value, json};

use crate::trouble::Trouble;

/// Returns what a call came to. What is inside the network stays there: who administers finds it beside the server.
pub(crate) fn result(call: &Call, slug: &str, said: Result<CallToolResult, Trouble>) -> ToolResult {
    match said {
        Ok(answer) => {
            let is_error = answer.is_error.unwrap_or_default();
            let text = text(answer);
            let result = if is_error { json!({ "error": text }) } else { Value::String(text) };
            ToolResult { result, is_error, ..failed(call, "") }
        }
        Err(Trouble::Refused(refusal)) => failed(call, &cut(refusal.words)),
        Err(Trouble::Unoffered) => failed(call, NOT_OFFERED),
        Err(Trouble::Unheard(_)) => unknown(
            call,
            &format!("the tool server {slug} was asked and did not answer; whether it did this is not known"),
        ),
        Err(Trouble::Unreached(_) | Trouble::Unwelcome(_) | Trouble::Unavailable(_)) => {
            failed(call, &format!("the tool server {slug} could not be reached; it was not asked to do this"))
        }
    }
}

const NOT_OFFERED: &str = "the tool server did not answer: it asked for something that is not offered to servers \
    (more input, or a task to be followed)";

/// Returns the result of a call that somebody took and never answered.
pub(crate) fn abandoned(call: &Call) -> ToolResult {
    unknown(call, "whoever asked the tool server died; whether it did this is not known")
}

/// Returns the result of a call that cannot be made.
pub(crate) fn failed(call: &Call, why: &str) -> ToolResult {
    let named = &call.call;
    ToolResult::synthetic(named.tool_call_id.clone(), named.tool_name.clone(), why)
}

fn unknown(call: &Call, why: &str) -> ToolResult {
    ToolResult { outcome: Some(Outcome::Unknown), ..failed(call, why) }
}

/// Texts one after the other; what is no text is named. A server that says nothing but data is quoted.
fn text(answer: CallToolResult) -> String {
    let said: Vec<String> = answer.content.into_iter().map(block).collect();
    match (said.is_empty(), answer.structured_content) {
        (true, Some(data)) => cut(data.to_string()),
        (true, None) | (false, _) => cut(said.join("\n\n")),
    }
}

fn block(block: ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text,
        ContentBlock::Image(image) => blob("image", &image.mime_type, &image.data),
        ContentBlock::Audio(audio) => blob("audio", &audio.mime_type, &audio.data),
        ContentBlock::ResourceLink(link) => format!("[resource {}: {}]", link.name, link.uri),
        ContentBlock::Resource(embedded) => match embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text,
            ResourceContents::BlobResourceContents { uri, mime_type, blob: data, .. } => {
                blob(&uri, mime_type.as_deref().unwrap_or("application/octet-stream"), &data)
            }
            _ => UNKNOWN.to_owned(),
        },
        _ => UNKNOWN.to_owned(),
    }
}

/// The SDK says that there may be more kinds some day.
const UNKNOWN: &str = "[content of an unknown kind]";

/// Base64 has four characters for three bytes.
fn blob(what: &str, media_type: &str, base64: &str) -> String {
    format!("[{what}, {media_type}, about {} bytes; not shown]", base64.len() / 4 * 3)
}

/// Keeps the first two thirds and the last third of what is too long.
fn cut(text: String) -> String {
    if text.len() <= SERVER_RESULT_BYTES {
        return text;
    }
    let (head, tail) = (SERVER_RESULT_BYTES / 3 * 2, text.len() - SERVER_RESULT_BYTES / 3);
    let (head, tail) = (text.floor_char_boundary(head), text.ceil_char_boundary(tail));
    let left_out = tail - head;
    format!("{}\n[… {left_out} bytes left out …]\n{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_keeps_its_ends() {
        let long = format!("begin{}end", "ä".repeat(SERVER_RESULT_BYTES));
        let kept = cut(long);
        assert!(kept.len() <= SERVER_RESULT_BYTES + 64, "{}", kept.len());
        assert!(kept.starts_with("begin") && kept.ends_with("end") && kept.contains("bytes left out"));
        assert_eq!(cut("short".into()), "short");
    }

    #[test]
    fn what_is_no_text_is_named() {
        let answer = CallToolResult::success(vec![
            ContentBlock::text("one"),
            ContentBlock::image("AAAA", "image/png"),
            ContentBlock::text("two"),
        ]);
        assert_eq!(text(answer), "one\n\n[image, image/png, about 3 bytes; not shown]\n\ntwo");
    }
}
