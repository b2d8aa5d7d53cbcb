//! A machine with the agent on it, as a process.

use std::process::{Child, Command, Stdio};

use anyhow::Result;
use serde_json::json;
use tempfile::TempDir;

use crate::{client::Client, tools::text};

/// A machine. Dropping it ends the agent.
pub(crate) struct Machine {
    pub(crate) workspace_id: String,
    agent: Child,
    _home: TempDir,
}

impl Machine {
    /// Enrols a machine and waits until its agent is there.
    pub(crate) async fn enrol(client: &Client) -> Result<Self> {
        let enrolled = client.post("/v1/workspaces/enroll", &json!({})).await?;
        let home = tempfile::tempdir()?;
        std::fs::create_dir(home.path().join("work"))?;
        let agent = Command::new(env!("CARGO_BIN_EXE_e2e-agent"))
            .args(["--url", client.http_url(), "--token", text(&enrolled, "token")?])
            .arg("--folder")
            .arg(home.path().join("work"))
            .arg("--state")
            .arg(home.path().join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let workspace_id = text(&enrolled, "workspace_id")?.to_owned();
        while client.get(&format!("/v1/workspaces/{workspace_id}")).await?["connected"] != true {}
        Ok(Self { workspace_id, agent, _home: home })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.agent.kill());
        drop(self.agent.wait());
    }
}
