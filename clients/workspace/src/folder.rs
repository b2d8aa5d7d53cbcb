//! The folder that tools work in, and nothing outside of it.
//!
//! A path is resolved once, links and all, and then opened beneath the folder with links refused: whatever is swapped
//! in between leads nowhere.

mod open;
mod replace;

use std::{
    fs, io,
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::fs::{Mode, OFlags};

pub use self::{open::regular, replace::Prepared};
use crate::refusal::Refusal;

/// A folder and everything beneath it.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    handle: OwnedFd,
    writing: Mutex<()>,
}

/// A path beneath a folder, with links resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    relative: PathBuf,
    /// As it was asked for.
    shown: String,
    is_there: bool,
}

impl Place {
    /// Returns whether something is there.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        self.is_there
    }

    /// Returns the path from the folder.
    #[must_use]
    pub fn relative(&self) -> &Path {
        &self.relative
    }
}

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// There is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        let root = fs::canonicalize(path)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&root, flags, Mode::empty())?;
        Ok(Self { root, handle, writing: Mutex::default() })
    }

    /// Returns its path, without links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Keeps others from writing here; held from before a file is read until it is put back, so that no edit is lost.
    pub fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns where a path leads, whether or not something is there.
    ///
    /// # Errors
    /// It leads out of the folder, or cannot be followed.
    pub fn place(&self, path: &str) -> Result<Place, Refusal> {
        if path.is_empty() || path.contains('\0') {
            return Err(Refusal("the path is empty or no path".into()));
        }
        let asked = self.root.join(path);
        let (found, rest) = deepest(&asked).map_err(|error| Refusal::of(path, plain(&error)))?;
        let relative = found.strip_prefix(&self.root).map_err(|_| self.outside(path))?;
        if rest.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(Refusal(format!("{path}: no such folder on the way there")));
        }
        let is_there = rest.as_os_str().is_empty();
        // Joined with nothing a path would end with a slash.
        let relative = if is_there { relative.to_owned() } else { relative.join(rest) };
        Ok(Place { relative, shown: path.to_owned(), is_there })
    }

    /// Returns where a path leads to something.
    ///
    /// # Errors
    /// It leads out of the folder, or to nothing.
    pub fn find(&self, path: &str) -> Result<Place, Refusal> {
        let place = self.place(path)?;
        if place.is_there { Ok(place) } else { Err(Refusal(format!("{path} does not exist"))) }
    }

    fn outside(&self, path: &str) -> Refusal {
        Refusal(format!("{path} is outside the folder {}, where tools work", self.root.display()))
    }
}

/// Returns the deepest part of a path that exists, resolved, and the rest.
fn deepest(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let parts: Vec<_> = path.components().collect();
    for length in (1..=parts.len()).rev() {
        let (front, rest) = parts.split_at(length);
        let front: PathBuf = front.iter().collect();
        match fs::canonicalize(&front) {
            Ok(found) => return Ok((found, rest.iter().collect())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(&front).is_ok_and(|found| found.is_symlink()) {
                    return Err(io::Error::other("is a symbolic link that leads nowhere"));
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

/// Says what went wrong in words that a model knows.
fn plain(error: &io::Error) -> String {
    let plain = [
        (io::ErrorKind::NotFound, "does not exist"),
        (io::ErrorKind::PermissionDenied, "permission denied"),
        (io::ErrorKind::IsADirectory, "is a folder"),
        (io::ErrorKind::NotADirectory, "something on the way there is not a folder"),
        (io::ErrorKind::StorageFull, "the disk is full"),
    ];
    let known = plain.iter().find(|(kind, _)| *kind == error.kind());
    known.map_or_else(|| error.to_string(), |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests;
