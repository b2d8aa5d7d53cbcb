//! What a chat is called: a name of its first message when it begins, and one of all of it where a person asks.

mod sample;

use std::sync::Arc;

use chat::{
    catalogue::Unusable,
    id::MessageId,
    message::{Message, Role, Visibility},
    model::ModelRequest,
    record::Chat,
    time::Timestamp,
};
pub use sample::{Sample, sample};

use crate::{
    aside::{chars, request as aside, spoken},
    catalogue::Offer,
    prompt::Asked,
};

/// Words of a title.
const WORDS: usize = 8;
/// Characters of a title: what a list shows.
const CHARS: usize = 80;
/// Characters of a conversation that the model is shown.
const SHOWN_CHARS: usize = 6_000;
/// Characters of the newest message, which it is shown once more.
const LATEST_CHARS: usize = 1_000;
const INSTRUCTIONS: &str = "You name conversations. Answer with a title for the conversation that you are given, and \
                            with nothing else: at most eight words, in the language of its people, no quotes, no full \
                            stop. Name the task, and what it came to be if it changed. Do not continue the conversation.";

/// Returns what the chat is to be named after: all that was said, where nobody has named it yet.
#[must_use]
pub fn unnamed<'a>(chat: &Chat, history: &'a [Arc<Message>]) -> Option<&'a Message> {
    let mut said = history.iter().filter(|message| is_said(message));
    let (first, second) = (said.next()?, said.next());
    (chat.derived_title && first.id == MessageId(1) && second.is_none()).then_some(first)
}

/// Returns the model that names chats: the one that is set for it, and no other then, or the chat's own.
///
/// # Errors
/// It cannot be asked.
pub fn namer(chat: &Chat, offer: &Offer) -> Result<Asked, Unusable> {
    let set = offer.catalogue.settings.model_overrides.title;
    Asked::of(offer, set.unwrap_or(chat.model_id))
}

/// Returns the request for the title of a chat that has just begun.
#[must_use]
pub fn request(chat: &Chat, asked: &Asked, first: &Message, now: Timestamp) -> ModelRequest {
    let said = spoken(first);
    let text = format!("<conversation>\n<user>\n{}\n</user>\n</conversation>", chars(&said, SHOWN_CHARS));
    aside(chat, asked, INSTRUCTIONS, text, now)
}

/// Returns the request for another title of a chat in which more was said.
#[must_use]
pub fn suggestion(chat: &Chat, asked: &Asked, sample: &Sample, now: Timestamp) -> ModelRequest {
    aside(chat, asked, INSTRUCTIONS, sample.text(), now)
}

/// Returns the title in a model's answer, if there is one.
#[must_use]
pub fn titled(answer: &str) -> Option<String> {
    let line = answer.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_matches(|c: char| c.is_whitespace() || "\"'`*#“”„«».".contains(c));
    let words: Vec<&str> = line.split_whitespace().take(WORDS).collect();
    let title = words.join(" ");
    Some(chars(&title, CHARS).trim_end().to_owned()).filter(|title| !title.is_empty())
}

fn is_said(message: &Message) -> bool {
    message.role == Role::User && message.visibility == Visibility::Both
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
