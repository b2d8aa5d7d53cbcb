//! What the agent remembers of calls, whatever happens to it: one file, written before anything happens.

mod book;
mod record;
mod tail;
mod writer;

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        mpsc::{self, Sender},
    },
};

use chat::{
    agent::{AgentAnswer, AgentCall, CallToken},
    time::Timestamp,
};
use tokio::sync::oneshot;

use self::{
    book::Book,
    record::Record,
    writer::{Entry, Writer, lock},
};

/// The journal, open for writing. One process may hold it.
#[derive(Debug)]
pub struct Journal {
    book: Arc<Mutex<Book>>,
    pen: Pen,
}

/// How records are made to last.
#[derive(Debug)]
enum Pen {
    /// By a thread that syncs them to a file.
    File(Sender<Entry>),
    /// At once.
    Paper(Paper),
}

/// What a journal without a file is written on, for an agent whose machine is simulated. Clones are the same, and outlive the
/// agent.
#[derive(Clone, Debug, Default)]
pub struct Paper(Arc<Mutex<Vec<u8>>>);

/// What is known of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// Nothing.
    Never,
    /// It began.
    Started,
    /// It ended like this, and nobody has acknowledged that.
    Answered(Box<AgentAnswer>),
    /// Nobody wants its answer any more.
    Gone,
}

impl Journal {
    /// Opens the journal at `path`; half a line at its end, or anywhere, says nothing.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(path: &Path, now: Timestamp) -> io::Result<Self> {
        let mut book = match std::fs::read(path) {
            Ok(text) => Book::read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Book::default(),
            Err(error) => return Err(error),
        };
        book.expire(now);
        let book = Arc::new(Mutex::new(book));
        let writer = Writer::open(path.to_owned(), Arc::clone(&book))?;
        let (sender, entries) = mpsc::channel();
        std::thread::Builder::new().name("journal".into()).spawn(move || writer.run(&entries))?;
        Ok(Self { book, pen: Pen::File(sender) })
    }

    /// Opens the journal that is on `paper`.
    #[must_use]
    pub fn on(paper: Paper, now: Timestamp) -> Self {
        let mut book = Book::read(&lock(&paper.0));
        book.expire(now);
        Self { book: Arc::new(Mutex::new(book)), pen: Pen::Paper(paper) }
    }

    /// Returns what is known of a call.
    #[must_use]
    pub fn seen(&self, token: &CallToken) -> Seen {
        match lock(&self.book).get(token) {
            None => Seen::Never,
            Some(Record::Started { .. }) => Seen::Started,
            Some(Record::Answered { answer, .. }) => Seen::Answered(Box::new(answer.clone())),
            Some(Record::Gone { .. }) => Seen::Gone,
        }
    }

    /// Notes that a call begins; once this returns, no crash makes the agent forget it.
    ///
    /// # Errors
    /// It could not be written; the call must not begin.
    pub async fn start(&self, call: AgentCall, now: Timestamp) -> io::Result<()> {
        self.write(Record::Started { call, at: now }).await
    }

    /// Notes how a call ended, before anybody is told.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn answer(&self, answer: AgentAnswer, now: Timestamp) -> io::Result<()> {
        self.write(Record::Answered { answer, at: now }).await
    }

    /// Notes that nobody wants the answers of these calls any more.
    ///
    /// # Errors
    /// It could not be written: they may be sent once more.
    pub async fn forget(&self, tokens: &[CallToken], now: Timestamp) -> io::Result<()> {
        let gone = tokens.iter().map(|token| self.write(Record::Gone { token: token.clone(), at: now }));
        futures::future::try_join_all(gone).await.map(drop)
    }

    /// Returns the calls that began and did not end.
    #[must_use]
    pub fn unanswered(&self) -> Vec<AgentCall> {
        let book = lock(&self.book);
        let calls = book.records().filter_map(|record| match record {
            Record::Started { call, .. } => Some(call.clone()),
            Record::Answered { .. } | Record::Gone { .. } => None,
        });
        calls.collect()
    }

    /// Returns the answers that nobody has acknowledged.
    #[must_use]
    pub fn unacknowledged(&self) -> Vec<AgentAnswer> {
        let book = lock(&self.book);
        let answers = book.records().filter_map(|record| match record {
            Record::Answered { answer, .. } => Some(answer.clone()),
            Record::Started { .. } | Record::Gone { .. } => None,
        });
        answers.collect()
    }

    async fn write(&self, record: Record) -> io::Result<()> {
        let writer = match &self.pen {
            Pen::File(writer) => writer,
            Pen::Paper(paper) => {
                lock(&paper.0).extend(record.line()?);
                lock(&self.book).apply(record);
                return Ok(());
            }
        };
        let (done, outcome) = oneshot::channel();
        let ended = || io::Error::other("the journal's thread has ended");
        writer.send(Entry { record, done }).map_err(|_| ended())?;
        outcome.await.map_err(|_| ended())?
    }
}

#[cfg(test)]
mod tests;
