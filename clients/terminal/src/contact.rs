//! Whether the stack is there, and what is said about it.

use tokio::time::Instant;

use crate::api::PATIENCE;

/// Whether the stack is there.
#[derive(Clone, Copy, Debug)]
pub struct Contact {
    state: State,
    loss: Loss,
}

/// For how long a lost stack is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Until somebody leaves: they see that it is away.
    Waits,
    /// As long as a request: a script must end.
    Ends,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Never,
    There,
    Away(Instant),
}

impl Contact {
    /// Begins with a stack that nobody has heard from yet.
    #[must_use]
    pub const fn sought(loss: Loss) -> Self {
        Self { state: State::Never, loss }
    }

    /// Begins with a stack that has answered.
    #[must_use]
    pub const fn made(loss: Loss) -> Self {
        Self { state: State::There, loss }
    }

    /// Returns whether the stack was ever there.
    #[must_use]
    pub const fn was_made(&self) -> bool {
        !matches!(self.state, State::Never)
    }

    /// Notes that the stack is away; returns what to say about it, once per outage.
    ///
    /// # Errors
    /// It was never there, or is away for too long.
    pub fn lost(&mut self, reason: &str) -> anyhow::Result<Option<String>> {
        match self.state {
            State::Never => anyhow::bail!("the stack cannot be reached: {reason}"),
            State::There => {
                self.state = State::Away(Instant::now());
                Ok(Some(format!("reconnecting… ({reason})")))
            }
            State::Away(since) if self.loss == Loss::Ends && since.elapsed() > PATIENCE => {
                anyhow::bail!("the stack cannot be reached: {reason}")
            }
            State::Away(_) => Ok(None),
        }
    }

    /// Notes that the stack does what it is asked; returns what to say about it.
    pub const fn found(&mut self) -> Option<&'static str> {
        let before = std::mem::replace(&mut self.state, State::There);
        if matches!(before, State::Away(_)) { Some("connected again") } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once() {
        let mut contact = Contact::made(Loss::Waits);
        assert_eq!(contact.lost("broken").unwrap().unwrap(), "reconnecting… (broken)");
        assert_eq!(contact.lost("refused").unwrap(), None);
        assert_eq!(contact.found(), Some("connected again"));
        assert_eq!(contact.found(), None);
        assert!(contact.lost("broken").unwrap().is_some());
    }

    #[test]
    fn a_stack_that_never_was_there_is_not_waited_for() {
        let error = Contact::sought(Loss::Waits).lost("refused").unwrap_err();
        assert_eq!(error.to_string(), "the stack cannot be reached: refused");
    }

    #[tokio::test(start_paused = true)]
    async fn a_script_ends_when_the_stack_stays_away() {
        let mut contact = Contact::made(Loss::Ends);
        contact.lost("broken").unwrap();
        tokio::time::advance(PATIENCE * 2).await;
        assert!(contact.lost("refused").is_err());
    }
}
