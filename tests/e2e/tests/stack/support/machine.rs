//! A person's own machine: the agent, as a process, in a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::json;
use tempfile::TempDir;

use super::{World, within};

/// A machine with an agent on it. Dropping it ends the agent.
pub(crate) struct Machine {
    pub(crate) workspace_id: String,
    agent: Child,
    // Removed with the machine.
    home: TempDir,
}

impl Machine {
    /// Enrols a machine, and waits until its agent is there.
    pub(crate) async fn enrol(world: &World) -> Self {
        let enrolled = world.api.post("/workspaces/enroll", &json!({})).await.json(201);
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("work")).unwrap();
        let agent = Command::new(env!("CARGO_BIN_EXE_e2e-agent"))
            .args(["--url", world.api.base(), "--token", enrolled["token"].as_str().unwrap()])
            .arg("--folder")
            .arg(home.path().join("work"))
            .arg("--state")
            .arg(home.path().join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let workspace_id = enrolled["workspace_id"].as_str().unwrap().to_owned();
        let path = format!("/workspaces/{workspace_id}");
        within("the agent", async { while world.api.get(&path).await.json(200)["connected"] != true {} })
            .await;
        Self { workspace_id, agent, home }
    }

    /// Where tools work.
    pub(crate) fn work(&self) -> PathBuf {
        self.home.path().join("work")
    }

    /// A folder that tools do not work in.
    pub(crate) fn elsewhere(&self) -> &Path {
        self.home.path()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.agent.kill());
        drop(self.agent.wait());
    }
}
