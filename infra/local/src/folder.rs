//! The data folder: whose it is, and its small files.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

/// A data folder that no other process uses.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    // Let go when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let name = path.display();
        // What people say is in it.
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("data folder {name}"))?;
        let lock = private(&path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "data folder {name} is in use by another local stack: stop that one, or choose another with --data"
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("lock of data folder {name}"))
            }
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("dynamo.sqlite")
    }

    /// Where machines are; by its full name, as each is started elsewhere.
    pub(crate) fn machines(&self) -> Result<PathBuf> {
        let path = self.path.canonicalize().with_context(|| self.path.display().to_string())?;
        Ok(path.join("machines"))
    }

    /// The first administrator's token: read, or made on the first start.
    pub(crate) fn admin_token(&self) -> Result<String> {
        let path = self.path.join("admin-token");
        if let Some(token) = fs::read_to_string(&path).ok().filter(|token| !token.trim().is_empty()) {
            return Ok(token.trim().to_owned());
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        let token = format!("qs_{}", URL_SAFE_NO_PAD.encode(secret));
        write_private(&path, &token)?;
        Ok(token)
    }

    /// What wraps the keys of stored secrets: read, or made on the first start. Whoever loses it loses those secrets.
    pub(crate) fn master_key(&self) -> Result<Vec<u8>> {
        let path = self.path.join("master-key");
        if path.exists() {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            return hex::decode(text.trim()).with_context(|| format!("{} is no key", path.display()));
        }
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        write_private(&path, &hex::encode(key))?;
        Ok(key.to_vec())
    }

    /// Tells clients on this machine where the stack is.
    pub(crate) fn announce(&self, announcement: &impl Serialize) -> Result<()> {
        write_private(&self.path.join("stack.json"), &serde_json::to_string(announcement)?)
    }

    /// Takes the announcement back.
    pub(crate) fn withdraw(&self) {
        // A client that reads a left-over one finds nobody there, which it must expect anyway.
        let _ = fs::remove_file(self.path.join("stack.json"));
    }
}

fn private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(path).with_context(|| path.display().to_string())
}

/// Whole or not at all, readable for its owner only.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let draft = path.with_extension("new");
    let mut file = private(&draft)?;
    file.set_len(0)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&draft, path).with_context(|| path.display().to_string())
}
