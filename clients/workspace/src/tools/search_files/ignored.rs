//! What git ignores, read so that nothing that is named like an ignore file holds up or fills the agent.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use crate::{folder::regular, limit};

/// What later rules may take back comes first.
const NAMES: [&str; 3] = [".git/info/exclude", ".gitignore", ".ignore"];

/// The rules of the folders that were passed.
#[derive(Default)]
pub(super) struct Ignored {
    folders: Mutex<HashMap<PathBuf, Arc<Rules>>>,
}

struct Rules {
    rules: Gitignore,
    /// What is above a repository says nothing of what is in it.
    is_top: bool,
}

impl Ignored {
    /// Returns whether what is here is ignored; what it is in is not.
    pub(super) fn covers(&self, path: &Path, is_dir: bool) -> bool {
        for folder in path.ancestors().skip(1) {
            let folder = self.of(folder);
            match folder.rules.matched(path, is_dir) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None if folder.is_top => return false,
                Match::None => {}
            }
        }
        false
    }

    fn of(&self, folder: &Path) -> Arc<Rules> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = folders.get(folder) {
            return Arc::clone(known);
        }
        let read = Arc::new(Rules::read(folder));
        folders.insert(folder.to_owned(), Arc::clone(&read));
        read
    }
}

impl Rules {
    fn read(folder: &Path) -> Self {
        let mut rules = GitignoreBuilder::new(folder);
        for name in NAMES {
            let text = regular(&folder.join(name), limit::IGNORE_BYTES).unwrap_or_default();
            for line in String::from_utf8_lossy(&text).lines() {
                // A rule that is none is passed over, as git does.
                drop(rules.add_line(None, line));
            }
        }
        let is_top = folder.join(".git").symlink_metadata().is_ok();
        Self { rules: rules.build().unwrap_or_else(|_| Gitignore::empty()), is_top }
    }
}
