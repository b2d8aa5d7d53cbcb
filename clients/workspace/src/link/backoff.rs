//! Waits between attempts.

use std::time::Duration;

const FIRST_MS: u64 = 250;
const LONGEST_MS: u64 = 30_000;

/// Waits of random length below a bound that doubles, so that agents which were lost together do not come together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) fn next_delay(&mut self) -> Duration {
        Duration::from_millis(fastrand::u64(0..=self.next_bound_ms()))
    }

    fn next_bound_ms(&mut self) -> u64 {
        let bound = FIRST_MS << self.failures.min(10);
        self.failures += 1;
        bound.min(LONGEST_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_to_thirty_seconds() {
        let mut backoff = Backoff::default();
        let bounds: Vec<_> = (0..9).map(|_| backoff.next_bound_ms()).collect();
        assert_eq!(bounds, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    }
}
