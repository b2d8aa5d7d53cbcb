//! How long an answer to `subscribe` or `watch` is waited for.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use view::Refused;

const ANSWER: Duration = Duration::from_secs(15);
const AGAIN: Duration = Duration::from_secs(1);

/// When an answer that did not come is asked for once more, on another connection: on the same one, two answers could
/// not be told apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    until: Option<Instant>,
}

impl Patience {
    /// Notes that an answer is asked for.
    pub fn asked(&mut self) {
        self.until = Some(Instant::now() + ANSWER);
    }

    /// Notes that it is here, or that nobody is there to give it.
    pub const fn ended(&mut self) {
        self.until = None;
    }

    /// Notes that it was refused.
    ///
    /// # Errors
    /// It would be refused again.
    pub fn refused(&mut self, refused: &Refused) -> anyhow::Result<()> {
        if refused.code != "unavailable" {
            anyhow::bail!("{} ({})", refused.message, refused.code);
        }
        self.until = Some(Instant::now() + AGAIN);
        Ok(())
    }

    /// Waits until it is time to ask once more; forever where nothing is asked for.
    pub async fn ends(self) {
        match self.until {
            Some(until) => sleep_until(until).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str) -> Refused {
        Refused { action: "subscribe".into(), code: code.into(), message: "no".into(), chat_id: None }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_is_asked_for_again() {
        let mut patience = Patience::default();
        patience.asked();
        let asked = Instant::now();
        patience.ends().await;
        assert_eq!(asked.elapsed(), ANSWER);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_tried_again_soon_and_a_missing_chat_never() {
        let mut patience = Patience::default();
        patience.asked();
        let asked = Instant::now();
        patience.refused(&refusal("unavailable")).unwrap();
        patience.ends().await;
        assert_eq!(asked.elapsed(), AGAIN);
        assert_eq!(patience.refused(&refusal("not_found")).unwrap_err().to_string(), "no (not_found)");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_answered_is_not_waited_for() {
        let mut patience = Patience::default();
        patience.asked();
        patience.ended();
        assert!(tokio::time::timeout(ANSWER * 2, patience.ends()).await.is_err());
    }
}
