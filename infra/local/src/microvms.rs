//! Lambda's MicroVMs, as far as workspaces go: a process of the agent for each machine, in a folder of its own.
//!
//! One that sleeps is a process that has ended; it is started again in the same folder. With the stack all of them end, and
//! are asleep at the next start.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::host::random;

const API: &str = "/2025-09-09/microvms";

/// What is asked of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Run,
    Get(String),
    Resume(String),
    Suspend(String),
    Terminate(String),
}

impl Asked {
    /// Returns the operation's name.
    pub(crate) const fn operation(&self) -> &'static str {
        match self {
            Self::Run => "RunMicrovm",
            Self::Get(_) => "GetMicrovm",
            Self::Resume(_) => "ResumeMicrovm",
            Self::Suspend(_) => "SuspendMicrovm",
            Self::Terminate(_) => "TerminateMicrovm",
        }
    }
}

/// Reads the address of a request; none if it is for another service.
pub(crate) fn asked(method: &str, uri: &str) -> Option<Asked> {
    let path = uri.split('?').next()?;
    let (_, rest) = path.split_once(API)?;
    let mut pieces = rest.trim_start_matches('/').split('/').filter(|piece| !piece.is_empty());
    match (method, pieces.next().map(str::to_owned), pieces.next()) {
        ("POST", None, None) => Some(Asked::Run),
        ("GET", Some(id), None) => Some(Asked::Get(id)),
        ("DELETE", Some(id), None) => Some(Asked::Terminate(id)),
        ("POST", Some(id), Some("resume")) => Some(Asked::Resume(id)),
        ("POST", Some(id), Some("suspend")) => Some(Asked::Suspend(id)),
        _ => None,
    }
}

/// All machines. Clones share them.
#[derive(Clone)]
pub(crate) struct Microvms(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    agent: PathBuf,
    running: Mutex<BTreeMap<String, Child>>,
}

type Answer = (u16, Value);

impl Microvms {
    /// Keeps machines below `folder`; each runs the program `agent`.
    pub(crate) fn new(folder: PathBuf, agent: PathBuf) -> Self {
        Self(Arc::new(Inner { folder, agent, running: Mutex::default() }))
    }

    pub(crate) fn answer(&self, asked: &Asked, body: &[u8]) -> Answer {
        match asked {
            Asked::Run => self.run(&serde_json::from_slice(body).unwrap_or_default()),
            Asked::Get(id) => self.get(id),
            Asked::Resume(id) => self.resume(id),
            Asked::Suspend(id) => {
                self.end(id);
                self.get(id)
            }
            Asked::Terminate(id) => {
                self.end(id);
                // What is left of it is only in the way.
                let _ = fs::remove_dir_all(self.home(id));
                (200, json!({}))
            }
        }
    }

    /// The same token is the same machine, which says so by its name.
    fn run(&self, request: &Value) -> Answer {
        let token = request["clientToken"].as_str().map_or_else(|| random().to_string(), str::to_owned);
        let id = format!("microvm-{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, token.as_bytes()));
        if self.home(&id).exists() {
            return self.get(&id);
        }
        if !self.0.agent.exists() {
            let agent = self.0.agent.display();
            let why = format!("{agent} is not there; `cargo build -p workspace` makes it");
            return (400, json!({"__type": "ValidationException", "message": why}));
        }
        let payload = request["runHookPayload"].as_str().unwrap_or_default();
        let boot: Value = serde_json::from_str(payload).unwrap_or_default();
        match fs::create_dir_all(self.home(&id).join("files")).and_then(|()| self.start(&id, &boot)) {
            Ok(()) => self.get(&id),
            Err(error) => failed(&error),
        }
    }

    fn resume(&self, id: &str) -> Answer {
        if !self.home(id).exists() {
            return missing();
        }
        // It has been enrolled, and needs no token any more.
        match self.start(id, &Value::Null) {
            Ok(()) => self.get(id),
            Err(error) => failed(&error),
        }
    }

    fn start(&self, id: &str, boot: &Value) -> std::io::Result<()> {
        let mut running = self.running();
        if running.get_mut(id).is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            return Ok(());
        }
        let home = self.home(id);
        let mut command = Command::new(&self.0.agent);
        // What the stack was started with is not what models may read: providers' keys.
        command.env_clear().envs(kept());
        command.arg("--folder").arg(home.join("files")).arg("--state").arg(home.join("state"));
        let told = [("QUICKSTEP_URL", &boot["url"]), ("QUICKSTEP_ENROLMENT", &boot["enrolment"])];
        command.envs(told.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?))));
        let log = fs::File::create(home.join("log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        running.insert(id.to_owned(), command.spawn()?);
        Ok(())
    }

    fn get(&self, id: &str) -> Answer {
        if !self.home(id).exists() {
            return missing();
        }
        let is_up = self.running().get_mut(id).is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        let state = if is_up { "RUNNING" } else { "SUSPENDED" };
        let machine = json!({
            "microvmId": id, "state": state, "endpoint": "http://127.0.0.1", "imageArn": "local",
            "imageVersion": "1", "maximumDurationInSeconds": 28_800, "startedAt": 0,
        });
        (200, machine)
    }

    fn end(&self, id: &str) {
        // Dropping it ends it; its journal is kept by each line.
        drop(self.running().remove(id));
    }

    fn home(&self, id: &str) -> PathBuf {
        // An id is one of ours, or names nothing.
        let name = Path::new(id).file_name().unwrap_or_default();
        self.0.folder.join(name)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Child>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn missing() -> Answer {
    (404, json!({"__type": "ResourceNotFoundException", "message": "there is no such machine"}))
}

fn failed(error: &std::io::Error) -> Answer {
    (500, json!({"__type": "InternalServerException", "message": error.to_string()}))
}

/// What programs on a machine expect to find.
#[expect(clippy::disallowed_methods, reason = "a process is started, and nothing configured")]
fn kept() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    let names = ["PATH", "HOME", "LANG", "LC_ALL", "SHELL", "TMPDIR", "TZ", "USER"];
    names.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_by_their_addresses() {
        let at = |method, path: &str| asked(method, &format!("https://lambda.r.amazonaws.com{path}"));
        assert_eq!(at("POST", API), Some(Asked::Run));
        assert_eq!(at("GET", &format!("{API}/m")), Some(Asked::Get("m".into())));
        assert_eq!(at("POST", &format!("{API}/m/suspend")), Some(Asked::Suspend("m".into())));
        assert_eq!(at("POST", &format!("{API}/m/resume")), Some(Asked::Resume("m".into())));
        assert_eq!(at("DELETE", &format!("{API}/m")), Some(Asked::Terminate("m".into())));
        assert_eq!(at("POST", "/@connections/m"), None);
    }

    #[tokio::test]
    async fn a_machine_runs_sleeps_wakes_and_ends() {
        let folder = tempfile::tempdir().unwrap();
        let microvms = Microvms::new(folder.path().join("machines"), "/bin/cat".into());
        let run = json!({"clientToken": "t", "runHookPayload": "{}"}).to_string();
        let made = microvms.answer(&Asked::Run, run.as_bytes()).1;
        let id = made["microvmId"].as_str().unwrap().to_owned();
        assert_eq!(microvms.answer(&Asked::Run, run.as_bytes()).1["microvmId"], id.as_str());
        let state = |asked: Asked| microvms.answer(&asked, b"").1["state"].clone();
        assert_eq!(state(Asked::Suspend(id.clone())), "SUSPENDED");
        assert_eq!(microvms.answer(&Asked::Resume(id.clone()), b"").0, 200);
        assert_eq!(microvms.answer(&Asked::Terminate(id.clone()), b"").0, 200);
        assert_eq!(microvms.answer(&Asked::Get(id), b"").0, 404);
        let absent = Microvms::new(folder.path().join("others"), "/nowhere".into());
        assert_eq!(absent.answer(&Asked::Run, run.as_bytes()).0, 400);
    }
}
