//! One replacement in a text.

use serde::Deserialize;

use crate::{limit, refusal::Refusal};

/// Replaces a passage.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Edit {
    search: String,
    replace: String,
    #[serde(default)]
    replace_all: bool,
}

impl Edit {
    /// Returns the text with the passage replaced, and how often it was.
    pub(super) fn apply(&self, text: &str) -> Result<(String, usize), Refusal> {
        if self.search.is_empty() {
            return Err(Refusal("the text to search for is empty".into()));
        }
        let (search, replace) = self.as_written_in(text);
        match (text.matches(&search).count(), self.replace_all) {
            (0, _) => Err(Refusal("the text to search for is not in the file; read the file again".into())),
            (count, is_all) if count == 1 || is_all => {
                let kept = text.len() - count * search.len();
                let size = count.checked_mul(replace.len()).and_then(|fresh| fresh.checked_add(kept));
                if size.is_none_or(|size| size as u64 > limit::EDITED_BYTES) {
                    let most = limit::EDITED_BYTES >> 20;
                    return Err(Refusal(format!("the file would become larger than {most} MiB")));
                }
                Ok((text.replace(&search, &replace), count))
            }
            (many, _) => Err(Refusal(format!(
                "the text to search for is in the file {many} times; search for more of it, or say replace_all"
            ))),
        }
    }

    /// Models write lines as they were shown them, whatever ends them in the file.
    fn as_written_in(&self, text: &str) -> (String, String) {
        let (search, replace) = (self.search.clone(), self.replace.clone());
        let is_dos = text.contains("\r\n") && !text.replace("\r\n", "").contains('\n');
        if !is_dos || search.contains('\r') {
            return (search, replace);
        }
        let dos = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        (dos(&search), dos(&replace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, (search, replace, replace_all): (&str, &str, bool), expect: Result<&str, &str>) {
        let edit = Edit { search: search.into(), replace: replace.into(), replace_all };
        let applied = edit.apply(text).map(|(text, _)| text).map_err(|wrong| wrong.to_string());
        match (applied, expect) {
            (Ok(text), Ok(expect)) => assert_eq!(text, expect),
            (Err(wrong), Err(expect)) => assert!(wrong.contains(expect), "{wrong}"),
            (applied, expect) => panic!("{applied:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn a_passage_is_replaced_where_it_is_the_only_one() {
        check("a b c", ("b", "x", false), Ok("a x c"));
        check("a b b", ("b", "x", false), Err("2 times"));
        check("a b b", ("b", "x", true), Ok("a x x"));
        check("a b c", ("d", "x", false), Err("is not in the file"));
        check("a b c", ("d", "x", true), Err("is not in the file"));
        check("a b c", ("", "x", false), Err("is empty"));
        check("a b c", ("b ", "", false), Ok("a c"));
    }

    #[test]
    fn a_text_does_not_become_larger_than_a_file_may_be() {
        let (text, replace) = ("a".repeat(4 << 20), "b".repeat(1 << 20));
        check(&text, ("a", &replace, true), Err("would become larger than 4 MiB"));
        check("a", ("a", &"b".repeat((4 << 20) + 1), false), Err("would become larger than 4 MiB"));
        check(&text, (&"a".repeat(1 << 20), "", true), Ok(""));
    }

    #[test]
    fn lines_are_found_whatever_ends_them() {
        check("a\r\nb\r\nc\r\n", ("a\nb", "x\ny", false), Ok("x\r\ny\r\nc\r\n"));
        check("a\r\nb\nc\n", ("b\nc", "x", false), Ok("a\r\nx\n"));
        check("a\nb\n", ("a\nb", "x\r\ny", false), Ok("x\r\ny\n"));
    }
}
