//! What a rehearsal says when nobody tells it what to say.

const QUOTED_CHARS: usize = 160;
const LOREM: &[&str] = &[
    "every",
    "line",
    "was",
    "written",
    "down",
    "long",
    "before",
    "the",
    "curtain",
    "rose",
    "and",
    "still",
    "somebody",
    "in",
    "the",
    "second",
    "row",
    "laughed",
    "as",
    "if",
    "it",
    "had",
    "only",
    "just",
    "happened.",
];

/// A few friendly sentences, about fifty words, that mention what the user said.
pub(crate) fn chatter(prompt: &str) -> String {
    let heard = match quote(prompt) {
        said if said.is_empty() => {
            "You said nothing that I can read, which is a fine way to begin.".to_owned()
        }
        said => format!("You said “{said}”, and I heard every word of it."),
    };
    format!(
        "{heard} I am the rehearsal model: I speak the wire formats of the real ones, but there is nobody behind \
         the curtain. Give the stack a provider key and somebody clever will answer instead. Until then I am \
         happy to stand in."
    )
}

/// What is said after tools answered.
pub(crate) fn about_results(results: &[String]) -> String {
    let quoted: Vec<_> = results.iter().map(|result| format!("“{}”", quote(result))).collect();
    let noun = if results.len() == 1 { "The tool" } else { "The tools" };
    format!("{noun} answered {}. That is all that I needed to know.", quoted.join(" and "))
}

/// As many words as wanted, always the same ones.
pub(crate) fn lorem(words: usize) -> String {
    let words: Vec<_> = LOREM.iter().copied().cycle().take(words).collect();
    words.join(" ")
}

/// One line, bounded.
fn quote(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chatter_is_forty_to_sixty_words_for_a_greeting() {
        let words = chatter("hello").split_whitespace().count();
        assert!((40..=60).contains(&words), "{words}");
    }

    #[test]
    fn long_prompts_are_quoted_in_part() {
        assert!(chatter(&"long ".repeat(1000)).len() < 600);
    }

    #[test]
    fn lorem_has_the_words_that_were_asked_for() {
        assert_eq!(lorem(60).split(' ').count(), 60);
    }
}
