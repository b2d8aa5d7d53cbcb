//! What running calls have put out, for whoever looks after the agent has died.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chat::agent::CallToken;
use sha2::{Digest as _, Sha256};

/// A folder with a file per running call.
#[derive(Clone, Debug)]
pub struct Spool(PathBuf);

impl Spool {
    /// Opens the folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Keeps what a call has put out, as far as the disk wants to.
    pub(super) fn write(&self, token: &CallToken, output: &str) {
        let path = self.path(token);
        let fresh = path.with_extension("new");
        if let Err(error) = fs::write(&fresh, output).and_then(|()| fs::rename(&fresh, &path)) {
            tracing::warn!(%error, "output is not kept");
        }
    }

    pub(super) fn read(&self, token: &CallToken) -> Option<String> {
        fs::read_to_string(self.path(token)).ok()
    }

    pub(super) fn remove(&self, token: &CallToken) {
        drop(fs::remove_file(self.path(token)));
    }

    fn path(&self, token: &CallToken) -> PathBuf {
        self.0.join(hex::encode(Sha256::digest(token.to_string())))
    }
}
