//! Opening what is beneath a folder.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::OwnedFd,
    path::{Component, Path},
};

use rustix::{
    fs::{FileType, Mode, OFlags, ResolveFlags},
    io::Errno,
};

use super::{Folder, Place, plain};
use crate::refusal::Refusal;

impl Folder {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// It is no regular file, or cannot be opened.
    pub fn read(&self, place: &Place) -> Result<File, Refusal> {
        // A pipe without a writer would be waited for.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let refused = |error: io::Error| Refusal::of(&place.shown, plain(&error));
        let handle = self.beneath(&place.relative, flags).map_err(|error| refused(error.into()))?;
        let kind = rustix::fs::fstat(&handle).map_err(|error| refused(error.into()))?.st_mode;
        match what_is_wrong(FileType::from_raw_mode(kind)) {
            None => Ok(File::from(handle)),
            Some(wrong) => Err(Refusal(format!("{} {wrong}", place.shown))),
        }
    }

    pub(super) fn beneath(&self, relative: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
        let flags = flags | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match rustix::fs::openat2(&self.handle, relative, flags, Mode::empty(), resolve) {
            // Kernels before 5.6 and some sandboxes have no such call.
            Err(Errno::NOSYS | Errno::PERM) => self.step_by_step(relative, flags),
            opened => opened,
        }
    }

    /// Opens every folder on the way by itself, so that none of them is a link.
    pub(super) fn step_by_step(&self, relative: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let on_the_way = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = rustix::fs::openat(&self.handle, ".", on_the_way, Mode::empty())?;
        let mut parts = relative.components().filter(|part| *part != Component::CurDir).peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else { return Err(Errno::XDEV) };
            if parts.peek().is_none() {
                return rustix::fs::openat(&folder, name, flags | OFlags::NOFOLLOW, Mode::empty());
            }
            folder = rustix::fs::openat(&folder, name, on_the_way, Mode::empty())?;
        }
        rustix::fs::openat(&self.handle, ".", flags, Mode::empty())
    }
}

/// Returns the beginning of a regular file, wherever it is; none where it is a link or anything else.
pub fn regular(path: &Path, most: u64) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let handle = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    let kind = FileType::from_raw_mode(rustix::fs::fstat(&handle).ok()?.st_mode);
    if what_is_wrong(kind).is_some() {
        return None;
    }
    let mut bytes = Vec::new();
    File::from(handle).take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn what_is_wrong(kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::RegularFile => None,
        FileType::Directory => Some("is a folder, not a file"),
        FileType::Symlink => Some("is a symbolic link"),
        FileType::Fifo => Some("is a pipe, not a file"),
        FileType::Socket => Some("is a socket, not a file"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("is a device, not a file"),
        FileType::Unknown => Some("is not a file"),
    }
}
