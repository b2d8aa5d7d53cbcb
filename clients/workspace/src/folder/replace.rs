//! Writing files so that nobody sees half of one.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Write as _},
    os::fd::OwnedFd,
    path::{Component, Path},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags},
    io::Errno,
};

use super::{Folder, Place, plain};
use crate::refusal::Refusal;

/// Permissions of a new file, before the umask.
const MODE: u32 = 0o666;

/// A file that is written beside its place and not in it yet. Dropped, it is gone.
#[derive(Debug)]
pub struct Prepared {
    parent: OwnedFd,
    name: OsString,
    temporary: OsString,
    shown: String,
    is_new: bool,
    is_placed: bool,
}

impl Folder {
    /// Writes a file beside its place, making the folders on the way.
    ///
    /// # Errors
    /// Something else is there, or it cannot be written.
    pub fn prepare(&self, place: &Place, content: &[u8]) -> Result<Prepared, Refusal> {
        let refused = |error: io::Error| Refusal::of(&place.shown, plain(&error));
        let name = place.relative.file_name();
        let name = name.ok_or_else(|| Refusal(format!("{} is a folder, not a file", place.shown)))?;
        let parent = self.parent(&place.relative).map_err(|error| refused(error.into()))?;
        let (is_new, mode) = standing(&parent, name, &place.shown)?;
        let temporary = OsString::from(format!(".quickstep-{:016x}", fastrand::u64(..)));
        let prepared = Prepared {
            parent,
            name: name.to_owned(),
            temporary,
            shown: place.shown.clone(),
            is_new,
            is_placed: false,
        };
        prepared.fill(content, mode).map_err(refused)?;
        Ok(prepared)
    }

    fn parent(&self, relative: &Path) -> rustix::io::Result<OwnedFd> {
        let folder = OFlags::RDONLY | OFlags::DIRECTORY;
        let parent = relative.parent().unwrap_or(Path::new(""));
        match self.beneath(parent, folder) {
            Err(Errno::NOENT) => {}
            opened => return opened,
        }
        let mut handle = self.beneath(Path::new(""), folder)?;
        for part in parent.components() {
            let Component::Normal(name) = part else { return Err(Errno::INVAL) };
            match rustix::fs::mkdirat(&handle, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
            let flags = folder | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            handle = rustix::fs::openat(&handle, name, flags, Mode::empty())?;
        }
        Ok(handle)
    }
}

/// Returns whether nothing is there, and the permissions of what is.
fn standing(parent: &OwnedFd, name: &OsStr, shown: &str) -> Result<(bool, Option<Mode>), Refusal> {
    match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok((true, None)),
        Err(error) => Err(Refusal::of(shown, plain(&error.into()))),
        Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile => {
            Ok((false, Some(Mode::from_raw_mode(found.st_mode))))
        }
        Ok(_) => Err(Refusal(format!("{shown} is not a regular file"))),
    }
}

impl Prepared {
    fn fill(&self, content: &[u8], mode: Option<Mode>) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::openat(&self.parent, &self.temporary, flags, Mode::from_raw_mode(MODE))?;
        if let Some(mode) = mode {
            rustix::fs::fchmod(&handle, mode)?;
        }
        let mut file = File::from(handle);
        file.write_all(content)?;
        file.sync_data()
    }

    /// Returns whether nothing was there.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Puts the file into its place, in one move.
    ///
    /// # Errors
    /// It could not be moved; what was there still is.
    pub fn put(&mut self) -> Result<(), Refusal> {
        let moved = rustix::fs::renameat(&self.parent, &self.temporary, &self.parent, &self.name);
        moved.map_err(|error| Refusal::of(&self.shown, plain(&error.into())))?;
        self.is_placed = true;
        Ok(())
    }

    /// Puts back what was there before.
    ///
    /// # Errors
    /// It is not back.
    pub fn restore(&mut self, before: &[u8]) -> io::Result<()> {
        let mode = rustix::fs::statat(&self.parent, &self.name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
        self.is_placed = false;
        self.fill(before, Some(Mode::from_raw_mode(mode)))?;
        rustix::fs::renameat(&self.parent, &self.temporary, &self.parent, &self.name)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = rustix::fs::unlinkat(&self.parent, &self.temporary, AtFlags::empty());
        }
    }
}
