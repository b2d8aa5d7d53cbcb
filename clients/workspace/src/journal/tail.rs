//! The end of the journal's file, where lines are added.

use std::{
    fs::File,
    io::{self, Write},
};

/// What outlasts a crash once it is synced.
pub(super) trait Durable: Write {
    fn sync(&mut self) -> io::Result<()>;
}

impl Durable for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Why lines were not added.
#[derive(Debug)]
pub(super) enum NotAdded {
    /// They may be there in part; what is added later is not touched by that.
    Written(io::Error),
    /// Nobody knows what of the file is on disk: systems forget what they could not write.
    Synced(io::Error),
}

#[derive(Debug)]
pub(super) struct Tail<F> {
    file: F,
    size: u64,
    /// Half a line may be at the end.
    is_torn: bool,
}

impl<F: Durable> Tail<F> {
    pub(super) const fn new(file: F, size: u64) -> Self {
        Self { file, size, is_torn: false }
    }

    /// Adds whole lines.
    pub(super) fn add(&mut self, lines: &[u8]) -> Result<(), NotAdded> {
        // Half a line shall not become one with the next.
        let parted = if self.is_torn { [b"\n", lines].concat() } else { lines.to_owned() };
        self.size += parted.len() as u64;
        self.is_torn = true;
        self.file.write_all(&parted).map_err(NotAdded::Written)?;
        self.is_torn = false;
        self.file.sync().map_err(NotAdded::Synced)
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }
}

impl NotAdded {
    pub(super) const fn error(&self) -> &io::Error {
        match self {
            Self::Written(error) | Self::Synced(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that takes so many bytes more, then none until it is told to.
    #[derive(Default)]
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = bytes.len().min(self.room);
            if length == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= length;
            self.bytes.extend_from_slice(&bytes[..length]);
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Durable for Disk {
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn half_a_line_does_not_swallow_the_next() {
        let mut tail = Tail::new(Disk { room: 9, ..Disk::default() }, 0);
        tail.add(b"first\n").unwrap();
        for _ in 0..2 {
            let full = tail.add(b"second\n").unwrap_err();
            assert_eq!(full.error().kind(), io::ErrorKind::StorageFull);
        }
        tail.file.room = 100;
        tail.add(b"third\n").unwrap();
        tail.add(b"fourth\n").unwrap();
        assert_eq!(String::from_utf8(tail.file.bytes).unwrap(), "first\nsec\nthird\nfourth\n");
    }
}
