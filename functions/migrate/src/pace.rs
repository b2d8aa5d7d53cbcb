//! How fast capacity may be used.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Spreads capacity units over time, for all segments of a run together.
///
/// Who has used units learns when the next may be used: what is used by then is never more than the rate, and the
/// pages that were under way.
#[derive(Debug)]
pub(crate) struct Pace {
    units_per_second: f64,
    paid_until: Mutex<Instant>,
}

impl Pace {
    pub(crate) fn new(units_per_second: u32) -> Self {
        Self { units_per_second: units_per_second.into(), paid_until: Mutex::new(Instant::now()) }
    }

    /// Takes note of units that were used; returns when to go on.
    pub(crate) fn used(&self, units: f64) -> Instant {
        let takes = Duration::try_from_secs_f64(units / self.units_per_second).unwrap_or_default();
        let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paid_until = (*paid_until).max(Instant::now()) + takes;
        *paid_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn units_are_spread_over_time_and_idle_time_is_not_saved_up() {
        let (pace, start) = (Pace::new(100), Instant::now());
        assert_eq!(pace.used(50.0), start + Duration::from_millis(500));
        assert_eq!(pace.used(100.0), start + Duration::from_millis(1_500));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(pace.used(10.0), start + Duration::from_millis(10_100));
    }
}
