//! What a chat is called: a name of its first message, by another model than the one that answers.

use std::sync::Arc;

use chat::{
    id::MessageId,
    message::{Message, NewMessage, Role, Visibility},
    model::ModelRequest,
    part::Part,
    record::Chat,
    time::Timestamp,
    transition::title_of,
};

use crate::prompt::{Asked, cut};

/// Words of a title.
const WORDS: usize = 8;
/// Characters of a title: what a list shows.
const CHARS: usize = 80;
/// Bytes of the first message that the model is shown.
const SHOWN_BYTES: usize = 6_000;
const INSTRUCTIONS: &str = "You name conversations. Answer with a title for the conversation that begins with the \
                            message you are given, and with nothing else: at most eight words, in the language of the \
                            message, no quotes, no full stop. Do not answer the message.";

/// Returns what the chat was named after, where that is all that was said and nobody has named it since.
#[must_use]
pub fn unnamed<'a>(chat: &Chat, history: &'a [Arc<Message>]) -> Option<&'a Message> {
    let said = |message: &&Arc<Message>| message.role == Role::User && message.visibility == Visibility::Both;
    let first = history.first().filter(said).filter(|first| first.id == MessageId(1))?;
    let is_only = history.iter().filter(said).count() == 1;
    let parts: Vec<Part> = first.content.iter().map(|stored| stored.part.clone()).collect();
    (is_only && chat.title == title_of(&parts)).then_some(first)
}

/// Returns the request for a title.
#[must_use]
pub fn request(chat: &Chat, asked: &Asked, first: &Message, now: Timestamp) -> ModelRequest {
    let texts = first.content.iter().filter_map(|stored| match &stored.part {
        Part::Text { text } => Some(text.as_str()),
        Part::Reasoning { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Source { .. }
        | Part::File { .. }
        | Part::FileReference { .. }
        | Part::ContextFile { .. }
        | Part::Skill { .. } => None,
    });
    let text = cut::text(&texts.collect::<Vec<_>>().join("\n"), SHOWN_BYTES);
    let content = vec![Part::Text { text: format!("<message>\n{text}\n</message>") }.into()];
    ModelRequest {
        model: Arc::clone(&asked.model),
        access: asked.access.clone(),
        chat_id: chat.id,
        system: vec![INSTRUCTIONS.to_owned()],
        messages: vec![Arc::new(NewMessage::of(Role::User, content).placed(first.id, now, 0))],
        tools: Vec::new(),
        effort: None,
    }
}

/// Returns the title in a model's answer, if there is one.
#[must_use]
pub fn titled(answer: &str) -> Option<String> {
    let line = answer.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_matches(|c: char| c.is_whitespace() || "\"'`*#“”„«».".contains(c));
    let words: Vec<&str> = line.split_whitespace().take(WORDS).collect();
    let title: String = words.join(" ").chars().take(CHARS).collect();
    Some(title.trim_end().to_owned()).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_short_and_plain() {
        assert_eq!(titled("\n \"Weather in Bern.\"\nmore"), Some("Weather in Bern".into()));
        assert_eq!(
            titled("one two three four five six seven eight nine").unwrap(),
            "one two three four five six seven eight"
        );
        assert_eq!(titled(&"ä".repeat(200)).unwrap().chars().count(), CHARS);
        assert_eq!(titled(" \"\" \n"), None);
    }
}
