//! `read_file`: shows lines of a file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek as _},
    time::Instant,
};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Tools};
use crate::{
    limit,
    refusal::{Refusal, read},
};

/// Bytes at the beginning that are looked at to tell text from anything else.
const PROBE_BYTES: u64 = 8 * 1024;
/// Bytes of a file up to which all its lines are counted.
const COUNTED_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Deserialize)]
struct Args {
    path: String,
    /// From 1.
    offset: Option<u64>,
    limit: Option<usize>,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let folder = tools.folder.clone();
    let until = Instant::now() + call.bounded(limit::READ);
    call.blocking(move || {
        let mut file = folder.read(&folder.find(&args.path)?)?;
        show(&mut file, &args, until).map_err(|wrong| Refusal::of(&args.path, wrong))
    })
    .await
}

#[derive(Default)]
struct Shown {
    text: String,
    lines: usize,
    /// The line that comes next, if something does.
    next: Option<u64>,
}

fn show(file: &mut File, args: &Args, until: Instant) -> Result<Value, Refusal> {
    let size = file.metadata().map_err(unread)?.len();
    probe(file, size)?;
    let first = args.offset.unwrap_or(1).max(1);
    let most = args.limit.unwrap_or(limit::READ_LINES).clamp(1, limit::READ_LINES);
    let mut reader = BufReader::with_capacity(64 * 1024, Timely { file, until });
    let passed = pass(&mut reader, first - 1)?;
    if passed < first - 1 {
        return Err(Refusal(format!("line {first} is beyond its end; it has {passed} lines")));
    }
    let shown = take(&mut reader, first, most)?;
    let mut result = json!({ "content": shown.text, "file_size": size, "lines_read": shown.lines });
    if let Some(next) = shown.next {
        result["next_offset"] = json!(next);
        result["note"] = json!(format!("there is more; read on with offset {next}"));
    }
    let end = first - 1 + shown.lines as u64;
    match shown.next {
        None => result["total_lines"] = json!(end),
        Some(_) if size <= COUNTED_BYTES => {
            // The first line of the rest was read to know that there is one.
            result["total_lines"] = json!(end + 1 + pass(&mut reader, u64::MAX)?);
        }
        Some(_) => {}
    }
    Ok(result)
}

/// A file that is read for so long and no longer: holes in it are read fast, but not for nothing.
struct Timely<'a> {
    file: &'a mut File,
    until: Instant,
}

impl Read for Timely<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.until {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it takes too long"));
        }
        self.file.read(buffer)
    }
}

fn unread(error: io::Error) -> Refusal {
    Refusal::of("it cannot be read", error)
}

fn probe(file: &mut File, size: u64) -> Result<(), Refusal> {
    let mut start = Vec::new();
    file.by_ref().take(PROBE_BYTES).read_to_end(&mut start).map_err(unread)?;
    file.rewind().map_err(unread)?;
    if start.contains(&0) {
        return Err(Refusal(format!("it is a binary file of {size} bytes")));
    }
    Ok(())
}

/// Passes over lines; returns how many there were.
fn pass(reader: &mut impl BufRead, lines: u64) -> Result<u64, Refusal> {
    let mut passed = 0;
    while passed < lines {
        if reader.skip_until(b'\n').map_err(unread)? == 0 {
            break;
        }
        passed += 1;
    }
    Ok(passed)
}

fn take(reader: &mut impl BufRead, first: u64, most: usize) -> Result<Shown, Refusal> {
    let mut shown = Shown::default();
    loop {
        let number = first + shown.lines as u64;
        let Some(line) = line(reader)? else { return Ok(shown) };
        let text = std::str::from_utf8(&line.kept).map_err(|_| {
            Refusal(format!(
                "line {number} is not UTF-8 text; use execute with a tool that knows its encoding"
            ))
        })?;
        let cut = if line.cut > 0 {
            format!(" […{} bytes of this line cut…]", line.cut)
        } else {
            String::new()
        };
        let entry = format!("{number}\t{text}{cut}\n");
        if shown.lines == most || shown.text.len() + entry.len() > limit::SHOWN_BYTES {
            shown.next = Some(number);
            return Ok(shown);
        }
        shown.text.push_str(&entry);
        shown.lines += 1;
    }
}

struct Line {
    kept: Vec<u8>,
    cut: u64,
}

/// Reads a line, keeping its beginning only.
fn line(reader: &mut impl BufRead) -> Result<Option<Line>, Refusal> {
    let mut kept = Vec::new();
    let most = limit::LINE_BYTES as u64 + 1;
    let length = reader.by_ref().take(most).read_until(b'\n', &mut kept).map_err(unread)?;
    if length == 0 {
        return Ok(None);
    }
    if kept.ends_with(b"\n") {
        kept.pop();
        if kept.ends_with(b"\r") {
            kept.pop();
        }
        return Ok(Some(Line { kept, cut: 0 }));
    }
    if (kept.len() as u64) < most {
        return Ok(Some(Line { kept, cut: 0 }));
    }
    // Of what follows, the end of the line is none of it.
    let rest = (reader.skip_until(b'\n').map_err(unread)? as u64).saturating_sub(1);
    let end = boundary(&kept, limit::LINE_BYTES);
    let cut = rest + (kept.len() - end) as u64;
    kept.truncate(end);
    Ok(Some(Line { kept, cut }))
}

/// Returns where to cut so that no character is cut in two.
fn boundary(bytes: &[u8], most: usize) -> usize {
    let is_inside = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    (0..=most).rev().find(|at| !is_inside(at)).unwrap_or(0)
}
