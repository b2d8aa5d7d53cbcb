//! HTTP/1.1, as much of it as the clients of this benchmark speak: bodies of a given length.

use std::io::{self, BufRead, Read as _, Write};

use anyhow::{Context as _, Result, ensure};

/// No request here is larger.
const BODY_BYTES: usize = 10 * 1024 * 1024;

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// By lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads the next request of a connection; none if it was closed instead.
    pub(crate) fn read(from: &mut impl BufRead) -> Result<Option<Self>> {
        let Some(first) = line(from)? else { return Ok(None) };
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = words.next().zip(words.next()).context("a request without a path")?;
        let mut headers = Vec::new();
        while let Some(line) = line(from)?.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').context("a header without a value")?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { method, path, headers, body: Vec::new() };
        ensure!(request.header("transfer-encoding").is_none(), "a body of unknown length");
        let length = request.header("content-length").map_or(Ok(0), str::parse)?;
        ensure!(length <= BODY_BYTES, "a body of {length} bytes");
        request.body.resize(length, 0);
        from.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Writes an answer in one piece.
pub(crate) fn answer(
    to: &mut impl Write,
    status: &str,
    headers: &[(&str, String)],
    body: &str,
) -> io::Result<()> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    to.write_all(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").as_bytes())?;
    to.flush()
}

fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = from.take(64 * 1024).read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}
