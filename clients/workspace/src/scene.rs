//! A folder with tools, for tests.

use std::{fs, path::Path, sync::Arc, time::Duration};

use chat::{
    agent::CallToken,
    id::{CallId, ChatId, MessageId},
};
use serde_json::Value;
use tokio::{
    sync::{
        Semaphore,
        mpsc::{Receiver, channel},
    },
    time::Instant,
};
use uuid::Uuid;

use crate::{
    folder::Folder,
    process::{Bounds, Processes},
    tools::{Call, Progress, RunTools as _, Tools},
};

/// A folder of its own, and tools that work in it.
pub(crate) struct Scene {
    pub(crate) tools: Tools,
    _outer: tempfile::TempDir,
}

pub(crate) fn token(chat: u128, message: u64) -> CallToken {
    let chat_id = ChatId(Uuid::from_u128(chat));
    CallToken { chat_id, message_id: MessageId(message), call_id: CallId("call_1".into()) }
}

pub(crate) fn call(chat: u128, message: u64) -> (Call, Receiver<Progress>) {
    let (progress, pieces) = channel(64);
    let deadline = Instant::now() + Duration::from_secs(60);
    let place = Arc::new(Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap());
    (Call { token: token(chat, message), deadline, progress, place }, pieces)
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::bounded(512 << 20, 64)
    }

    pub(crate) fn bounded(memory_bytes: u64, processes: u64) -> Self {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("work");
        fs::create_dir(&root).unwrap();
        let folder = Arc::new(Folder::open(&root).unwrap());
        let workspace = Uuid::from_u128(fastrand::u128(..)).to_string();
        let bounds = Bounds { workspace, memory_bytes, processes };
        let processes = Arc::new(Processes::new(folder.root().to_owned(), bounds));
        Self { tools: Tools { folder, processes }, _outer: outer }
    }

    pub(crate) fn root(&self) -> &Path {
        self.tools.folder.root()
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Runs a tool for the first chat.
    pub(crate) async fn run(&self, tool: &str, args: Value) -> Result<Value, String> {
        let (call, _pieces) = call(1, fastrand::u64(..));
        self.tools.run(&call, tool, args).await.map_err(|refusal| refusal.to_string())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.tools.processes.kill_all();
    }
}
