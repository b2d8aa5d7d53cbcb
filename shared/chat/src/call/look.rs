//! When a parked chat is looked at again.

use super::{Answerer, Call};
use crate::{limit::RESEND_MS, record::Chat, time::Timestamp, wake::Reason};

/// When somebody looks at a parked chat again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Why.
    pub reason: Reason,
    /// In how long.
    pub delay_ms: u64,
}

impl Call {
    /// Returns whether it may have got lost on its way: nobody has said that he has it, and whoever answers has to be told,
    /// or looked at.
    #[must_use]
    pub const fn may_be_lost(&self) -> bool {
        let told = match self.answerer {
            Answerer::Workspace | Answerer::Machine | Answerer::Server | Answerer::Chat => true,
            Answerer::Step | Answerer::Client | Answerer::Person | Answerer::Clock => false,
        };
        told && self.result.is_none() && self.accepted_at.is_none()
    }
}

/// Returns when a parked chat is looked at next: 10, 30, 70, … seconds after it was parked while a call may have got lost,
/// else at the next deadline.
#[must_use]
pub fn next_look(chat: &Chat, ledger: &[Call], now: Timestamp) -> Look {
    let deadline_ms = chat.next_deadline().map_or(0, |deadline| deadline.since_ms(now));
    let lost = ledger.iter().filter(|call| call.may_be_lost());
    let again_ms = lost.filter_map(|call| call.parked_at).min().map(|parked_at| again_in_ms(parked_at, now));
    match again_ms.filter(|again_ms| *again_ms < deadline_ms) {
        Some(delay_ms) => Look { reason: Reason::Resend, delay_ms },
        None => Look { reason: Reason::Deadline, delay_ms: deadline_ms },
    }
}

/// Each wait is twice as long as the one before.
fn again_in_ms(parked_at: Timestamp, now: Timestamp) -> u64 {
    let waited_ms = now.since_ms(parked_at);
    let (mut wait_ms, mut at_ms) = (RESEND_MS, RESEND_MS);
    while at_ms <= waited_ms.saturating_add(EARLY_MS) {
        wait_ms = wait_ms.saturating_mul(2);
        at_ms = at_ms.saturating_add(wait_ms);
    }
    at_ms - waited_ms
}

/// By how much a wake may be early, as clocks differ.
const EARLY_MS: u64 = 500;

#[cfg(test)]
mod tests {
    use super::{RESEND_MS, again_in_ms};
    use crate::time::Timestamp;

    #[test]
    fn each_wait_is_twice_as_long() {
        let at = |waited_ms: u64| again_in_ms(Timestamp(1_000), Timestamp(1_000 + waited_ms)) + waited_ms;
        let cases = [
            (0, 1),
            (9_000, 1),
            (9_600, 3),
            (10_000, 3),
            (29_000, 3),
            (30_000, 7),
            (69_999, 15),
            (150_000, 31),
        ];
        for (waited_ms, times) in cases {
            assert_eq!(at(waited_ms), times * RESEND_MS, "{waited_ms}");
        }
    }
}
