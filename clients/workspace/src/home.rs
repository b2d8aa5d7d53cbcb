//! The folder in which the agent keeps what it must not lose.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use chat::id::WorkspaceId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const SECRET_BYTES: usize = 32;

/// The folder, locked for one agent.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
    _lock: File,
}

/// Who the agent is, once it is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The HTTP API.
    pub url: String,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Where it is expected.
    pub socket_url: String,
    /// The hash of the token that it was enrolled by: another one makes it another workspace's agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_hash: Option<String>,
    /// The file that holds its token: the deployment takes one token for one workspace only.
    #[serde(default = "first_secret")]
    pub secret_file: String,
}

/// Returns the file that holds the token of a first enrolment.
#[must_use]
pub fn first_secret() -> String {
    "secret".into()
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Another agent uses it.
    #[error("another agent uses {0}; give each a --state folder of its own")]
    Taken(PathBuf),
    /// It cannot be read or written.
    #[error("{path}: {error}")]
    System {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Home {
    /// Opens the folder, making it where there is none, for nobody else.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        let wrong = |error| Unusable::System { path: path.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(wrong)?;
        let path = fs::canonicalize(path).map_err(wrong)?;
        let lock = File::create(path.join("lock")).map_err(wrong)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(Unusable::Taken(path)),
            Err(fs::TryLockError::Error(error)) => Err(wrong(error)),
        }
    }

    /// Returns the path of something in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns the agent's own token in a file, the same for ever: it is kept before anybody is told its hash.
    ///
    /// # Errors
    /// It cannot be read, or made and kept.
    pub fn secret(&self, file: &str) -> Result<String, Unusable> {
        let path = self.path(file);
        let wrong = |error| Unusable::System { path: path.clone(), error };
        match fs::read_to_string(&path) {
            Ok(secret) if secret.trim().len() == 2 * SECRET_BYTES => return Ok(secret.trim().to_owned()),
            Ok(_) => return Err(wrong(io::Error::other("this is no agent's token"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error)),
        }
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| wrong(io::Error::other(error.to_string())))?;
        let secret = hex::encode(bytes);
        self.keep(file, &secret).map_err(wrong)?;
        Ok(secret)
    }

    /// Returns who the agent is; none before it is enrolled.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn identity(&self) -> Result<Option<Identity>, Unusable> {
        let path = self.path("agent.json");
        let wrong = |error| Unusable::System { path: path.clone(), error };
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| wrong(error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(wrong(error)),
        }
    }

    /// Keeps who the agent is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep_identity(&self, identity: &Identity) -> Result<(), Unusable> {
        let wrong = |error| Unusable::System { path: self.path("agent.json"), error };
        let text = serde_json::to_string_pretty(identity).map_err(|error| wrong(error.into()))?;
        self.keep("agent.json", &text).map_err(wrong)
    }

    /// Writes a file whole, for nobody else to read.
    fn keep(&self, name: &str, text: &str) -> io::Result<()> {
        let fresh = self.path(&format!("{name}.new"));
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, self.path(name))?;
        File::open(&self.path)?.sync_all()
    }
}

/// Returns a token's hash, by which the deployment knows it.
#[must_use]
pub fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_is_nobody_elses_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("state")).unwrap();
        let secret = home.secret("secret").unwrap();
        assert_eq!(secret.len(), 64);
        assert_eq!(home.secret("secret").unwrap(), secret);
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(home.path("secret")), mode(home.path.clone())), (0o600, 0o700));
    }

    #[test]
    fn two_agents_cannot_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        assert!(matches!(Home::open(folder.path()), Err(Unusable::Taken(_))));
        drop(home);
        Home::open(folder.path()).unwrap();
    }

    #[test]
    fn half_a_secret_is_an_error_and_not_another_secret() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        fs::write(home.path("secret"), "abc").unwrap();
        assert!(home.secret("secret").is_err());
    }
}
