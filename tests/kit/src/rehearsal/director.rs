//! Decides what is answered: what is asked beside a turn by itself, else a script that a test queued, else the user's directives, else chatter.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    cache::{Cache, Cached},
    directive::{PACE, Plan},
    scene::Scene,
    script::{Script, Stop, Trouble},
    seal::Seed,
    talk::Talk,
    words,
};
use crate::aside;

const COUNTED_REQUESTS: usize = 16_384;

/// What the server knows beyond one request.
#[derive(Debug)]
pub(crate) struct Director {
    /// Differs from server to server, so that ids stay unique in what outlives one.
    salt: [u8; 8],
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    answers: u64,
    cues: VecDeque<Cue>,
    attempts: Attempts,
    cache: Cache,
}

/// A script that waits for its request.
#[derive(Debug)]
struct Cue {
    /// Part of the user's text; empty: the next request, whatever it says.
    needle: String,
    script: Script,
}

/// One answer, ready to be played.
#[derive(Debug)]
pub(crate) struct Take {
    pub(crate) scene: Scene,
    pub(crate) script: Script,
    pub(crate) troubles: Vec<Trouble>,
}

impl Director {
    pub(crate) fn new() -> Self {
        Self { salt: RandomState::new().hash_one(0).to_be_bytes(), notes: Mutex::default() }
    }

    pub(crate) fn enqueue(&self, needle: &str, script: Script) {
        self.notes().cues.push_back(Cue { needle: needle.to_owned(), script });
    }

    pub(crate) fn direct(&self, talk: &Talk) -> Take {
        let mut notes = self.notes();
        let script = match aside::answer(&talk.prompt) {
            Some(text) => Script::say(text),
            None => notes.cue(talk).unwrap_or_else(|| improvise(talk)),
        };
        let attempt = if script.counts_attempts() { notes.attempts.count(talk.key) } else { 1 };
        let troubles = script.troubles_of(attempt);
        if troubles.is_empty() {
            notes.attempts.forget(talk.key);
        }
        let cached = notes.cache.account(&talk.prefix);
        notes.answers += 1;
        let seed = Seed::of(&[&self.salt, &notes.answers.to_be_bytes()]);
        drop(notes);
        Take::new(talk, script, troubles, cached, seed)
    }

    /// Names a request that gets no answer.
    pub(crate) fn request_seed(&self) -> Seed {
        let mut notes = self.notes();
        notes.answers += 1;
        Seed::of(&[&self.salt, &notes.answers.to_be_bytes()])
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Take {
    fn new(talk: &Talk, script: Script, troubles: Vec<Trouble>, cached: Cached, seed: Seed) -> Self {
        Self { scene: Scene::new(talk, &script, cached, seed), script, troubles }
    }
}

impl Notes {
    fn cue(&mut self, talk: &Talk) -> Option<Script> {
        let at = self.cues.iter().position(|cue| talk.prompt.contains(&cue.needle))?;
        self.cues.remove(at).map(|cue| cue.script)
    }
}

fn improvise(talk: &Talk) -> Script {
    let plan = Plan::parse(&talk.prompt);
    if let Some(script) = plan.as_ref().and_then(|plan| plan.script(talk.step)) {
        // Mishaps alone leave the words to the model, once they are over.
        let speechless = script.pieces.is_empty() && script.stop == Stop::Natural;
        return if speechless { script.clone().text(words::chatter(&talk.prompt)) } else { script.clone() };
    }
    let text = match talk.results.as_slice() {
        [] => words::chatter(&talk.prompt),
        results => words::about_results(results),
    };
    Script::say(text).pace(plan.map_or(PACE, |plan| plan.pace))
}

/// How often each request was made. A request is forgotten once it went well, so that the same words
/// start anew in another chat.
#[derive(Debug, Default)]
struct Attempts {
    counts: HashMap<u64, u32>,
    order: VecDeque<u64>,
}

impl Attempts {
    fn count(&mut self, key: u64) -> u32 {
        if !self.counts.contains_key(&key) {
            self.order.push_back(key);
        }
        if self.order.len() > COUNTED_REQUESTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
        }
        let count = self.counts.entry(key).or_default();
        *count += 1;
        *count
    }

    fn forget(&mut self, key: u64) {
        if self.counts.remove(&key).is_some() {
            self.order.retain(|other| *other != key);
        }
    }
}
