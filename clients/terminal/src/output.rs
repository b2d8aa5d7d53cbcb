//! The screen, or the pipe.

use std::io::{self, IsTerminal as _, Write};

use crate::render::Piece;

/// Where pieces go: words and lines to standard output, notices to standard error.
pub struct Output {
    out: Box<dyn Write + Send>,
    notices: Box<dyn Write + Send>,
    style: Style,
    in_line: Option<Ink>,
}

/// Whether somebody sees colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Standard output is a terminal.
    Terminal,
    /// It is not: no colours, nothing but the model's words and lines.
    Plain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ink {
    Text,
    Reasoning,
    Prompt,
}

impl Output {
    /// Returns the process's own.
    #[must_use]
    pub fn standard() -> Self {
        let style = if io::stdout().is_terminal() { Style::Terminal } else { Style::Plain };
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()), style)
    }

    /// Returns an output that writes to these.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, notices: Box<dyn Write + Send>, style: Style) -> Self {
        Self { out, notices, style, in_line: None }
    }

    /// Returns how it writes.
    #[must_use]
    pub const fn style(&self) -> Style {
        self.style
    }

    /// Prints pieces.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print(&mut self, pieces: Vec<Piece>) -> io::Result<()> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.words(&text, Ink::Text)?,
                Piece::Reasoning(text) => self.words(&text, Ink::Reasoning)?,
                Piece::Line(line) => self.line(&line)?,
                Piece::EndOfLine => self.end_line()?,
                Piece::Notice(text) => self.notice(&text),
            }
        }
        self.out.flush()
    }

    /// Prints a line.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        writeln!(self.out, "{}", self.safe(line))?;
        self.out.flush()
    }

    /// Prints a line to standard error, whatever becomes of it.
    pub fn notice(&mut self, text: &str) {
        let text = self.safe(text);
        if self.style == Style::Terminal {
            drop(self.end_line());
            drop(writeln!(self.notices, "\x1b[2m{text}\x1b[0m"));
        } else {
            drop(writeln!(self.notices, "{text}"));
        }
    }

    /// Invites somebody to type.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn prompt(&mut self) -> io::Result<()> {
        self.end_line()?;
        write!(self.out, "> ")?;
        self.in_line = Some(Ink::Prompt);
        self.out.flush()
    }

    /// Notes that whoever was invited has typed a line: the next one is empty.
    pub const fn was_typed(&mut self) {
        self.in_line = None;
    }

    fn words(&mut self, text: &str, ink: Ink) -> io::Result<()> {
        if self.in_line.is_some_and(|before| before != ink) {
            self.end_line()?;
        }
        self.in_line = Some(ink);
        let text = self.safe(text);
        match (ink, self.style) {
            (Ink::Reasoning, Style::Terminal) => write!(self.out, "\x1b[2m{text}\x1b[0m"),
            (Ink::Reasoning, Style::Plain) | (Ink::Text | Ink::Prompt, _) => write!(self.out, "{text}"),
        }
    }

    /// Ends the line that was begun, if there is one.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn end_line(&mut self) -> io::Result<()> {
        if self.in_line.take().is_some() { writeln!(self.out) } else { Ok(()) }
    }

    /// A model must not move the cursor or change the terminal.
    fn safe(&self, text: &str) -> String {
        match self.style {
            Style::Terminal => {
                text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '␛' } else { c }).collect()
            }
            Style::Plain => text.to_owned(),
        }
    }
}
