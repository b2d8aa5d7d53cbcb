//! The thread that writes: whoever asks meanwhile shares one sync to disk.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc::Receiver},
};

use tokio::sync::oneshot;

use super::{
    book::Book,
    record::Record,
    tail::{NotAdded, Tail},
};
use crate::limit;

/// A record to write, and whom to tell.
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) done: oneshot::Sender<io::Result<()>>,
}

pub(super) struct Writer {
    path: PathBuf,
    tail: Tail<File>,
    /// The size at which the file is written anew.
    full: u64,
    book: Arc<Mutex<Book>>,
}

impl Writer {
    /// Writes the file anew with what the book says.
    pub(super) fn open(path: PathBuf, book: Arc<Mutex<Book>>) -> io::Result<Self> {
        let tail = renew(&path, &book)?;
        Ok(Self { path, full: full(&tail), tail, book })
    }

    /// Writes until nobody can ask any more.
    pub(super) fn run(mut self, entries: &Receiver<Entry>) {
        while let Ok(first) = entries.recv() {
            let batch: Vec<_> = std::iter::once(first).chain(entries.try_iter()).collect();
            let added = self.add(&batch);
            let is_doubtful = matches!(added, Err(NotAdded::Synced(_)));
            for entry in batch {
                self.settle(entry, added.as_ref());
            }
            if is_doubtful || self.is_full() {
                self.renew();
            }
        }
    }

    fn add(&mut self, batch: &[Entry]) -> Result<(), NotAdded> {
        let mut lines = Vec::new();
        for entry in batch {
            lines.extend(entry.record.line().map_err(|error| NotAdded::Written(error.into()))?);
        }
        self.tail.add(&lines)
    }

    /// What has happened is known to this run of the agent even where no later one will know of it; what could not be
    /// noted must not begin.
    fn settle(&self, entry: Entry, added: Result<&(), &NotAdded>) {
        let has_happened = match &entry.record {
            Record::Started { .. } => false,
            Record::Answered { .. } | Record::Gone { .. } => true,
        };
        if added.is_ok() || has_happened {
            lock(&self.book).apply(entry.record);
        }
        let outcome = added.copied().map_err(NotAdded::error);
        drop(entry.done.send(outcome.map_err(|error| io::Error::new(error.kind(), error.to_string()))));
    }

    fn is_full(&self) -> bool {
        self.tail.size() >= self.full || lock(&self.book).len() > 2 * limit::JOURNAL_CALLS
    }

    fn renew(&mut self) {
        let newest = lock(&self.book).records().map(Record::at).max();
        lock(&self.book).expire(newest.unwrap_or_default());
        match renew(&self.path, &self.book) {
            Ok(tail) => (self.full, self.tail) = (full(&tail), tail),
            Err(error) => {
                tracing::warn!(%error, "the journal was not written anew");
                self.full = self.full.max(self.tail.size()).saturating_mul(2);
            }
        }
    }
}

fn full(tail: &Tail<File>) -> u64 {
    limit::JOURNAL_BYTES.max(tail.size().saturating_mul(2))
}

/// Puts a new file in the place of the old one. Once it is there nothing fails: the old one is nobody's any more.
fn renew(path: &Path, book: &Mutex<Book>) -> io::Result<Tail<File>> {
    let fresh = path.with_extension("new");
    let lines = lock(book).lines();
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&lines)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::warn!(%error, "after a crash of the machine the journal may be an older one");
    }
    Ok(Tail::new(file, lines.len() as u64))
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use chat::time::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::scene::token;

    /// Returns what becomes of an answer on a disk such as this, what is known then, and what the journal says.
    fn answer_on(device: &str) -> (io::Error, bool, Book) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let book = Arc::new(Mutex::new(Book::default()));
        let mut writer = Writer::open(path.clone(), Arc::clone(&book)).unwrap();
        writer.tail = Tail::new(OpenOptions::new().write(true).open(device).unwrap(), 0);
        let answer = chat::agent::AgentAnswer {
            token: token(1, 1),
            result: json!("done"),
            is_error: false,
            outcome: None,
        };
        let (done, mut outcome) = oneshot::channel();
        let (sender, entries) = std::sync::mpsc::channel();
        sender.send(Entry { record: Record::Answered { answer, at: Timestamp(0) }, done }).unwrap();
        drop(sender);
        writer.run(&entries);
        let is_known = lock(&book).get(&token(1, 1)).is_some();
        (outcome.try_recv().unwrap().unwrap_err(), is_known, Book::read(&std::fs::read(path).unwrap()))
    }

    #[test]
    fn what_has_happened_is_known_also_where_the_disk_is_full() {
        let (error, is_known, written) = answer_on("/dev/full");
        assert_eq!((error.kind(), is_known, written.len()), (io::ErrorKind::StorageFull, true, 0));
    }

    /// It takes everything and cannot be synced.
    #[test]
    fn a_file_that_could_not_be_synced_is_written_anew() {
        let (_, is_known, written) = answer_on("/dev/null");
        assert_eq!((is_known, written.len()), (true, 1));
    }
}
