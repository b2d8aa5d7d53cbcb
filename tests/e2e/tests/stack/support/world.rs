//! The stack that a test drives.

use std::{
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    path::Path,
    time::Duration,
};

use chat::view::ChatView;
use kit::rehearsal::Rehearsal;
use local::{Options, Stack, wiring};
use serde_json::Value;
use tempfile::TempDir;

use super::{Api, Socket, lines::Lines};

/// A stack, and whoever keeps it running.
pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) socket_url: String,
    /// A word that no other test uses: a stack may be shared.
    pub(crate) word: String,
    home: Option<Home>,
}

/// A local stack of the test's own.
struct Home {
    stack: Stack,
    rehearsal: Rehearsal,
    lines: Lines,
    // Removed with the world.
    folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        match elsewhere() {
            Some(world) => world,
            None => Self::local().await,
        }
    }

    /// Whether nobody else uses the stack.
    pub(crate) const fn is_alone(&self) -> bool {
        self.home.is_some()
    }

    /// Whether the stack runs on `ministack`. A test that meets a difference from AWS says which one, and what settles it.
    pub(crate) fn is_on_ministack(&self) -> bool {
        self.home.is_none() && variable("QUICKSTEP_EMULATOR").as_deref() == Some("ministack")
    }

    /// The command that kills all processes that run steps, where there is one.
    pub(crate) fn kill_steps() -> Option<String> {
        variable("QUICKSTEP_KILL_STEPS")
    }

    /// None where the stack is not this test's to stop.
    pub(crate) async fn stoppable() -> Option<Self> {
        if elsewhere().is_some() { None } else { Some(Self::local().await) }
    }

    async fn local() -> Self {
        let rehearsal = Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let lines = Lines::default();
        let stack = start(folder.path(), 0, &rehearsal, &lines).await;
        Self::of(Home { stack, rehearsal, lines, folder })
    }

    fn of(home: Home) -> Self {
        let Stack { http_url, socket_url, token, .. } = &home.stack;
        let (api, socket_url) = (Api::new(http_url, token), socket_url.clone());
        Self { api, socket_url, word: word(), home: Some(home) }
    }

    /// Stops the stack in the middle of whatever it does, and starts it again on the same data and port.
    pub(crate) async fn restarted(mut self) -> Self {
        let Home { stack, rehearsal, lines, folder } = self.home.take().unwrap();
        nothing_was_denied(&stack);
        let port = stack.http_url.rsplit_once(':').unwrap().1.parse().unwrap();
        stack.stop().await;
        let stack = start(folder.path(), port, &rehearsal, &lines).await;
        Self::of(Home { stack, rehearsal, lines, folder })
    }

    /// The chats that bear the world's word as their label `run`.
    pub(crate) async fn marked(&self) -> Vec<ChatView> {
        let list = self.api.get(&format!("/chats?archived=any&label=run:{}", self.word)).await;
        serde_json::from_value(list.json(200)["chats"].take()).unwrap()
    }

    /// Where the rehearsal model of a local stack is, as a provider of `OpenAI`'s format.
    pub(crate) fn rehearsal_url(&self) -> String {
        self.home.as_ref().unwrap().rehearsal.openai_url()
    }

    /// Returns the lines of the invocations so far, of a local stack.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.home.as_ref().unwrap().lines.all()
    }

    /// Waits until so many lines are as wanted.
    pub(crate) async fn until_lines(&self, what: &str, wanted: impl Fn(&Value) -> bool, count: usize) {
        self.until_all(what, |lines| lines.iter().filter(|line| wanted(line)).count() >= count).await;
    }

    /// Waits until the lines are as wanted, all together.
    pub(crate) async fn until_all(&self, what: &str, wanted: impl Fn(&[Value]) -> bool) {
        self.home.as_ref().unwrap().lines.until(what, wanted).await;
    }

    pub(crate) async fn socket(&self) -> Socket {
        Socket::connect(&self.socket_url, self.api.token()).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(Home { stack, .. }) = &self.home
            && !std::thread::panicking()
        {
            nothing_was_denied(stack);
        }
    }
}

/// What a policy forbids is an error of the test, also where the function bore it.
fn nothing_was_denied(stack: &Stack) {
    for (function, permissions) in stack.permissions() {
        assert!(permissions.denied.is_empty(), "{function} may not: {:?}", permissions.denied);
    }
}

async fn start(data: &Path, port: u16, rehearsal: &Rehearsal, lines: &Lines) -> Stack {
    let parameters = [("RehearsalUrl".to_owned(), rehearsal.openai_url())].into();
    // No grace: what runs when the stack is stopped is abandoned.
    let options =
        Options { port, parameters, grace: Duration::ZERO, lines: lines.sink(), ..Options::new(data) };
    Stack::start(options, wiring::functions).await.unwrap()
}

fn word() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}

/// The stack that the environment names, if it names one.
fn elsewhere() -> Option<World> {
    let (url, socket_url) = (variable("QUICKSTEP_URL")?, variable("QUICKSTEP_SOCKET_URL")?);
    let api = Api::new(url.trim_end_matches('/'), &variable("QUICKSTEP_TOKEN")?);
    Some(World { api, socket_url, word: word(), home: None })
}

#[expect(clippy::disallowed_methods, reason = "which stack is tested is said from outside")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
