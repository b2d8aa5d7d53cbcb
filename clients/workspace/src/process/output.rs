//! What a command puts out: its beginning, its end, and how much lay between.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::limit;

/// The output of a command, however long, in bounded memory.
#[derive(Debug, Default)]
pub struct Output {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    /// Bytes after the head that are not in the tail any more.
    omitted: u64,
    /// Bytes that the command wrote.
    original: u64,
    /// Bytes of the line that is being written.
    line: usize,
    /// Bytes of it that were cut.
    cut: u64,
    /// What was put out since somebody last asked.
    fresh: VecDeque<u8>,
}

impl Output {
    /// Takes what the command wrote.
    pub fn push(&mut self, bytes: &[u8]) {
        self.original += bytes.len() as u64;
        let mut kept = Vec::with_capacity(bytes.len());
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let words = piece.strip_suffix(b"\n").unwrap_or(piece);
            let room = limit::OUTPUT_LINE_BYTES.saturating_sub(self.line);
            let (shown, cut) = words.split_at(words.len().min(room));
            kept.extend_from_slice(shown);
            self.line += shown.len();
            self.cut += cut.len() as u64;
            if words.len() < piece.len() {
                self.end_line(&mut kept);
            }
        }
        self.keep(&kept);
    }

    fn end_line(&mut self, kept: &mut Vec<u8>) {
        if self.cut > 0 {
            kept.extend_from_slice(format!(" […{} bytes of this line cut…]", self.cut).as_bytes());
        }
        kept.push(b'\n');
        (self.line, self.cut) = (0, 0);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let (head, tail) = bytes.split_at(bytes.len().min(limit::HEAD_BYTES - self.head.len()));
        self.head.extend_from_slice(head);
        self.omitted += ring(&mut self.tail, tail, limit::TAIL_BYTES);
        ring(&mut self.fresh, bytes, limit::PROGRESS_BYTES);
    }

    /// Returns how much the command wrote, in bytes.
    #[must_use]
    pub const fn original_bytes(&self) -> u64 {
        self.original
    }

    /// Returns what is kept, with a mark where something is not.
    #[must_use]
    pub fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let mut text = if self.omitted == 0 {
            String::from_utf8_lossy(&[self.head.as_slice(), &tail].concat()).into_owned()
        } else {
            let head = String::from_utf8_lossy(&self.head);
            let end = String::from_utf8_lossy(&tail);
            let (head, end) = (head.trim_end_matches('\u{fffd}'), end.trim_start_matches('\u{fffd}'));
            format!("{head}\n[…{} bytes omitted…]\n{end}", self.omitted)
        };
        if self.cut > 0 {
            text.push_str(&format!(" […{} bytes of this line cut…]", self.cut));
        }
        text
    }

    /// Returns what was cut, if anything was.
    #[must_use]
    pub fn truncated(&self) -> Option<Value> {
        let retained = (self.head.len() + self.tail.len()) as u64;
        let omitted = self.original.saturating_sub(retained);
        (omitted > 0).then(|| {
            json!({
                "original_bytes": self.original,
                "retained_bytes": retained,
                "omitted_bytes": omitted,
                "strategy": "head_tail",
            })
        })
    }

    /// Returns what was put out since the last time, its end if it is much.
    pub fn take_fresh(&mut self) -> String {
        let fresh: Vec<u8> = std::mem::take(&mut self.fresh).into();
        let mut text = String::from_utf8_lossy(&fresh).trim_start_matches('\u{fffd}').to_owned();
        // What stands for bytes that are no text is longer than they are.
        text.truncate(text.floor_char_boundary(limit::PROGRESS_BYTES));
        text
    }
}

/// Keeps the last bytes; returns how many went.
fn ring(ring: &mut VecDeque<u8>, bytes: &[u8], most: usize) -> u64 {
    let (passed, kept) = bytes.split_at(bytes.len().saturating_sub(most));
    let surplus = (ring.len() + kept.len()).saturating_sub(most);
    ring.drain(..surplus);
    ring.extend(kept);
    (passed.len() + surplus) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(pieces: &[&[u8]]) -> Output {
        let mut output = Output::default();
        pieces.iter().for_each(|piece| output.push(piece));
        output
    }

    #[test]
    fn short_output_is_kept_as_it_is() {
        let output = output(&[b"one\ntw", b"o\n", "ü".as_bytes()]);
        assert_eq!(output.text(), "one\ntwo\nü");
        assert_eq!(output.truncated(), None);
    }

    #[test]
    fn the_middle_of_long_output_is_omitted_and_counted() {
        let line = [b'x'; 999].into_iter().chain([b'\n']).collect::<Vec<_>>();
        let mut output = Output::default();
        output.push(b"first\n");
        (0..100).for_each(|_| output.push(&line));
        output.push(b"last\n");
        let text = output.text();
        assert!(text.starts_with("first\nxxx") && text.ends_with("xxx\nlast\n"));
        let omitted = 100_011 - limit::HEAD_BYTES - limit::TAIL_BYTES;
        assert!(text.contains(&format!("\n[…{omitted} bytes omitted…]\n")));
        let expected = json!({
            "original_bytes": 100_011, "retained_bytes": 32_768, "omitted_bytes": omitted, "strategy": "head_tail",
        });
        assert_eq!(output.truncated(), Some(expected));
    }

    #[test]
    fn a_long_line_is_cut_wherever_its_pieces_end() {
        let whole = [b'y'; 3_000];
        for at in [1, 2_047, 2_048, 2_049, 2_999] {
            let (front, back) = whole.split_at(at);
            let output = output(&[front, back, b"\nnext"]);
            let expected = format!("{} […952 bytes of this line cut…]\nnext", "y".repeat(2_048));
            assert_eq!(output.text(), expected, "{at}");
        }
    }

    #[test]
    fn ten_megabytes_of_lines_take_no_more_memory_than_ten_kilobytes() {
        let mut output = Output::default();
        let many = b"y\n".repeat(1 << 15);
        (0..160).for_each(|_| output.push(&many));
        assert_eq!(output.original_bytes(), 160 * (2 << 15));
        assert!(output.head.capacity() + output.tail.capacity() + output.fresh.capacity() < 128 * 1024);
    }

    #[test]
    fn what_is_fresh_is_told_once() {
        let mut output = output(&[b"one\n"]);
        assert_eq!(output.take_fresh(), "one\n");
        output.push(b"two\n");
        assert_eq!((output.take_fresh().as_str(), output.take_fresh().as_str()), ("two\n", ""));
        output.push(&[b"x".as_slice(), &[0xff; 20_000]].concat());
        assert!(output.take_fresh().len() <= limit::PROGRESS_BYTES);
    }
}
