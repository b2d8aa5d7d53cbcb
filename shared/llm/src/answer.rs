//! An answer as it arrives.

use std::fmt;

use chat::model::{ModelError, ModelEvent};
use reqwest::Response;

use crate::{
    again::{Again, Asked},
    fault::Fault,
    stream::Stream,
};

/// An answer as it arrives. Dropping it hangs up.
#[derive(Debug)]
pub struct Answer {
    source: Source,
    stream: Stream,
    again: Option<Again>,
}

/// Where bytes come from.
enum Source {
    Response(Response),
    /// The provider paused, and was asked to go on.
    Asked(Asked),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(response) => response.fmt(f),
            Self::Asked(_) => f.write_str("Asked"),
        }
    }
}

impl Source {
    /// Returns the next bytes, or none at their end. May be cancelled.
    async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, Fault> {
        if let Self::Asked(asked) = self {
            *self = Self::Response(asked.await?);
        }
        match self {
            Self::Response(response) => Ok(response.chunk().await?),
            Self::Asked(_) => Ok(None),
        }
    }
}

impl Answer {
    pub(crate) const fn of(response: Response, stream: Stream, again: Option<Again>) -> Self {
        Self { source: Source::Response(response), stream, again }
    }

    /// Returns the next event. `Finish` or an error is the last one.
    ///
    /// Cancel safe: nothing is lost when the future is dropped. It waits as long as the provider is
    /// silent; how long that may be is the caller's to say.
    pub async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        loop {
            if let Some(event) = self.stream.next() {
                if let (Ok(event), Some(again)) = (&event, &mut self.again) {
                    again.heard(event);
                }
                return Some(event);
            }
            if self.stream.is_done() {
                return None;
            }
            if self.stream.is_paused() {
                self.ask_again();
                continue;
            }
            match self.source.next().await {
                Ok(Some(bytes)) => self.stream.feed(bytes.as_ref()),
                Ok(None) => self.stream.end(),
                Err(fault) => self.stream.fail(fault),
            }
        }
    }

    fn ask_again(&mut self) {
        match self.again.as_mut().and_then(Again::ask) {
            Some(asked) => {
                self.source = Source::Asked(asked);
                self.stream.go_on();
            }
            None => self.stream.leave_it_there(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn may_wait_in_a_select<T: Send + Unpin>() {}

    #[test]
    fn an_answer_may_wait_beside_others() {
        const { may_wait_in_a_select::<Answer>() };
    }
}
