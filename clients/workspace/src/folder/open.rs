//! Opening what is beneath a folder.

use std::{fs::File, io, os::fd::OwnedFd, path::Path};

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
            // Kernels before 5.6 and some sandboxes have no such call; the last component is still no link then.
            Err(Errno::NOSYS | Errno::PERM) => {
                rustix::fs::openat(&self.handle, relative, flags | OFlags::NOFOLLOW, Mode::empty())
            }
            opened => opened,
        }
    }
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
