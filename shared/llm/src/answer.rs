//! An answer as it arrives.

use chat::model::{ModelError, ModelEvent};

use crate::stream::Stream;

/// An answer as it arrives. Dropping it hangs up.
#[derive(Debug)]
pub struct Answer {
    response: reqwest::Response,
    stream: Stream,
}

impl Answer {
    pub(crate) fn of(response: reqwest::Response, stream: Stream) -> Self {
        Self { response, stream }
    }

    /// Returns the next event. `Finish` or an error is the last one.
    ///
    /// Cancel safe: nothing is lost when the future is dropped. It waits as long as the provider is
    /// silent; how long that may be is the caller's to say.
    pub async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        loop {
            if let Some(event) = self.stream.next() {
                return Some(event);
            }
            if self.stream.is_done() {
                return None;
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.stream.feed(&bytes),
                Ok(None) => self.stream.end(),
                Err(error) => self.stream.fail(error.into()),
            }
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
