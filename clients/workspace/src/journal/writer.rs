//! The thread that writes: whoever asks meanwhile shares one sync to disk.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc::Receiver},
};

use tokio::sync::oneshot;

use super::{book::Book, record::Record};
use crate::limit;

/// A record to write, and whom to tell.
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) done: oneshot::Sender<io::Result<()>>,
}

pub(super) struct Writer {
    path: PathBuf,
    file: File,
    size: u64,
    /// The size at which the file is written anew.
    full: u64,
    book: Arc<Mutex<Book>>,
}

impl Writer {
    /// Writes the file anew with what the book says.
    pub(super) fn open(path: PathBuf, book: Arc<Mutex<Book>>) -> io::Result<Self> {
        let (file, size) = renew(&path, &book)?;
        Ok(Self { path, file, size, full: full(size), book })
    }

    /// Writes until nobody can ask any more.
    pub(super) fn run(mut self, entries: &Receiver<Entry>) {
        while let Ok(first) = entries.recv() {
            let batch: Vec<_> = std::iter::once(first).chain(entries.try_iter()).collect();
            let written = self.write(&batch);
            for entry in batch {
                let outcome = match &written {
                    Ok(()) => {
                        lock(&self.book).apply(entry.record);
                        Ok(())
                    }
                    Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
                };
                drop(entry.done.send(outcome));
            }
            self.renew_if_full();
        }
    }

    fn write(&mut self, batch: &[Entry]) -> io::Result<()> {
        let mut lines = Vec::new();
        for entry in batch {
            lines.extend(entry.record.line()?);
        }
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // Half a line may be there; the next one shall not be its end.
            drop(self.file.write_all(b"\n"));
        }
        self.size += lines.len() as u64;
        written
    }

    fn renew_if_full(&mut self) {
        if self.size < self.full && lock(&self.book).len() <= 2 * limit::JOURNAL_CALLS {
            return;
        }
        let newest = lock(&self.book).records().map(Record::at).max();
        lock(&self.book).expire(newest.unwrap_or_default());
        match renew(&self.path, &self.book) {
            Ok((file, size)) => (self.file, self.size, self.full) = (file, size, full(size)),
            Err(error) => {
                tracing::warn!(%error, "the journal was not shortened");
                self.full = self.full.saturating_mul(2);
            }
        }
    }
}

fn full(size: u64) -> u64 {
    limit::JOURNAL_BYTES.max(size.saturating_mul(2))
}

fn renew(path: &Path, book: &Mutex<Book>) -> io::Result<(File, u64)> {
    let fresh = path.with_extension("new");
    let lines = lock(book).lines();
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&lines)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok((file, lines.len() as u64))
}

pub(super) fn lock(book: &Mutex<Book>) -> std::sync::MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}
