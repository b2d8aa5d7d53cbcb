//! Server-sent events, read in whatever pieces they arrive.
//!
//! The format: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>.

use std::{collections::VecDeque, time::Duration};

/// Bytes of one line, and of one event's data.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its type, where it has one.
    pub name: String,
    /// Its lines of data, joined.
    pub data: String,
}

/// A line, or an event's data, of more than 4 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    /// A line.
    #[error("a line of the stream is too long")]
    Line,
    /// The data of an event.
    #[error("an event of the stream is too long")]
    Event,
}

/// Reads events from bytes.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    event: Event,
    lines_of_data: usize,
    id: Option<String>,
    last_id: Option<String>,
    retry: Option<Duration>,
    after_return: bool,
    after_first_line: bool,
}

impl Reader {
    /// Takes the next bytes and appends the events that they complete.
    ///
    /// # Errors
    /// What would have to be kept is too long.
    pub fn push(&mut self, bytes: &[u8], events: &mut VecDeque<Event>) -> Result<(), TooLong> {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            self.piece(piece, events)?;
        }
        Ok(())
    }

    /// Returns the event that the end of the stream completes: its blank line may be missing.
    pub fn end(&mut self) -> Option<Event> {
        self.complete()
    }

    /// Returns the newest id that came with its blank line: with it, a server goes on where the stream ended.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Returns how long the server wants nobody to ask it again, where it says so.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn piece(&mut self, piece: &[u8], events: &mut VecDeque<Event>) -> Result<(), TooLong> {
        let (rest, end) = match piece {
            [rest @ .., end @ (b'\n' | b'\r')] => (rest, Some(*end)),
            rest => (rest, None),
        };
        let second_half_of_crlf = self.after_return && rest.is_empty() && end == Some(b'\n');
        self.after_return = end == Some(b'\r');
        if second_half_of_crlf {
            return Ok(());
        }
        if self.line.len() + rest.len() > MOST_BYTES {
            return Err(TooLong::Line);
        }
        self.line.extend_from_slice(rest);
        if end.is_some() {
            events.extend(self.end_line()?);
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<Option<Event>, TooLong> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let first = !std::mem::replace(&mut self.after_first_line, true);
        let line = if first { line.trim_start_matches('\u{feff}') } else { &line };
        if line.is_empty() {
            return Ok(self.complete());
        }
        self.field(line)?;
        Ok(None)
    }

    fn field(&mut self, line: &str) -> Result<(), TooLong> {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => self.data(value)?,
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            "retry" => self.retry = value.parse().map(Duration::from_millis).ok().or(self.retry),
            // Comments have an empty name.
            _ => {}
        }
        Ok(())
    }

    fn data(&mut self, value: &str) -> Result<(), TooLong> {
        if self.event.data.len() + value.len() >= MOST_BYTES {
            return Err(TooLong::Event);
        }
        if self.lines_of_data > 0 {
            self.event.data.push('\n');
        }
        self.lines_of_data += 1;
        self.event.data.push_str(value);
        Ok(())
    }

    fn complete(&mut self) -> Option<Event> {
        self.last_id = self.id.take().or(self.last_id.take());
        let event = std::mem::take(&mut self.event);
        let lines = std::mem::take(&mut self.lines_of_data);
        (lines > 0).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<Event> {
        let mut reader = Reader::default();
        let mut events = VecDeque::new();
        for chunk in chunks {
            reader.push(chunk, &mut events).unwrap();
        }
        events.extend(reader.end());
        events.into()
    }

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn fields_make_events() {
        let bytes =
            "\u{feff}event: a\ndata: 1\ndata:2\n\n: a comment\nid: 7\n\ndata\n\r\nretry: 5\r\rdata: é";
        let expect = [event("a", "1\n2"), event("", "")];
        assert_eq!(read(&[bytes.as_bytes()]), expect);
    }

    #[test]
    fn an_id_counts_once_its_event_has_ended() {
        let mut reader = Reader::default();
        let mut events = VecDeque::new();
        reader.push(b"id: 7\nretry: 50\n\nid: 8\nretry: soon\ndata: cut", &mut events).unwrap();
        assert_eq!((reader.last_id(), reader.retry()), (Some("7"), Some(Duration::from_millis(50))));
        assert!(events.is_empty());
    }

    #[test]
    fn the_last_blank_line_may_be_missing() {
        assert_eq!(read(&[b"data: [DONE]\n"]), [event("", "[DONE]")]);
    }

    #[test]
    fn half_a_line_at_the_end_is_not_an_event() {
        assert_eq!(read(&[b"data: {\"cut"]), []);
    }

    #[test]
    fn a_line_has_a_bound() {
        let mut reader = Reader::default();
        let mut events = VecDeque::new();
        let long = vec![b'x'; MOST_BYTES];
        reader.push(&long, &mut events).unwrap();
        assert!(reader.push(b"x", &mut events).is_err());
    }

    #[test]
    fn an_event_has_a_bound() {
        let mut reader = Reader::default();
        let mut events = VecDeque::new();
        let half = [b"data:".as_slice(), &vec![b'x'; MOST_BYTES / 2], b"\n"].concat();
        reader.push(&half, &mut events).unwrap();
        assert!(reader.push(&half, &mut events).is_err());
    }

    fn line() -> impl Strategy<Value = String> {
        let field = prop_oneof!["data: ?[a-zé☃{}:\" ]{0,12}", "event: ?[a-z]{0,5}", ":[a-z ]{0,5}", "", ""];
        (field, prop_oneof!["\n", "\r\n", "\r"]).prop_map(|(field, end)| field + &end)
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_events(
            lines in prop::collection::vec(line(), 0..24),
            cuts in prop::collection::vec(0_usize..400, 0..24),
        ) {
            let text = lines.concat();
            let bytes = text.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&chunks), read(&[bytes]));
        }
    }
}
