//! Takes ids and keys out of a provider's words, which people will read.

/// What providers name by ids, as in `req_011CSHoEeqs5C35K2UUqR7Fy`.
const NAMED: [&str; 24] = [
    "asst", "batch", "call", "chatcmpl", "cmpl", "conv", "fc", "file", "key", "msg", "org", "proj", "req",
    "request", "resp", "rs", "run", "srvtoolu", "thread", "tooluse", "toolu", "user", "wrkspc", "ws",
];
/// What stands where something was taken out.
const GAP: char = '…';
/// Letters and digits of the shortest id.
const ID_CHARS: usize = 6;
/// Letters and digits in a row that are nobody's word.
const OPAQUE_CHARS: usize = 20;
/// Characters of a UUID.
const UUID_CHARS: usize = 36;

/// Returns `words` without ids and keys. Ids have digits in them, so `request-limit` stays.
pub(crate) fn scrubbed(words: &str) -> String {
    let mut clean = String::with_capacity(words.len());
    let mut follows_bearer = false;
    for chunk in words.split_inclusive(is_break) {
        let token = chunk.trim_end_matches(is_break);
        let gap = chunk.split_at(token.len()).1;
        if is_secret(token) || follows_bearer && is_opaque(token, 1) {
            clean.push(GAP);
        } else {
            clean.push_str(token);
        }
        clean.push_str(gap);
        let goes_on = token.is_empty() || !gap.starts_with(char::is_whitespace);
        follows_bearer = token.eq_ignore_ascii_case("bearer") || follows_bearer && goes_on;
    }
    clean
}

/// Keys are often shown with stars in them.
fn is_break(char: char) -> bool {
    !(char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '*' | GAP))
}

fn is_secret(token: &str) -> bool {
    let mut pieces = token.split(['_', '-']);
    let named = pieces.next().is_some_and(|first| NAMED.contains(&first));
    named && pieces.any(|piece| is_opaque(piece, ID_CHARS))
        || ["sk-", "sk_"].iter().any(|key| token.starts_with(key) && token.len() > key.len())
        || token.split(['_', '-']).any(|piece| is_opaque(piece, OPAQUE_CHARS))
        || is_uuid(token)
}

fn is_opaque(piece: &str, least_chars: usize) -> bool {
    piece.len() >= least_chars && piece.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_uuid(token: &str) -> bool {
    token.len() == UUID_CHARS
        && is_opaque(token, UUID_CHARS)
        && token.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(words: &str, expect: &str) {
        assert_eq!(scrubbed(words), expect);
    }

    #[test]
    fn ids_are_taken_out() {
        check("Item 'rs_68af0c9e' of type 'reasoning'", "Item '…' of type 'reasoning'");
        check(
            "Rate limit for gpt-5.2 in organization org-AbC123dEf",
            "Rate limit for gpt-5.2 in organization …",
        );
        check("request_id: req_011CSHoEeqs5C35K2UUqR7Fy.", "request_id: ….");
        check("toolu_bdrk_01ABCDEF and chatcmpl-9abcdef0", "… and …");
        check("include the ID 5f1a0c8e5f1a0c8e5f1a0c8e", "include the ID …");
        check("trace 5f1a0c8e-5f1a-0c8e-5f1a-0c8e5f1a0c8e", "trace …");
    }

    #[test]
    fn keys_are_taken_out() {
        check("Incorrect API key provided: sk-proj-****abcd.", "Incorrect API key provided: ….");
        check(
            "got 'Authorization: Bearer ab.c1/2def3' from you",
            "got 'Authorization: Bearer ab.…/…' from you",
        );
    }

    #[test]
    fn words_stay() {
        for words in [
            "request-limit, run-time and file_search are words",
            "claude-opus-4-5-20251101 and gpt-4o-2024-08-06 are models",
            "a bearer token is missing",
            "request_too_large: 210000 tokens > 200000 maximum",
            "user_message, call_id, request-response",
            "…",
        ] {
            check(words, words);
        }
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(words in r"((rs|org|Bearer|sk|é|word)[ _*….-]{0,2}[a-zA-Z0-9]{0,9}[ ,….]?){0,8}|\PC{0,60}") {
            let clean = scrubbed(&words);
            prop_assert_eq!(scrubbed(&clean), clean);
        }

        #[test]
        fn words_without_digits_stay_as_they_are(words in r"([a-rt-z]{1,12}[ _.,-]){0,12}") {
            prop_assert_eq!(scrubbed(&words), words);
        }

        #[test]
        fn no_id_stays(kind in prop::sample::select(&NAMED[..]), id in "[a-zA-Z0-9]{5,30}[0-9]", before in "[ '(:=]") {
            let clean = scrubbed(&format!("no {before}{kind}_{id}'"));
            prop_assert!(!clean.contains(&id), "{}", clean);
        }
    }
}
