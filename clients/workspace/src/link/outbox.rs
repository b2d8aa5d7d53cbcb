//! What is to be said, in messages that the socket takes.

use std::{collections::BTreeMap, time::Duration};

use chat::{
    agent::{AgentAnswer, CallToken, FromAgent, Report},
    limit::{FRAME_MAX_BYTES, RESULT_MESSAGES},
    time::Timestamp,
};
use serde_json::json;
use tokio::time::Instant;

use super::Outgoing;
use crate::limit;

/// Bytes of a message around its answers.
const AROUND_BYTES: usize = 256;

/// How often an answer is sent with others. One that does not arrive may be what keeps them from arriving.
const TRIES_TOGETHER: u32 = 2;
/// Answers that are sent alone at once, and how long the others of those wait.
const ALONE: usize = 16;
const ALONE_PAUSE: Duration = Duration::from_secs(1);

/// Pieces of output that wait to be said.
const PROGRESSES: usize = 128;

/// What is to be said. Answers stay until they are acknowledged.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    answers: BTreeMap<CallToken, Waiting>,
    accepted: Vec<CallToken>,
    progress: Vec<(CallToken, String)>,
    report: Option<(Box<Report>, Timestamp)>,
    has_report: bool,
    /// When what is collected is said.
    due: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    answer: AgentAnswer,
    tries: u32,
    again_at: Option<Instant>,
    /// It says that the tool's own answer was refused.
    is_replaced: bool,
}

/// What became of an answer that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A short one says so in its place.
    Replaced,
    /// That one is not taken either.
    Final,
}

/// What to say now.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Batch {
    /// Over the socket, a message each.
    pub(super) messages: Vec<FromAgent>,
    /// Over HTTP, each alone: what is large, and what did not arrive with others.
    pub(super) alone: Vec<AgentAnswer>,
}

impl Outbox {
    /// Takes something to say.
    pub(super) fn put(&mut self, outgoing: Outgoing, now: Instant) {
        match outgoing {
            Outgoing::Accepted(token) => self.accepted.push(token),
            Outgoing::Progress(token, output) if self.progress.len() < PROGRESSES => {
                self.progress.push((token, output));
            }
            // Nobody was there to hear of it for long.
            Outgoing::Progress(..) => {}
            Outgoing::Answer(answer) => {
                let pause = if self.awaits(now) { limit::GATHER } else { limit::BATCH };
                let waiting = Waiting { tries: 0, again_at: None, is_replaced: false, answer: *answer };
                self.answers.insert(waiting.answer.token.clone(), waiting);
                return self.speak_by(now + pause);
            }
            // There is no connection that could be dead.
            Outgoing::Awake => return,
            Outgoing::Report(report, seen_at) => {
                (self.report, self.has_report) = (Some((report, seen_at)), true);
            }
        }
        self.speak_by(now + limit::BATCH);
    }

    fn speak_by(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Whether answers are on their way.
    fn awaits(&self, now: Instant) -> bool {
        self.answers.values().any(|waiting| waiting.again_at.is_some_and(|at| at > now))
    }

    /// Begins a connection: everything is said again but what has passed.
    pub(super) fn renew(&mut self, now: Instant) {
        self.progress.clear();
        self.accepted.clear();
        self.has_report = self.report.is_some();
        self.answers.values_mut().for_each(|waiting| waiting.again_at = None);
        self.due = Some(now);
    }

    /// Forgets answers. Those that have collected meanwhile are next.
    pub(super) fn acknowledge(&mut self, tokens: &[CallToken], now: Instant) {
        tokens.iter().for_each(|token| drop(self.answers.remove(token)));
        if !self.awaits(now) && self.answers.values().any(|waiting| waiting.again_at.is_none()) {
            self.speak_by(now);
        }
    }

    /// Puts a short answer in the place of one that is not taken, so that somebody hears of it.
    pub(super) fn refuse(&mut self, token: &CallToken, reason: &str, now: Instant) -> Refusal {
        match self.answers.get_mut(token) {
            Some(waiting) if !waiting.is_replaced => {
                waiting.answer.result = json!({ "error": format!("the result was not taken: {reason}") });
                (waiting.answer.is_error, waiting.is_replaced) = (true, true);
                waiting.again_at = Some(now);
                Refusal::Replaced
            }
            Some(_) | None => Refusal::Final,
        }
    }

    /// Returns when something is to be said.
    pub(super) fn due(&self) -> Option<Instant> {
        let again = self.answers.values().filter_map(|waiting| waiting.again_at).min();
        self.due.into_iter().chain(again).min()
    }

    /// Returns what is to be said now.
    pub(super) fn take(&mut self, now: Instant) -> Batch {
        self.due = None;
        let mut batch = Batch::default();
        for tokens in std::mem::take(&mut self.accepted).chunks(RESULT_MESSAGES) {
            batch.messages.push(FromAgent::Accepted { tokens: tokens.to_vec() });
        }
        let progress = std::mem::take(&mut self.progress).into_iter();
        batch.messages.extend(progress.map(|(token, output)| FromAgent::Progress { token, output }));
        let due = self.answers.values_mut().filter(|waiting| waiting.again_at.is_none_or(|at| at <= now));
        let (together, alone): (Vec<_>, Vec<_>) = due.partition(|waiting| waiting.tries < TRIES_TOGETHER);
        pack(together.into_iter().map(|waiting| waiting.send(now)), &mut batch);
        for (index, waiting) in alone.into_iter().enumerate() {
            if index < ALONE {
                batch.alone.push(waiting.send(now));
            } else {
                waiting.again_at = Some(now + ALONE_PAUSE);
            }
        }
        if let (true, Some((report, seen_at))) = (std::mem::take(&mut self.has_report), &self.report) {
            batch.messages.push(FromAgent::Report { report: report.clone(), seen_at: *seen_at });
        }
        batch
    }
}

impl Waiting {
    fn send(&mut self, now: Instant) -> AgentAnswer {
        let pause: Duration = limit::RESEND * 2_u32.pow(self.tries.min(6));
        (self.tries, self.again_at) = (self.tries + 1, Some(now + pause));
        self.answer.clone()
    }
}

fn pack(answers: impl Iterator<Item = AgentAnswer>, batch: &mut Batch) {
    let (mut some, mut size) = (Vec::new(), AROUND_BYTES);
    for answer in answers {
        let bytes = serde_json::to_string(&answer).map_or(0, |json| json.len()) + 1;
        if bytes + AROUND_BYTES > FRAME_MAX_BYTES {
            batch.alone.push(answer);
            continue;
        }
        if size + bytes > FRAME_MAX_BYTES || some.len() == RESULT_MESSAGES {
            batch.messages.push(FromAgent::Answer { answers: std::mem::take(&mut some) });
            size = AROUND_BYTES;
        }
        size += bytes;
        some.push(answer);
    }
    if !some.is_empty() {
        batch.messages.push(FromAgent::Answer { answers: some });
    }
}

#[cfg(test)]
mod tests {
    use chat::id::{CallId, ChatId, MessageId};
    use uuid::Uuid;

    use super::*;

    fn token(number: u64) -> CallToken {
        CallToken { chat_id: ChatId(Uuid::nil()), message_id: MessageId(number), call_id: CallId("c".into()) }
    }

    fn answer(number: u64, bytes: usize) -> Outgoing {
        let result = json!("x".repeat(bytes));
        Outgoing::Answer(Box::new(AgentAnswer {
            token: token(number),
            result,
            is_error: false,
            outcome: None,
        }))
    }

    fn sizes(batch: &Batch) -> Vec<usize> {
        let count = |message: &FromAgent| match message {
            FromAgent::Answer { answers } => answers.len(),
            FromAgent::Hello { .. }
            | FromAgent::Accepted { .. }
            | FromAgent::Progress { .. }
            | FromAgent::Report { .. }
            | FromAgent::Ping {} => 0,
        };
        batch.messages.iter().map(count).collect()
    }

    #[test]
    fn answers_share_messages_as_far_as_they_fit() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        (0..130).for_each(|number| outbox.put(answer(number, 10), now));
        assert_eq!(sizes(&outbox.take(now)), [64, 64, 2]);
        let mut outbox = Outbox::default();
        (0..5).for_each(|number| outbox.put(answer(number, 50_000), now));
        let batch = outbox.take(now);
        assert_eq!(sizes(&batch), [2, 2, 1]);
        for message in &batch.messages {
            assert!(serde_json::to_string(message).unwrap().len() <= FRAME_MAX_BYTES);
        }
    }

    #[test]
    fn an_answer_too_large_for_a_message_goes_another_way() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        outbox.put(answer(1, FRAME_MAX_BYTES), now);
        outbox.put(answer(2, 10), now);
        let batch = outbox.take(now);
        assert_eq!((sizes(&batch), batch.alone.len()), (vec![1], 1));
    }

    #[test]
    fn an_answer_is_sent_until_it_is_acknowledged_ever_more_seldom() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        outbox.put(answer(1, 10), now);
        let (mut at, mut waits) = (now, Vec::new());
        for is_alone in [false, false, true, true] {
            let batch = outbox.take(at);
            let expected = if is_alone { (vec![], 1) } else { (vec![1], 0) };
            assert_eq!((sizes(&batch), batch.alone.len()), expected);
            assert_eq!(outbox.take(at), Batch::default());
            let next = outbox.due().unwrap();
            waits.push((next - at).as_secs());
            at = next;
        }
        assert_eq!(waits, [10, 20, 40, 80]);
        outbox.acknowledge(&[token(1)], at);
        assert_eq!(outbox.due(), None);
    }

    #[test]
    fn answers_collect_while_others_are_on_their_way() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        outbox.put(answer(1, 10), now);
        assert_eq!(outbox.due(), Some(now + limit::BATCH));
        outbox.take(now);
        (2..5).for_each(|number| outbox.put(answer(number, 10), now));
        assert_eq!(outbox.due(), Some(now + limit::GATHER), "not for longer, if nobody acknowledges");
        outbox.acknowledge(&[token(1)], now);
        assert_eq!((outbox.due(), sizes(&outbox.take(now))), (Some(now), vec![3]));
    }

    #[test]
    fn an_answer_that_is_refused_is_replaced_once() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        outbox.put(answer(1, FRAME_MAX_BYTES), now);
        assert_eq!(outbox.take(now).alone.len(), 1);
        assert_eq!(outbox.refuse(&token(1), "400", now), Refusal::Replaced);
        let FromAgent::Answer { answers } = outbox.take(now).messages.remove(0) else { panic!("no answer") };
        let said = (&answers[0].result, answers[0].is_error);
        assert_eq!(said, (&json!({ "error": "the result was not taken: 400" }), true));
        assert_eq!(outbox.refuse(&token(1), "400", now), Refusal::Final);
        assert_eq!(outbox.refuse(&token(9), "400", now), Refusal::Final);
    }

    #[test]
    fn many_answers_do_not_go_alone_all_at_once() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        (0..20).for_each(|number| outbox.put(answer(number, 10), now));
        for _ in 0..TRIES_TOGETHER {
            assert_eq!(sizes(&outbox.take(now)), [20]);
            outbox.renew(now);
        }
        assert_eq!(outbox.take(now).alone.len(), ALONE);
        assert_eq!(outbox.due(), Some(now + ALONE_PAUSE));
        assert_eq!(outbox.take(now + ALONE_PAUSE).alone.len(), 20 - ALONE);
    }

    #[test]
    fn a_new_connection_is_told_what_lasts_and_not_what_has_passed() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        outbox.put(answer(1, 10), now);
        outbox.put(Outgoing::Report(Box::default(), Timestamp(1)), now);
        assert_eq!(outbox.take(now).messages.len(), 2);
        outbox.put(Outgoing::Accepted(token(2)), now);
        outbox.put(Outgoing::Progress(token(2), "x".into()), now);
        outbox.renew(now);
        assert_eq!(outbox.take(now).messages.len(), 2);
        assert_eq!(outbox.take(now), Batch::default());
    }
}
