//! When streamed parts go out. This decides the bill, and how lively an answer feels.
//!
//! A flush is a write, a query and a push to each listener; without listeners it is a query, and now and
//! then a write, so that little is lost when the step dies.

use std::time::Duration;

/// After the first part: often, while people look whether something happens.
const LIVELY: Duration = Duration::from_secs(1);
const LIVELY_EVERY: Duration = Duration::from_millis(125);
/// Later: as often as reading needs. A flush costs $1.75 a million, of a turn's $85.
const STEADY_EVERY: Duration = Duration::from_millis(600);
/// More than that does not wait.
const FULL_BYTES: usize = 4 * 1024;
/// While nothing comes in: how often to look whether the step shall stop.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// With nobody listening: how often to look whether somebody came. A look costs $0.25 a million, of a turn's $35.
const UNHEARD_EVERY: Duration = Duration::from_millis(1_500);
/// With nobody listening: how long words may be unwritten.
const UNWRITTEN: Duration = Duration::from_secs(12);

/// Whether anybody listens, as far as the last query knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// It has not been asked yet.
    Unknown,
    /// Nobody.
    Nobody,
    /// Somebody.
    Somebody,
}

/// How long since what, when the next flush is to be timed.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Who listens.
    pub audience: Audience,
    /// Since the first part of the episode.
    pub streaming: Duration,
    /// Since the last look, at listeners and owner.
    pub looked: Duration,
    /// Bytes that are neither written nor pushed.
    pub unwritten_bytes: usize,
}

/// Returns how long to wait until the next flush or look.
#[must_use]
pub fn wait(pace: &Pace) -> Duration {
    let every = match pace.audience {
        Audience::Unknown | Audience::Nobody | Audience::Somebody if pace.unwritten_bytes == 0 => LOOK_EVERY,
        Audience::Unknown => Duration::ZERO,
        Audience::Nobody => UNHEARD_EVERY,
        Audience::Somebody if pace.unwritten_bytes >= FULL_BYTES => LIVELY_EVERY,
        Audience::Somebody if pace.streaming < LIVELY => LIVELY_EVERY,
        Audience::Somebody => STEADY_EVERY,
    };
    every.saturating_sub(pace.looked)
}

/// Returns whether words are to be written although nobody listens.
#[must_use]
pub fn must_write(unwritten: Duration, unwritten_bytes: usize) -> bool {
    unwritten_bytes >= FULL_BYTES || unwritten >= UNWRITTEN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(pace: (Audience, u64, u64, usize)) -> u128 {
        let (audience, streaming, looked, unwritten_bytes) = pace;
        let (streaming, looked) = (Duration::from_millis(streaming), Duration::from_millis(looked));
        wait(&Pace { audience, streaming, looked, unwritten_bytes }).as_millis()
    }

    #[test]
    fn the_first_part_goes_at_once() {
        assert_eq!(ms((Audience::Unknown, 0, 0, 5)), 0);
    }

    #[test]
    fn while_nothing_comes_in_it_looks_once_a_second() {
        assert_eq!(ms((Audience::Unknown, 0, 300, 0)), 700);
        assert_eq!(ms((Audience::Somebody, 5_000, 300, 0)), 700);
    }

    #[test]
    fn a_lively_second_then_steady() {
        assert_eq!(ms((Audience::Somebody, 500, 40, 5)), 85);
        assert_eq!(ms((Audience::Somebody, 1_500, 50, 5)), 550);
        assert_eq!(ms((Audience::Somebody, 1_500, 50, 9_000)), 75);
    }

    #[test]
    fn nobody_is_looked_for_now_and_then() {
        assert_eq!(ms((Audience::Nobody, 5_000, 300, 9_000)), 1_200);
        assert!(!must_write(Duration::from_secs(1), 100));
        assert!(must_write(Duration::from_secs(12), 100));
        assert!(must_write(Duration::from_secs(1), 4_096));
    }

    /// Ten seconds of streaming cost this many flushes; the bill of a turn is worked out from it.
    #[test]
    fn ten_seconds_take_twenty_three_flushes() {
        let (mut at, mut flushes) = (0, 0);
        while at < 10_000 {
            flushes += 1;
            at += ms((Audience::Somebody, at, 0, 20)) as u64;
        }
        assert_eq!(flushes, 23);
    }
}
