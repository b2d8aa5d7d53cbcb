//! Running `git` where nothing of the repository may run.

use std::{path::Path, process::Stdio};

use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

use crate::limit;

/// Bytes of an answer that is one line.
const LINE_BYTES: usize = 4_096;
/// Bytes of the names of all filters.
const FILTERS_BYTES: usize = 16 * 1024;
/// What of the configuration names programs that looking at the tree would start.
const FILTERS: &str = r"^filter\..*\.(clean|smudge|process|required)$";

/// `git` in a folder, with whatever the repository's configuration would run turned off.
pub(super) struct Git<'a> {
    folder: &'a Path,
    settings: Vec<String>,
}

struct Said {
    bytes: Vec<u8>,
    is_cut: bool,
    /// None where it was cut or a signal ended it.
    code: Option<i32>,
}

impl<'a> Git<'a> {
    /// Looks for what is to be turned off; none where that cannot be told.
    pub(super) async fn quiet(folder: &'a Path) -> Option<Self> {
        let settings = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false"];
        let mut git = Self { folder, settings: settings.map(str::to_owned).to_vec() };
        let found = git.say(&["config", "--name-only", "-z", "--get-regexp", FILTERS], FILTERS_BYTES).await?;
        // 1: there is none.
        if found.is_cut || !matches!(found.code, Some(0 | 1)) {
            return None;
        }
        for key in String::from_utf8(found.bytes).ok()?.split_terminator('\0') {
            // What follows the first would be taken for the value.
            if key.contains('=') {
                return None;
            }
            let value = if key.ends_with(".required") { "false" } else { "" };
            git.settings.push(format!("{key}={value}"));
        }
        Some(git)
    }

    /// Returns the one line that it says, none where it failed or says none.
    pub(super) async fn line(&self, args: &[&str]) -> Option<String> {
        let text = self.run(args, LINE_BYTES).await?;
        let line = text.trim();
        (!line.is_empty() && line.len() < LINE_BYTES).then(|| line.to_owned())
    }

    /// Returns what it says up to a length, none where it failed.
    pub(super) async fn run(&self, args: &[&str], most: usize) -> Option<String> {
        let said = self.say(args, most).await?;
        (said.is_cut || said.code == Some(0)).then(|| String::from_utf8_lossy(&said.bytes).into_owned())
    }

    async fn say(&self, args: &[&str], most: usize) -> Option<Said> {
        let mut command = Command::new("git");
        command.args(self.settings.iter().flat_map(|setting| ["-c", setting.as_str()]));
        command.args(args).current_dir(self.folder).kill_on_drop(true);
        command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        // Objects that are not there would be fetched, by whatever program the configuration names.
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let work = async {
            let mut child = command.spawn().ok()?;
            let mut bytes = Vec::new();
            child.stdout.take()?.take(most as u64).read_to_end(&mut bytes).await.ok()?;
            let is_cut = bytes.len() >= most;
            if is_cut {
                child.start_kill().ok()?;
            }
            let status = child.wait().await.ok()?;
            Some(Said { bytes, is_cut, code: status.code() })
        };
        timeout(limit::GIT, work).await.ok()?
    }
}
