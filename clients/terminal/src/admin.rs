//! Providers, models, tool servers, money and settings.

pub mod limits;
pub mod models;
pub mod providers;
pub mod servers;
pub mod settings;
pub mod usage;

use std::io::{self, IsTerminal as _, Read as _};

use serde_json::Value;

use crate::{args::admin::KeyArgs, output::Output};

/// Most bytes that are read from standard input.
const INPUT_BYTES: u64 = 1024 * 1024;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One line of JSON.
    Json,
}

impl Form {
    /// Returns what `--json` asks for.
    #[must_use]
    pub const fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }

    /// Prints an answer: as it came, or as `text` says it.
    pub(crate) fn print(
        self,
        output: &mut Output,
        answer: &Value,
        text: impl FnOnce(&Value) -> String,
    ) -> io::Result<()> {
        match self {
            Self::Json => output.line(&answer.to_string()),
            Self::Text => output.line(&text(answer)),
        }
    }
}

/// Returns a field's text, or nothing.
pub(crate) fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns a field's number, or 0.
pub(crate) fn number(json: &Value, name: &str) -> u64 {
    json.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// Returns whether a field is there and true.
pub(crate) fn is(json: &Value, name: &str) -> bool {
    json.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// Returns the items of a list in an answer.
pub(crate) fn list<'a>(json: &'a Value, name: &str) -> &'a [Value] {
    json.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the key that is to be set, if one is. It is never printed.
pub(crate) fn key(args: &KeyArgs) -> anyhow::Result<Option<String>> {
    let key = if args.key_stdin { Some(input("the key")?) } else { args.key.clone() };
    let key = key.map(|key| key.trim().to_owned());
    anyhow::ensure!(key.as_deref() != Some(""), "the key is empty");
    Ok(key)
}

/// Reads standard input to its end. A terminal would show what is typed.
pub(crate) fn input(what: &str) -> anyhow::Result<String> {
    let input = io::stdin();
    anyhow::ensure!(!input.is_terminal(), "{what} is read from standard input: give it a file or a pipe");
    let mut text = String::new();
    input.take(INPUT_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Puts a field into a body, where it was said.
pub(crate) fn say(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body[name] = value.into();
    }
}

/// Returns rows under a head, each column as wide as its widest cell.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: Vec<[String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let cell_chars =
        |row: &[String; N], column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| cell_chars(row, column)).max().unwrap_or(0));
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
