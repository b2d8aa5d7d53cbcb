//! Where the stack is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::args::StackArgs;

/// A running stack.
#[derive(Clone, PartialEq, Eq)]
pub struct Stack {
    /// The HTTP API, without a slash at the end.
    pub http_url: String,
    /// The socket; none where only the HTTP API was named.
    pub socket_url: Option<String>,
    /// The access token.
    pub token: String,
}

/// Looks for the stack, again before every connection.
#[derive(Clone, Debug)]
pub struct Finder {
    /// What was said about it.
    pub args: StackArgs,
    /// Where to look from.
    pub directory: PathBuf,
}

/// Why no stack was found.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// Nothing says where one is.
    #[error(
        "no stack found: start one with `cargo run`, or name one with --data, or with --url, --socket-url and --token"
    )]
    Nowhere,
    /// It was said where it is, and not what lets in there.
    #[error("nothing lets in at {url}: name a token with --token")]
    NoToken {
        /// Where.
        url: String,
    },
    /// The file that says it cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
}

#[derive(Default, Deserialize)]
struct Announced {
    http_url: Option<String>,
    socket_url: Option<String>,
    token: Option<String>,
}

impl Finder {
    /// Returns where the stack is now.
    ///
    /// # Errors
    /// Nothing says so, or the file that does cannot be read.
    pub fn find(&self) -> Result<Stack, NotFound> {
        let said = self.args.clone();
        let url = |url: &str| url.trim_end_matches('/').to_owned();
        let announced = match (self.announced(), &said.url) {
            // What another stack announced says nothing of this one; a token least of all.
            (Ok(found), Some(said)) if found.http_url.as_deref().map(url) == Some(url(said)) => found,
            (Ok(_) | Err(_), Some(_)) => Announced::default(),
            (found, None) => found?,
        };
        let http_url = url(&said.url.or(announced.http_url).ok_or(NotFound::Nowhere)?);
        let token = said.token.or(announced.token).ok_or(NotFound::NoToken { url: http_url.clone() })?;
        Ok(Stack { http_url, socket_url: said.socket_url.or(announced.socket_url), token })
    }

    fn announced(&self) -> Result<Announced, NotFound> {
        if let Some(data) = &self.args.data {
            return read(&data.join("stack.json"))?.ok_or(NotFound::Nowhere);
        }
        for directory in self.directory.ancestors() {
            if let Some(found) = read(&directory.join(".quickstep").join("stack.json"))? {
                return Ok(found);
            }
        }
        Err(NotFound::Nowhere)
    }
}

fn read(path: &Path) -> Result<Option<Announced>, NotFound> {
    let unreadable = |reason: String| NotFound::Unreadable { path: path.display().to_string(), reason };
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| unreadable(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announce(directory: &Path, url: &str) {
        fs::create_dir_all(directory.join(".quickstep")).unwrap();
        let text = format!(r#"{{"http_url":"{url}","socket_url":"ws://s","token":"t","data":"/d"}}"#);
        fs::write(directory.join(".quickstep/stack.json"), text).unwrap();
    }

    fn finder(directory: &Path) -> Finder {
        Finder { args: StackArgs::default(), directory: directory.to_owned() }
    }

    #[test]
    fn a_stack_is_found_in_a_parent_directory() {
        let root = tempfile::tempdir().unwrap();
        announce(root.path(), "http://a/");
        let below = root.path().join("x/y");
        fs::create_dir_all(&below).unwrap();
        assert_eq!(finder(&below).find().unwrap().http_url, "http://a");
    }

    #[test]
    fn a_restarted_stack_is_found_where_it_is_now() {
        let root = tempfile::tempdir().unwrap();
        announce(root.path(), "http://a");
        let finder = finder(root.path());
        finder.find().unwrap();
        announce(root.path(), "http://b");
        assert_eq!(finder.find().unwrap().http_url, "http://b");
    }

    #[test]
    fn what_was_said_beats_what_was_found() {
        let root = tempfile::tempdir().unwrap();
        announce(root.path(), "http://a");
        let mut finder = finder(root.path());
        finder.args.url = Some("http://a/".into());
        finder.args.token = Some("said".into());
        let Stack { http_url, socket_url, token } = finder.find().unwrap();
        assert_eq!(
            (http_url.as_str(), socket_url.as_deref(), token.as_str()),
            ("http://a", Some("ws://s"), "said")
        );
    }

    #[test]
    fn one_stack_is_not_let_in_by_what_another_announced() {
        let root = tempfile::tempdir().unwrap();
        announce(root.path(), "http://a");
        let mut finder = finder(root.path());
        finder.args.url = Some("http://said".into());
        let error = finder.find().err().unwrap().to_string();
        assert_eq!(error, "nothing lets in at http://said: name a token with --token");
        finder.args.token = Some("t2".into());
        let stack = finder.find().unwrap();
        assert_eq!((stack.socket_url, stack.token.as_str()), (None, "t2"));
    }

    #[test]
    fn without_a_stack_the_error_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let mut finder = finder(root.path());
        finder.args.data = Some(root.path().join("nowhere"));
        let error = finder.find().err().unwrap().to_string();
        assert!(error.starts_with("no stack found: start one with `cargo run`"));
    }
}
