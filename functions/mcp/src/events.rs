//! A server's stream of events, within bounds.

use std::{collections::VecDeque, time::Duration};

use llm::sse::{Event, Reader};
use reqwest::Response;

use crate::{message::Message, wire::Failure};

/// Most bytes that one stream may bring. One event may have 4 MB: that is the reader's own bound.
const STREAM_BYTES: usize = 16 * 1024 * 1024;

/// A server's stream of events.
#[derive(Debug)]
pub(crate) struct Events {
    answer: Response,
    reader: Reader,
    complete: VecDeque<Event>,
    read_bytes: usize,
}

impl Events {
    pub(crate) fn of(answer: Response) -> Self {
        Self { answer, reader: Reader::default(), complete: VecDeque::new(), read_bytes: 0 }
    }

    /// Returns the next event; none where the stream has ended or was cut off, for that is the same to whoever waits. May be
    /// dropped while it waits, and nothing is lost.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        while self.complete.is_empty() {
            let Ok(Some(bytes)) = self.answer.chunk().await else { return Ok(None) };
            self.read_bytes += bytes.len();
            if self.read_bytes > STREAM_BYTES {
                return Err(Failure::Unusable("its stream is too long".to_owned()));
            }
            let pushed = self.reader.push(&bytes, &mut self.complete);
            pushed.map_err(|error| Failure::Unusable(error.to_string()))?;
        }
        Ok(self.complete.pop_front())
    }

    pub(crate) fn last_id(&self) -> Option<&str> {
        self.reader.last_id()
    }

    pub(crate) fn retry(&self) -> Option<Duration> {
        self.reader.retry()
    }
}

/// Returns the message that an event is. What is none is passed over, as unknown events are to be.
pub(crate) fn message(event: &Event) -> Option<Message> {
    let is_message = event.name.is_empty() || event.name == "message";
    is_message.then(|| serde_json::from_str(&event.data).ok())?
}
