//! Prompt caching: which prefixes of prompts were seen before.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value;

const KEPT_PREFIXES: usize = 16_384;

/// A prompt as a chain of blocks, each marked with the hash and the size of everything up to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prefix {
    marks: Vec<Mark>,
    hasher: DefaultHasher,
    bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    hash: u64,
    bytes: usize,
    keep: Keep,
}

/// Whether the provider is to remember the prompt up to this block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Yes,
    No,
}

/// What the cache did for one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cached {
    pub(crate) read_bytes: usize,
    pub(crate) written_bytes: usize,
}

/// The prefixes that were kept, oldest forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Prefix {
    pub(crate) fn push(&mut self, block: &Value, keep: Keep) {
        self.bytes += weight(block);
        hash_block(block, &mut self.hasher);
        self.marks.push(Mark { hash: self.hasher.finish(), bytes: self.bytes, keep });
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Cache {
    /// Reads the longest known prefix and writes what is to be kept beyond it.
    pub(crate) fn account(&mut self, prefix: &Prefix) -> Cached {
        let Some(last) = prefix.marks.iter().rposition(|mark| mark.keep == Keep::Yes) else {
            return Cached::default();
        };
        let marks = &prefix.marks[..=last];
        let known = marks.iter().rev().find(|mark| self.known.contains(&mark.hash));
        let read_bytes = known.map_or(0, |mark| mark.bytes);
        marks.iter().filter(|mark| mark.keep == Keep::Yes).for_each(|mark| self.keep(mark.hash));
        Cached { read_bytes, written_bytes: marks[last].bytes - read_bytes }
    }

    fn keep(&mut self, hash: u64) {
        if !self.known.insert(hash) {
            return;
        }
        self.order.push_back(hash);
        if self.order.len() > KEPT_PREFIXES
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// Moving a breakpoint changes nothing in what was said before it.
fn hash_block(block: &Value, hasher: &mut DefaultHasher) {
    match block.as_object() {
        Some(fields) => {
            fields.iter().filter(|(name, _)| *name != "cache_control").for_each(|field| field.hash(hasher));
        }
        None => block.hash(hasher),
    }
}

/// The characters that a model would read; punctuation of JSON is free.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + weight(value)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prefix(blocks: &[(&str, Keep)]) -> Prefix {
        let mut prefix = Prefix::default();
        blocks.iter().for_each(|(text, keep)| prefix.push(&json!(text), *keep));
        prefix
    }

    #[test]
    fn second_request_reads_what_the_first_wrote() {
        let mut cache = Cache::default();
        let first = cache.account(&prefix(&[("abcd", Keep::No), ("efgh", Keep::Yes)]));
        assert_eq!(first, Cached { read_bytes: 0, written_bytes: 8 });
        let second = cache.account(&prefix(&[("abcd", Keep::No), ("efgh", Keep::No), ("ij", Keep::Yes)]));
        assert_eq!(second, Cached { read_bytes: 8, written_bytes: 2 });
    }

    #[test]
    fn nothing_is_cached_without_a_breakpoint() {
        assert_eq!(Cache::default().account(&prefix(&[("abcd", Keep::No)])), Cached::default());
    }

    #[test]
    fn a_moved_breakpoint_keeps_the_hash() {
        let mut plain = Prefix::default();
        plain.push(&json!({"text": "a"}), Keep::Yes);
        let mut marked = Prefix::default();
        marked.push(&json!({"text": "a", "cache_control": {"type": "ephemeral"}}), Keep::Yes);
        assert_eq!(plain.marks[0].hash, marked.marks[0].hash);
    }
}
