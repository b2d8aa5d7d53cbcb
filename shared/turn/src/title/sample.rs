//! What of a conversation shows what it is about: how it began, and how it goes on.

use chat::{
    id::MessageId,
    message::{Message, Role, Visibility},
    port::{Order, ReadHistory, Unavailable},
    record::Chat,
};

use super::{LATEST_CHARS, SHOWN_CHARS, is_said};
use crate::{
    aside::{chars, spoken},
    history::visible,
};

/// Turns at the end that are shown.
const TURNS: usize = 3;
/// Messages that are read for the first turn.
const FIRST_MESSAGES: usize = 8;
/// Messages that are read for the last turns: with tools, a turn has many.
const LAST_MESSAGES: usize = 40;

/// The first turn of a conversation and its last three, as far as there is text in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    said: Vec<(Role, String)>,
    latest: String,
}

/// Reads a sample; none where nobody has said anything yet.
///
/// # Errors
/// The store.
pub async fn sample<P: ReadHistory>(ports: &P, chat: &Chat) -> Result<Option<Sample>, Unavailable> {
    let all = (MessageId(1), MessageId(u64::MAX));
    let (first, _) = visible(ports, chat, all, Order::Ascending, FIRST_MESSAGES).await?;
    let (mut last, _) = visible(ports, chat, all, Order::Descending, LAST_MESSAGES).await?;
    last.reverse();
    Ok(Sample::of(&first, &last))
}

impl Sample {
    fn of(first: &[Message], last: &[Message]) -> Option<Self> {
        let begun = first_turn(first);
        let shown_to = begun.last().map_or(MessageId(0), |message| message.id);
        let newest = last_turns(last).iter().filter(|message| message.id > shown_to);
        let both: Vec<&Message> = begun.iter().chain(newest).collect();
        let latest = both.iter().rev().find(|message| is_said(message)).map(|message| spoken(message))?;
        let spoken = |message: &&Message| (message.role, spoken(message));
        let said = both.iter().filter(|message| is_spoken(message)).map(spoken);
        Some(Self { said: said.filter(|(_, text)| !text.is_empty()).collect(), latest })
    }

    /// Returns it as the model is shown it: each message gets the same share of the room.
    pub(super) fn text(&self) -> String {
        let share = SHOWN_CHARS / self.said.len().max(1);
        let blocks = self.said.iter().map(|(role, text)| {
            let name = if *role == Role::Assistant { "assistant" } else { "user" };
            format!("<{name}>\n{}\n</{name}>\n", chars(text, share))
        });
        let latest = chars(&self.latest, LATEST_CHARS);
        format!(
            "<conversation>\n{}</conversation>\n<latest>\n{latest}\n</latest>",
            blocks.collect::<String>()
        )
    }
}

/// From the first that a person said to before the second.
fn first_turn(messages: &[Message]) -> &[Message] {
    let mut said = messages.iter().enumerate().filter(|(_, message)| is_said(message));
    let Some((from, _)) = said.next() else { return &[] };
    let to = said.next().map_or(messages.len(), |(to, _)| to);
    messages.get(from..to).unwrap_or_default()
}

fn last_turns(messages: &[Message]) -> &[Message] {
    let said = messages.iter().enumerate().rev().filter(|(_, message)| is_said(message));
    let from = said.take(TURNS).last().map_or(0, |(from, _)| from);
    messages.get(from..).unwrap_or_default()
}

/// Whether it is a person's or the model's, and both see it.
fn is_spoken(message: &Message) -> bool {
    let speaks = match message.role {
        Role::User | Role::Assistant => true,
        Role::System | Role::Tool => false,
    };
    speaks && message.visibility == Visibility::Both
}

#[cfg(test)]
mod tests {
    use chat::time::Timestamp;
    use kit::seed;

    use super::*;

    /// Turns of two, numbered from 1.
    fn talk(turns: u64) -> Vec<Message> {
        let pairs = (1..=turns)
            .flat_map(|turn| [seed::said(&format!("q{turn}")), seed::answered(&format!("a{turn}"))]);
        let ids = (1..).map(MessageId);
        pairs.zip(ids).map(|(message, id)| message.placed(id, Timestamp(0), 1)).collect()
    }

    fn texts(messages: &[Message]) -> String {
        let sample = Sample::of(messages, messages).unwrap();
        let said = sample.said.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>();
        format!("{} | {}", said.join(" "), sample.latest)
    }

    #[test]
    fn it_is_the_first_turn_and_the_last_three() {
        assert_eq!(Sample::of(&[], &[]), None);
        assert_eq!(texts(&talk(1)), "q1 a1 | q1");
        assert_eq!(texts(&talk(2)), "q1 a1 q2 a2 | q2");
        assert_eq!(texts(&talk(6)), "q1 a1 q4 a4 q5 a5 q6 a6 | q6");
        assert_eq!(texts(&talk(6)[..11]), "q1 a1 q4 a4 q5 a5 q6 | q6");
    }

    #[test]
    fn it_is_bounded_and_the_newest_message_too() {
        let long = |text: &str| text.repeat(20_000);
        let messages = [seed::said(&long("ä")), seed::answered(&long("ö")), seed::said(&long("ü"))];
        let messages: Vec<_> = messages
            .into_iter()
            .zip(1..)
            .map(|(new, id)| new.placed(MessageId(id), Timestamp(0), 1))
            .collect();
        let text = Sample::of(&messages, &messages).unwrap().text();
        let count = |c: char| text.chars().filter(|other| *other == c).count();
        assert_eq!((count('ä'), count('ö'), count('ü')), (2_000, 2_000, 3_000));
    }
}
