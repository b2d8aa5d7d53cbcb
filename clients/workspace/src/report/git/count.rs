//! Reading `git diff --numstat -z`.

use chat::diff::FileChange;

/// Returns the files that it names: `additions`, `deletions` and the path, with tabs between them; of a file that was
/// renamed an empty path, and then the old and the new one. Files that are not text have no numbers.
pub(super) fn files(said: &str) -> Vec<FileChange> {
    let mut files = Vec::new();
    let mut pieces = said.split_terminator('\0');
    while let Some(piece) = pieces.next() {
        let mut columns = piece.splitn(3, '\t');
        let (Some(additions), Some(deletions), Some(path)) = (columns.next(), columns.next(), columns.next())
        else {
            break;
        };
        let path = if path.is_empty() { pieces.nth(1) } else { Some(path) };
        let Some(path) = path else { break };
        let (additions, deletions) = (additions.parse().ok(), deletions.parse().ok());
        files.push(FileChange { path: path.to_owned(), additions, deletions });
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_whatever_became_of_them() {
        let file = |path: &str, counts: Option<(u64, u64)>| FileChange {
            path: path.to_owned(),
            additions: counts.map(|(additions, _)| additions),
            deletions: counts.map(|(_, deletions)| deletions),
        };
        let said = "3\t1\ta b\t.rs\0-\t-\tlogo.png\x000\t2\t\0old\0new\x005\t0\tcut in the mid";
        let expect = vec![
            file("a b\t.rs", Some((3, 1))),
            file("logo.png", None),
            file("new", Some((0, 2))),
            file("cut in the mid", Some((5, 0))),
        ];
        assert_eq!(files(said), expect);
        assert!(files("").is_empty() && files("3\t1").is_empty() && files("3\t1\t\0old").is_empty());
    }
}
