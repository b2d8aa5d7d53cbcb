//! Remembers transactions by their `ClientRequestToken`.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::reply::Reply;

/// DynamoDB forgets a token after ten minutes.
const WINDOW: Duration = Duration::from_secs(600);
/// Enough for ten minutes of what one machine does, in a few megabytes.
const CAPACITY: usize = 20_000;

/// Transactions done lately.
///
/// The engine has such a memory too, but walks all of it on every call; the SDK puts a token on every
/// transaction, so ten busy minutes would make each call slower than the last.
#[derive(Default)]
pub(crate) struct Tokens {
    done: HashMap<String, Done>,
    by_age: VecDeque<(Instant, String)>,
}

struct Done {
    fingerprint: u64,
    reply: Reply,
}

/// What is known of a token.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    /// Nothing: run the transaction.
    Never,
    /// The same transaction ran: answer as then.
    Same(Reply),
    /// Another transaction ran under it: refuse.
    Other,
}

impl Tokens {
    pub(crate) fn look_up(&mut self, token: &str, fingerprint: u64, now: Instant) -> Seen {
        self.forget_before(now);
        match self.done.get(token) {
            None => Seen::Never,
            Some(done) if done.fingerprint == fingerprint => Seen::Same(done.reply.clone()),
            Some(_) => Seen::Other,
        }
    }

    pub(crate) fn remember(&mut self, token: String, fingerprint: u64, reply: Reply, now: Instant) {
        self.by_age.push_back((now, token.clone()));
        self.done.insert(token, Done { fingerprint, reply });
    }

    fn forget_before(&mut self, now: Instant) {
        while let Some((done_at, token)) = self.by_age.front() {
            if self.by_age.len() <= CAPACITY && now.duration_since(*done_at) < WINDOW {
                return;
            }
            self.done.remove(token);
            self.by_age.pop_front();
        }
    }
}

/// A hash that does not depend on the order of an object's keys.
pub(crate) fn fingerprint(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| fingerprint_of_pair(key, value))
            .fold(0_u64, u64::wrapping_add)
            .hash(&mut hasher),
        Value::Array(values) => values.iter().map(fingerprint).for_each(|hash| hash.hash(&mut hasher)),
        Value::String(text) => text.hash(&mut hasher),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string().hash(&mut hasher),
    }
    hasher.finish()
}

fn fingerprint_of_pair(key: &str, value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, fingerprint(value)).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reply::Consumed;

    fn reply() -> Reply {
        Reply { status: 200, body: b"{}".to_vec(), consumed: Consumed::default() }
    }

    #[test]
    fn a_token_answers_as_before_until_its_window_ends() {
        let (mut tokens, now) = (Tokens::default(), Instant::now());
        assert_eq!(tokens.look_up("a", 1, now), Seen::Never);
        tokens.remember("a".into(), 1, reply(), now);
        assert_eq!(tokens.look_up("a", 1, now), Seen::Same(reply()));
        assert_eq!(tokens.look_up("a", 2, now), Seen::Other);
        assert_eq!(tokens.look_up("a", 1, now + WINDOW), Seen::Never);
    }

    #[test]
    fn the_oldest_token_makes_room() {
        let (mut tokens, now) = (Tokens::default(), Instant::now());
        for number in 0..=CAPACITY {
            tokens.remember(number.to_string(), 1, reply(), now);
        }
        assert_eq!(tokens.look_up("0", 1, now), Seen::Never);
        assert_eq!(tokens.look_up("1", 1, now), Seen::Same(reply()));
    }

    #[test]
    fn the_order_of_keys_does_not_change_a_fingerprint() {
        let one = serde_json::from_str(r#"{"a": {"S": "1"}, "b": [1, 2]}"#).unwrap();
        let two = serde_json::from_str(r#"{"b": [1, 2], "a": {"S": "1"}}"#).unwrap();
        assert_eq!(fingerprint(&one), fingerprint(&two));
        assert_ne!(fingerprint(&one), fingerprint(&json!({"a": {"S": "1"}, "b": [2, 1]})));
    }
}
