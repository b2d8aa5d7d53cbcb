//! A chat plans, acts and keeps what its workspace says, with a real agent on a machine of its person's.

use std::{fs, path::Path, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::timeout};
use workspace::{agent, args::Args};

use crate::{
    kill::{MENDED, say},
    permissions::stage::Stage,
};

/// How long the agent may take to see what has changed on its machine, and its function to tell the chats.
const SEEN: Duration = Duration::from_secs(60);

/// A machine with instructions and a skill, its agent, and a chat that works there.
struct World {
    stage: Stage,
    folder: TempDir,
    _state: TempDir,
    agent: JoinHandle<anyhow::Result<()>>,
    chat: String,
}

impl Drop for World {
    fn drop(&mut self) {
        self.agent.abort();
    }
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl World {
    async fn new(chat: Value) -> Self {
        let stage = Stage::start().await;
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(folder.path(), "AGENTS.md", "Be brief.");
        let skill = "---\nname: deploy\ndescription: to deploy\n---\nRun deploy.sh.\n";
        write(folder.path(), ".agents/skills/deploy/SKILL.md", skill);
        write(folder.path(), ".agents/skills/deploy/deploy.sh", "echo deployed\n");
        let enrolled = stage.ask(stage.request(Method::POST, "/workspaces/enroll")).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let args = Args {
            url: Some(stage.stack.http_url.clone()),
            token: Some(text(&enrolled["token"])),
            folder: folder.path().to_owned(),
            state: Some(state.path().to_owned()),
            memory_mb: None,
            processes: 64,
            hooks: None,
            json: false,
        };
        let agent = tokio::spawn(agent::run(args, std::future::pending()));
        let mut chat = chat;
        chat["content"] = json!([]);
        chat["workspace_id"] = enrolled["workspace_id"].clone();
        // Another chat is told when the agent has said something.
        let other = stage.create(&chat).await;
        let chat = stage.create(&chat).await;
        let world = Self { stage, folder, _state: state, agent, chat };
        let path = format!("/chats/{other}/context");
        let told = async {
            while !world.stage.request(Method::PUT, &path).send().await.unwrap().status().is_success() {}
        };
        timeout(SEEN, told).await.unwrap();
        world
    }

    async fn read(&self) -> Value {
        self.stage.ask(self.stage.request(Method::GET, &format!("/chats/{}", self.chat))).await
    }

    /// Says something and returns what became of it: the messages that followed, as text.
    async fn turn(&self, words: &str) -> Vec<Value> {
        let path = format!("/chats/{}/messages", self.chat);
        let sent = self.stage.post(&path, &say(words)).await;
        let rests = async { while self.read().await["status"] != "waiting" {} };
        timeout(MENDED, rests).await.unwrap();
        let path = format!("{path}?after_id={}", sent["message"]["id"]);
        let page = self.stage.ask(self.stage.request(Method::GET, &path)).await;
        page["messages"].as_array().unwrap().clone()
    }

    /// What the model was offered and told last.
    fn asked(&self) -> (Vec<String>, String) {
        let request = self.stage.rehearsal.requests().last().unwrap().json();
        let name = |tool: &Value| {
            tool["name"].as_str().or_else(|| tool["function"]["name"].as_str()).unwrap().to_owned()
        };
        (request["tools"].as_array().unwrap().iter().map(name).collect(), request.to_string())
    }
}

fn results(messages: &[Value]) -> Vec<&Value> {
    let parts = messages.iter().flat_map(|message| message["content"].as_array().unwrap());
    parts.filter(|part| part["type"] == "tool_result").collect()
}

#[tokio::test]
async fn a_chat_that_plans_writes_a_plan_shows_it_and_acts_when_it_may() {
    let world = World::new(json!({ "plan_mode": true })).await;
    let plan = format!(".quickstep/plans/{}.md", world.chat);
    let settings = world.stage.request(Method::PUT, "/settings/plan-instructions");
    world.stage.ask(settings.json(&json!({ "plan_instructions": "Three steps at most." }))).await;
    let call = |tool: &str, args: Value| format!("/call {tool} {args}\n/then\n");
    let said = [
        call("write_file", json!({ "path": "src/main.rs", "content": "fn main() {}" })),
        call("write_file", json!({ "path": plan, "content": "1. look\n2. change" })),
        call("propose_plan", json!({ "path": plan })),
        "/say too late".to_owned(),
    ];
    let messages = world.turn(&said.concat()).await;
    let shown = results(&messages);
    assert_eq!(shown.len(), 3, "{messages:?}");
    assert!(
        shown[0]["result"].to_string().contains("in plan mode only the plan may be written"),
        "{shown:?}"
    );
    assert_eq!(shown[2]["result"]["kind"], "plan");
    assert_eq!(shown[2]["result"]["content"], "1. look\n2. change");
    assert_eq!(messages.last().unwrap()["role"], "tool", "the plan ends the turn");
    assert!(!world.folder.path().join("src/main.rs").exists());
    let (tools, told) = world.asked();
    assert!(
        tools.contains(&"propose_plan".to_owned()) && !tools.contains(&"process_list".to_owned()),
        "{tools:?}"
    );
    assert!(told.contains("You are in plan mode") && told.contains(&plan));
    assert!(told.contains("Three steps at most."));

    let path = format!("/chats/{}", world.chat);
    let acts =
        world.stage.ask(world.stage.request(Method::PATCH, &path).json(&json!({ "plan_mode": false }))).await;
    assert_eq!(acts["plan_mode"], false);
    let write = call("write_file", json!({ "path": "src/main.rs", "content": "fn main() {}" }));
    let messages = world.turn(&format!("{write}/say done")).await;
    assert_eq!(results(&messages)[0]["is_error"], false, "{messages:?}");
    assert_eq!(fs::read_to_string(world.folder.path().join("src/main.rs")).unwrap(), "fn main() {}");
    let (tools, told) = world.asked();
    assert!(
        !tools.contains(&"propose_plan".to_owned()) && tools.contains(&"process_list".to_owned()),
        "{tools:?}"
    );
    assert!(!told.contains("You are in plan mode"));
}

#[tokio::test]
async fn a_chat_keeps_what_its_workspace_says_until_it_is_refreshed() {
    let world = World::new(json!({})).await;
    let read = "/call read_skill {\"name\": \"deploy\"}\n/then\n/call read_skill_file {\"name\": \"deploy\", \
                \"path\": \"deploy.sh\"}\n/then\n/say ok";
    let messages = world.turn(read).await;
    let read = results(&messages);
    assert!(read[0]["result"].to_string().contains("Run deploy.sh."), "{messages:?}");
    assert_eq!(read[1]["result"]["content"], "echo deployed\n");
    let (tools, told) = world.asked();
    assert!(tools.contains(&"read_skill_file".to_owned()), "{tools:?}");
    assert!(told.contains("Be brief.") && told.contains("- deploy: to deploy"), "{told}");
    let context = world.read().await["context"].clone();
    let resources = context["resources"].as_array().unwrap();
    let is_there = |kind: &str| resources.iter().any(|part| part["type"] == kind);
    assert!(is_there("context_file") && is_there("skill"), "{context}");
    assert_eq!(context.get("dirty_since"), None);

    write(world.folder.path(), "AGENTS.md", "Be verbose.");
    world.turn("/call execute {\"command\": \"true\"}\n/then\n/say ok").await;
    let told = async { while world.read().await["context"]["dirty_since"].is_null() {} };
    timeout(SEEN, told).await.unwrap();
    world.turn("/say still").await;
    assert!(world.asked().1.contains("Be brief."), "a chat keeps what it was told");
    let path = format!("/chats/{}/context", world.chat);
    let refreshed = world.stage.ask(world.stage.request(Method::PUT, &path)).await;
    assert_eq!(refreshed["context"].get("dirty_since"), None);
    world.turn("/say now").await;
    assert!(world.asked().1.contains("Be verbose."));
}
