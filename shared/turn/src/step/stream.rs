//! The model's turn: what it says goes to the part log and to sockets as it comes in.

use std::time::Duration;

use chat::{
    Change,
    account::{Mark, Phase, enter, mark},
    event::Event,
    failure::Kind,
    id::ChatId,
    limit::{EPISODE_BYTES, PART_BYTES, PARTS_MS, STREAM_SILENCE_MS},
    model::{ModelError, ModelEvent},
    part::{Delta, push_delta},
    port::{Answer, Flush, Observed, Unavailable},
    record::Status,
    transition::Fence,
};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    StepPorts,
    compacting::Compacting,
    conclude::End,
    flushing::{FlushFailure, Flushed, Flushing, Write, done, send},
    source::Source,
    vitals::Vitals,
};
use crate::{
    flush::{Audience, Pace, must_write, wait},
    output::Output,
};

/// Flushes that may fail in a row before the step gives up and lets its wake come again.
const FLUSH_FAILURES: u32 = 5;

pub(super) struct Stream<'a, P> {
    ports: &'a P,
    chat_id: ChatId,
    pub(super) fence: Fence,
    provider: &'a str,
    vitals: &'a Vitals,
    pub(super) output: Output,
    /// What is summarised, if that is what the model does.
    pub(super) compacting: Option<Compacting>,
    /// Events that nobody was told yet.
    pub(super) untold: Vec<Event>,
    /// Parts that a flush has numbered, and that may or may not be in the log: they must not change.
    numbered: Vec<Delta>,
    /// What came in since.
    unwritten: Vec<Delta>,
    unwritten_since: Instant,
    next_seq: u64,
    size_bytes: usize,
    audience: Audience,
    begun_at: Option<Instant>,
    looked_at: Instant,
    failures: u32,
}

impl<'a, P: StepPorts> Stream<'a, P> {
    pub(super) fn new(
        ports: &'a P,
        begun: &Change,
        fence: Fence,
        provider: &'a str,
        vitals: &'a Vitals,
    ) -> Self {
        Self {
            ports,
            chat_id: begun.chat.id,
            fence,
            provider,
            vitals,
            output: Output::default(),
            compacting: None,
            untold: begun.events.clone(),
            numbered: Vec::new(),
            unwritten: Vec::new(),
            unwritten_since: Instant::now(),
            next_seq: 1,
            size_bytes: 0,
            audience: Audience::Unknown,
            begun_at: None,
            looked_at: Instant::now(),
            failures: 0,
        }
    }

    pub(super) async fn run<A: Answer>(&mut self, mut source: Source<'_, A>) -> Result<End, Unavailable> {
        let silence = Duration::from_millis(STREAM_SILENCE_MS);
        let mut heard_at = Instant::now();
        let mut flushing: Option<Flushing<'a>> = None;
        let end = loop {
            enter(self.phase(&flushing));
            let due = self.due();
            tokio::select! {
                biased;
                flushed = done(&mut flushing), if flushing.is_some() => {
                    flushing = None;
                    if let Some(end) = self.flushed(flushed)? {
                        break end;
                    }
                }
                () = sleep_until(due), if flushing.is_none() => flushing = Some(self.flush()),
                next = timeout_at(heard_at + silence, source.next()) => {
                    heard_at = Instant::now();
                    if let Some(end) = self.take(next.unwrap_or_else(|_| Some(Err(self.silent())))) {
                        break end;
                    }
                }
            }
        };
        mark(Mark::Answered);
        // What follows the answer must not overtake its last parts.
        if let Some(flushing) = flushing {
            let flushed = flushing.await;
            self.flushed(flushed)?;
        }
        Ok(end)
    }

    /// Takes in what the model said; returns the end, if it is one.
    fn take(&mut self, next: Option<Result<ModelEvent, ModelError>>) -> Option<End> {
        match next {
            None => Some(End::Failed(self.error(Kind::Timeout, "the stream ended without its last event"))),
            Some(Err(error)) => Some(End::Failed(error)),
            Some(Ok(ModelEvent::Finish { reason, usage })) => Some(End::Finished { reason, usage }),
            Some(Ok(ModelEvent::Part(part))) => {
                mark(Mark::FirstToken);
                self.output.part(part, self.ports.now());
                None
            }
            Some(Ok(ModelEvent::Delta(delta))) => self.delta(delta),
        }
    }

    fn delta(&mut self, delta: Delta) -> Option<End> {
        self.size_bytes += delta.size_bytes();
        if self.size_bytes > EPISODE_BYTES {
            // Asked again, it would be as long.
            let too_long = self.error(Kind::Generic, "the answer is too long");
            return Some(End::Failed(ModelError { retryable: false, ..too_long }));
        }
        mark(Mark::FirstToken);
        self.begun_at.get_or_insert_with(Instant::now);
        self.vitals.answered();
        self.output.delta(delta.clone(), self.ports.now());
        // What a summary says is shown when it is whole.
        if self.compacting.is_none() {
            self.show(delta);
        }
        None
    }

    /// Has the next flush show something.
    fn show(&mut self, delta: Delta) {
        if self.is_written() {
            self.unwritten_since = Instant::now();
        }
        push_delta(&mut self.unwritten, delta);
    }

    /// From here on the model summarises; people are shown that it does.
    pub(super) fn compacts(&mut self, compacting: Compacting) {
        self.show(compacting.shown());
        self.begin_again();
        self.compacting = Some(compacting);
    }

    /// Returns whether people may have seen something of what was said.
    pub(super) const fn has_shown(&self) -> bool {
        self.size_bytes > 0
    }

    /// What was said so far is void.
    pub(super) fn begin_again(&mut self) {
        self.output = Output::default();
        self.size_bytes = 0;
    }

    /// A flush runs beside the stream; meanwhile time is the flush's.
    const fn phase(&self, flushing: &Option<Flushing<'_>>) -> Phase {
        match (flushing, self.begun_at) {
            (Some(_), _) => Phase::Flushes,
            (None, Some(_)) => Phase::Stream,
            (None, None) => Phase::FirstToken,
        }
    }

    fn unwritten_bytes(&self) -> usize {
        self.numbered.iter().chain(&self.unwritten).map(Delta::size_bytes).sum()
    }

    fn is_written(&self) -> bool {
        self.numbered.is_empty() && self.unwritten.is_empty()
    }

    /// Returns when the next flush, or the next look, is due.
    fn due(&self) -> Instant {
        self.looked_at
            + wait(&Pace {
                audience: self.audience,
                streaming: self.begun_at.map_or(Duration::ZERO, |begun| begun.elapsed()),
                looked: Duration::ZERO,
                unwritten_bytes: self.unwritten_bytes(),
            })
    }

    /// Begins a flush: the parts are written first, then listeners are looked for, then told. So a
    /// subscriber either is seen here or sees the parts.
    fn flush(&mut self) -> Flushing<'a> {
        let must = self.audience == Audience::Somebody
            || must_write(self.unwritten_since.elapsed(), self.unwritten_bytes());
        let flush = Flush {
            chat_id: self.chat_id,
            episode: self.fence.episode(),
            first_seq: self.next_seq,
            parts: self.number(),
            expires_at: self.ports.now().plus_ms(PARTS_MS),
        };
        self.looked_at = Instant::now();
        let untold = std::mem::take(&mut self.untold);
        let write = if flush.parts.is_empty() {
            Write::Nothing
        } else if must {
            Write::Now
        } else {
            Write::IfHeard
        };
        Box::pin(send(self.ports, flush, untold, write))
    }

    /// Fixes where one part ends and the next begins: from here on they have their places.
    fn number(&mut self) -> Vec<Delta> {
        let newer = std::mem::take(&mut self.unwritten);
        let mut parts = std::mem::take(&mut self.numbered);
        parts.extend(newer.into_iter().flat_map(|delta| delta.split(PART_BYTES)));
        parts
    }

    /// Takes in what a flush found; returns the end, if the step must stop.
    fn flushed(&mut self, flushed: Result<Flushed, FlushFailure>) -> Result<Option<End>, Unavailable> {
        let Flushed { observed, written, kept } = match flushed {
            Ok(flushed) => flushed,
            Err((parts, untold, error)) => {
                self.numbered = parts;
                self.untold = untold;
                self.failures += 1;
                tracing::warn!(chat_id = %self.chat_id, %error, "flush failed");
                return if self.failures >= FLUSH_FAILURES { Err(error) } else { Ok(None) };
            }
        };
        self.failures = 0;
        self.next_seq += written;
        self.numbered = kept;
        let Some(observed) = observed else { return Ok(Some(End::Overtaken)) };
        let heard = !observed.listeners.is_empty();
        self.audience = if heard { Audience::Somebody } else { Audience::Nobody };
        Ok(verdict(&self.fence, &observed))
    }

    fn silent(&self) -> ModelError {
        self.error(Kind::StreamSilenceTimeout, "no event came for ten minutes")
    }

    fn error(&self, kind: Kind, message: &str) -> ModelError {
        ModelError::ours(self.provider, kind, message)
    }
}

/// Returns what the step must do, by what a look at the chat showed: nothing where it still owns its attempt.
fn verdict(fence: &Fence, observed: &Observed) -> Option<End> {
    let Observed { versions, status, lease, .. } = observed;
    let owns = lease.is_some_and(|lease| lease.worker == fence.worker)
        && versions.history == fence.history_version
        && versions.generation_attempt == fence.generation_attempt;
    match status {
        _ if !owns => Some(End::Overtaken),
        Status::Interrupting => Some(End::Interrupted),
        Status::Running => None,
        Status::Waiting | Status::RequiresAction | Status::Error => Some(End::Overtaken),
    }
}
