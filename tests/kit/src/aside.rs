//! What a model answers that is asked beside a turn: for a title, or for how a turn ended.
//!
//! Such a request is known by its shape. Models of tests answer it by themselves, so that what a test scripted is
//! for turns alone.

/// Words of an answer.
const WORDS: usize = 8;

/// Returns the answer to what is asked beside a turn; none where a turn is asked for.
///
/// A title is the first words of what was first said: of most that tests say, the title that it has anyway.
#[must_use]
pub fn answer(prompt: &str) -> Option<String> {
    if let Some(said) = prompt.strip_prefix("<conversation>\n<user>\n") {
        let said = said.split("\n</user>").next().unwrap_or_default();
        let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("Nothing");
        return Some(line.split_whitespace().take(WORDS).collect::<Vec<_>>().join(" "));
    }
    prompt.starts_with("<turn>\n<title>").then(|| "Rehearsed an answer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_beside_a_turn_has_an_answer() {
        let asked = "<conversation>\n<user>\n\none two\nthree\n</user>\n</conversation>";
        assert_eq!(answer(asked).as_deref(), Some("one two"));
        assert!(answer("<turn>\n<title>\nT\n</title>\n</turn>").is_some());
        assert_eq!(answer("hello"), None);
        assert_eq!(answer("what is a <conversation>?"), None);
    }
}
