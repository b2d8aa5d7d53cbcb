//! The CPU share of a small function: a control group with a quota.
//!
//! Lambda gives a function of 1,769 MB one CPU, and others in proportion, in slices of 20 ms; init has more. Here as
//! there, what a process has used up of its slice it waits for.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Microseconds of a slice.
const PERIOD_US: u64 = 20_000;
/// What a function of 128 MB gets of it.
const QUOTA_US: u64 = PERIOD_US * 128 / 1_769;

/// A control group. It goes when this is dropped, if its processes are gone.
pub(crate) struct Share {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy)]
enum Version {
    One,
    Two,
}

impl Share {
    /// Makes a control group; fails where the machine does not let us.
    pub(crate) fn make() -> io::Result<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let (parent, version) = if root.join("cgroup.controllers").exists() {
            (root.to_owned(), Version::Two)
        } else {
            (root.join("cpu"), Version::One)
        };
        let share = Self { folder: parent.join(format!("quickstep-cold-{}", std::process::id())), version };
        fs::create_dir(&share.folder)?;
        share.lift()?;
        Ok(share)
    }

    /// Takes a process in.
    pub(crate) fn hold(&self, process: u32) -> io::Result<()> {
        self.write("cgroup.procs", &process.to_string())
    }

    /// Limits the processes in it.
    pub(crate) fn limit(&self) -> io::Result<()> {
        match self.version {
            Version::One => {
                self.write("cpu.cfs_period_us", &PERIOD_US.to_string())?;
                self.write("cpu.cfs_quota_us", &QUOTA_US.to_string())
            }
            Version::Two => self.write("cpu.max", &format!("{QUOTA_US} {PERIOD_US}")),
        }
    }

    /// Lifts the limit.
    pub(crate) fn lift(&self) -> io::Result<()> {
        match self.version {
            Version::One => self.write("cpu.cfs_quota_us", "-1"),
            Version::Two => self.write("cpu.max", "max"),
        }
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), text)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // What stays behind is an empty folder of the kernel's, gone with the next boot.
        let _ = fs::remove_dir(&self.folder);
    }
}
