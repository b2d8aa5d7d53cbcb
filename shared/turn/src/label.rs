//! How a turn ended, in a few words: what a list shows below a title.

use std::ops::RangeInclusive;

use chat::{message::Message, model::ModelRequest, record::Chat, time::Timestamp};

use crate::{
    aside::{chars, request as aside, spoken},
    prompt::Asked,
};

/// Words of a label.
const WORDS: RangeInclusive<usize> = 2..=5;
/// Characters of a label.
const CHARS: usize = 80;
/// Characters of the answer that the model is shown.
const SHOWN_CHARS: usize = 6_000;
/// How a label does not begin: it says what came of it, not who did it.
const SUBJECTS: [&str; 5] = ["agent", "i", "it", "the", "we"];
/// What is said where the model's own words are no label.
pub const FINISHED: &str = "Finished";

const INSTRUCTIONS: &str = "You label finished work. You are given the title of a conversation and its newest answer. \
                            Answer with what came of it and with nothing else: two to five words on one line, in the \
                            language of the answer, such as \"Fixed the login test\" or \"Needs the API key\". Do not \
                            begin with Agent, I, It, The or We. Do not continue the conversation.";

/// Returns the request for a label of the turn that ended with `answer`; none where nothing was said in it.
#[must_use]
pub fn request(chat: &Chat, asked: &Asked, answer: &Message, now: Timestamp) -> Option<ModelRequest> {
    let said = spoken(answer);
    if said.is_empty() {
        return None;
    }
    let (title, said) = (&chat.title, chars(&said, SHOWN_CHARS));
    let text = format!("<turn>\n<title>\n{title}\n</title>\n<answer>\n{said}\n</answer>\n</turn>");
    Some(aside(chat, asked, INSTRUCTIONS, text, now))
}

/// Returns the label in a model's answer; [`FINISHED`] where there is none in it.
#[must_use]
pub fn labelled(answer: &str) -> String {
    own_words(answer).unwrap_or_else(|| FINISHED.to_owned())
}

fn own_words(answer: &str) -> Option<String> {
    let quoted = |c: char| c.is_whitespace() || "\"'`*“”„«».".contains(c);
    let line = answer.trim_matches(quoted);
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_break = |word: &str| word.ends_with(['.', '!', '?', ';', ':', '…']);
    let breaks = words.iter().rev().skip(1).any(|word| is_break(word));
    // "It's" and "I've" begin with It and I.
    let first = words.first()?.split(|c: char| !c.is_alphanumeric()).next()?.to_lowercase();
    let label = words.join(" ");
    let fits = WORDS.contains(&words.len()) && label.chars().count() <= CHARS && !line.contains(['\n', '\r']);
    (fits && !breaks && !SUBJECTS.contains(&first.as_str())).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_few_words_without_a_subject() {
        for (answer, expect) in [
            ("Fixed the login test", "Fixed the login test"),
            (" \"Fixed  the test.\"\n", "Fixed the test"),
            ("Needs v1.2 first", "Needs v1.2 first"),
            ("Iterated over rows", "Iterated over rows"),
            ("Which key is it?", "Which key is it?"),
        ] {
            assert_eq!(labelled(answer), expect);
        }
    }

    #[test]
    fn what_is_no_label_is_finished() {
        for answer in [
            "",
            "Done",
            "Fixed the one test that had failed",
            "Fixed it. Tests pass",
            "Fixed the test\nand more",
            "I fixed the test",
            "It's all done",
            "The test is fixed",
            "We are done",
            "Agent fixed it",
            &"ä".repeat(50).split_at(50).0.repeat(4),
        ] {
            assert_eq!(labelled(answer), FINISHED, "{answer}");
        }
    }
}
