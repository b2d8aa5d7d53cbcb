//! What running calls have put out, for whoever looks after the agent has died.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use chat::agent::{AgentCall, CallToken};
use sha2::{Digest as _, Sha256};

/// A folder with a file per running call.
#[derive(Clone, Debug)]
pub struct Spool(PathBuf);

impl Spool {
    /// Opens the folder, and removes what is of no call that still runs or was lost.
    ///
    /// # Errors
    /// It cannot be made or read.
    pub fn open(folder: &Path, unanswered: &[AgentCall]) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let kept: BTreeSet<_> = unanswered.iter().map(|call| name(&call.token)).collect();
        for file in fs::read_dir(folder)? {
            let file = file?;
            if file.file_name().to_str().is_none_or(|name| !kept.contains(name)) {
                drop(fs::remove_file(file.path()));
            }
        }
        Ok(Self(folder.to_owned()))
    }

    /// Keeps what a call has put out, as far as the disk wants to, for nobody else to read.
    pub(super) fn write(&self, token: &CallToken, output: &str) {
        let path = self.path(token);
        let fresh = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(true).mode(0o600);
        let written = options.open(&fresh).and_then(|mut file| file.write_all(output.as_bytes()));
        if let Err(error) = written.and_then(|()| fs::rename(&fresh, &path)) {
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
        self.0.join(name(token))
    }
}

fn name(token: &CallToken) -> String {
    hex::encode(Sha256::digest(token.to_string()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use chat::{time::Timestamp, tool::IfLost};

    use super::*;
    use crate::scene::token;

    #[test]
    fn only_output_of_calls_without_an_answer_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path(), &[]).unwrap();
        spool.write(&token(1, 1), "first");
        spool.write(&token(1, 2), "second");
        let mode = fs::metadata(spool.path(&token(1, 1))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let call = AgentCall {
            token: token(1, 2),
            tool_name: "execute".into(),
            args: serde_json::Value::Null,
            args_omitted: false,
            deadline_at: Timestamp(0),
            if_lost: IfLost::Ask,
        };
        let spool = Spool::open(folder.path(), &[call]).unwrap();
        assert_eq!((spool.read(&token(1, 1)), spool.read(&token(1, 2))), (None, Some("second".into())));
    }
}
