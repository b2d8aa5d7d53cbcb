//! The HTTP status that a failure's words name, where nothing else says it.

/// The statuses that are known by their number alone.
const BARE: [u16; 9] = [401, 403, 408, 429, 500, 502, 503, 504, 529];
/// What a number follows that is a status whatever it is.
const INTRODUCED: [&str; 4] = ["status ", "status: ", "status code ", "http "];

/// Returns the status that `words` name: `status 503`, `http 503`, or one of the well-known numbers by itself.
///
/// A port (`host:503`) and the number of a stream (`stream ID 503`) are none.
pub(crate) fn named(words: &str) -> Option<u16> {
    let words = words.to_ascii_lowercase();
    let introduced = |(before, number): (&str, u16)| {
        let is_introduced = INTRODUCED.iter().any(|word| before.ends_with(word));
        (is_introduced && (400..600).contains(&number)).then_some(number)
    };
    let bare = |(_, number): (&str, u16)| BARE.contains(&number).then_some(number);
    numbers(&words).find_map(introduced).or_else(|| numbers(&words).find_map(bare))
}

/// Returns the whole numbers of three digits, each with the words before it.
fn numbers(words: &str) -> impl Iterator<Item = (&str, u16)> {
    let mut rest = 0;
    let tokens = words.split(parts).map(move |token| {
        let at = rest;
        rest += token.len() + words[at + token.len()..].chars().next().map_or(0, char::len_utf8);
        (&words[..at], token.trim_start_matches(':').trim_end_matches(['.', ',', ':']))
    });
    let whole = tokens.filter(|(before, token)| token.len() == 3 && !before.ends_with("stream id "));
    whole.filter_map(|(before, token)| Some((before, token.parse().ok()?)))
}

/// Returns whether a character parts one token from the next; a port is one with its host.
fn parts(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, '.' | ',' | ':' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_in_words() {
        for (words, expect) in [
            ("upstream said: status 503", Some(503)),
            ("unexpected status code 404 from the gateway", Some(404)),
            ("HTTP 418", Some(418)),
            ("error, 502: bad", Some(502)),
            ("(429)", Some(429)),
            ("500 then status 401", Some(401)),
            ("é 529", Some(529)),
            (r#"{"code":429}"#, Some(429)),
        ] {
            assert_eq!(named(words), expect, "{words}");
        }
    }

    #[test]
    fn other_numbers_are_no_status() {
        for words in [
            "dial 10.0.0.1:503 failed",
            "proxy.local:503",
            "stream ID 503; refused",
            "404 of them",
            "status 200",
            "took 500ms",
            "1,500 tokens",
            "1.500",
            "line 5003",
            "",
        ] {
            assert_eq!(named(words), None, "{words}");
        }
    }
}
