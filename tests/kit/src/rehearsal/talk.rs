//! What every wire format says about a conversation, without its format.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::cache::Prefix;

/// A request, as the director sees it.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) model: String,
    /// The last text of the last user message.
    pub(crate) prompt: String,
    /// The texts of the tool results that end the conversation.
    pub(crate) results: Vec<String>,
    /// How many times the model spoke since the last user message.
    pub(crate) step: usize,
    /// The same for every attempt of one request.
    pub(crate) key: u64,
    pub(crate) prefix: Prefix,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stream: bool,
}

/// One turn of a conversation, oldest first. Adjacent lines of the model are one turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    User(String),
    Assistant,
    Results(Vec<String>),
}

impl Talk {
    pub(crate) fn new(body: &Value, prefix: Prefix, mut lines: Vec<Line>) -> Self {
        lines.dedup_by(|one, other| *one == Line::Assistant && *other == Line::Assistant);
        let last_user = lines.iter().rposition(|line| matches!(line, Line::User(_)));
        let after = &lines[last_user.map_or(0, |at| at + 1)..];
        Self {
            model: text_at(body, "model").to_owned(),
            prompt: last_user.and_then(|at| lines[at].text()).unwrap_or_default().to_owned(),
            results: last_results(after),
            step: after.iter().filter(|line| **line == Line::Assistant).count(),
            key: key(body),
            prefix,
            max_tokens: None,
            stream: body["stream"].as_bool().unwrap_or_default(),
        }
    }

    pub(crate) fn max_tokens(self, max_tokens: Option<u64>) -> Self {
        Self { max_tokens, ..self }
    }
}

impl Line {
    fn text(&self) -> Option<&str> {
        match self {
            Self::User(text) => Some(text),
            Self::Assistant | Self::Results(_) => None,
        }
    }
}

/// All results since the model last spoke: some formats send each in a message of its own.
fn last_results(after: &[Line]) -> Vec<String> {
    let mut results: Vec<_> = after.iter().rev().map_while(Line::results).collect();
    results.reverse();
    results.concat()
}

impl Line {
    fn results(&self) -> Option<Vec<String>> {
        match self {
            Self::Results(texts) => Some(texts.clone()),
            Self::User(_) | Self::Assistant => None,
        }
    }
}

/// Whether it streams does not make it another request.
fn key(body: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    let fields = body.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !name.starts_with("stream")).for_each(|field| field.hash(&mut hasher));
    hasher.finish()
}

pub(crate) fn text_at<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

pub(crate) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    items(&value[field])
}

/// The items of a list; none of anything else.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text of a content that is either a list of blocks or a plain text.
pub(crate) fn plain(content: &Value) -> String {
    match content.as_str() {
        Some(text) => text.to_owned(),
        None => texts(content).collect::<Vec<_>>().join("\n"),
    }
}

/// The last text of a content that is either a list of blocks or a plain text.
pub(crate) fn last_text(content: &Value) -> Option<String> {
    content.as_str().or_else(|| texts(content).last()).map(str::to_owned)
}

fn texts(content: &Value) -> impl Iterator<Item = &str> {
    items(content).iter().filter_map(|block| block["text"].as_str())
}
