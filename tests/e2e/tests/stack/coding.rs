//! Work on a machine: a repository is cloned, mended, tested and committed, others look around in it, and while a command
//! sleeps nothing runs but it.

use std::{path::Path, process::Command};

use chat::{id::ChatId, time::Timestamp};
use serde_json::{Value, json};

use crate::support::{Follower, Machine, Truth, World, on_a_large_stack, said};

/// By when a command that takes long is known to have arrived, and the invocations that told of it are over.
const KNOWN_MS: u64 = 2_900;

fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=A", "-c", "user.email=a@example.com"]).args(args);
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A repository with a mistake in it, which its test finds.
fn repository(folder: &Path) -> String {
    let origin = folder.join("origin");
    std::fs::create_dir(&origin).unwrap();
    std::fs::write(origin.join("sum.sh"), "echo $(($1 - $2))\n").unwrap();
    std::fs::write(origin.join("test.sh"), "test \"$(sh sum.sh 2 3)\" = 5 && echo passed\n").unwrap();
    git(&origin, &["init", "-q", "-b", "main"]);
    git(&origin, &["add", "."]);
    git(&origin, &["commit", "-q", "-m", "begin"]);
    origin.display().to_string()
}

/// A line that has the model call a tool.
fn call(tool: &str, args: &Value) -> String {
    format!("/call {tool} {args}")
}

fn execute(command: &str) -> String {
    call("execute", &json!({"command": command, "timeout": "30s"}))
}

/// A turn of several answers, each with its calls, and a last word.
fn turn(answers: &[Vec<String>], last: &str) -> String {
    let answers: Vec<String> = answers.iter().map(|calls| calls.join("\n")).collect();
    format!("/pace 1\n{}\n/then /say {last}", answers.join("\n/then "))
}

/// The results of a chat's calls, in order, each with its tool.
fn results(truth: &Truth) -> Vec<(String, Value)> {
    let parts =
        truth.history.values().flat_map(|message| json!(message.content).as_array().cloned().unwrap());
    let results = parts.filter(|part| part["type"] == "tool_result");
    results.map(|part| (part["tool_name"].as_str().unwrap().to_owned(), part["result"].clone())).collect()
}

async fn chat_on(world: &World, machine: &Machine) -> (ChatId, Follower) {
    let id = world.api.create(&json!({"content": [], "workspace_id": machine.workspace_id})).await;
    (id, Follower::of(world, id).await)
}

#[tokio::test]
async fn a_mistake_is_found_mended_and_committed() {
    let world = World::start().await;
    let machine = Machine::enrol(&world).await;
    let origin = repository(machine.elsewhere());
    let (id, mut follower) = chat_on(&world, &machine).await;
    let edit = json!({"path": "repo/sum.sh", "edits": [{"search": "$1 - $2", "replace": "$1 + $2"}]});
    let commit = "cd repo && git -c user.name=A -c user.email=a@example.com commit -qam 'mend the sum'";
    let task = turn(
        &[
            vec![execute(&format!("git clone -q {origin} repo"))],
            vec![
                call("read_file", &json!({"path": "repo/sum.sh"})),
                call("search_files", &json!({"pattern": "sum", "path": "repo"})),
            ],
            vec![execute("cd repo && sh test.sh")],
            vec![call("edit_files", &json!({"files": [edit]}))],
            vec![execute("cd repo && sh test.sh")],
            vec![execute(commit)],
        ],
        "it is mended",
    );
    world.api.say(id, &task).await;
    follower.until_rest(15).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.history.values().map(said).next_back().unwrap(), "it is mended");
    let results = results(&truth);
    let codes = results.iter().filter(|(tool, _)| tool == "execute").map(|(_, result)| &result["exit_code"]);
    assert_eq!(codes.collect::<Vec<_>>(), [0, 1, 0, 0], "{results:#?}");
    assert!(results[1].1.to_string().contains("$1 - $2"), "{}", results[1].1);
    let repo = machine.work().join("repo");
    assert_eq!(git(&repo, &["log", "--format=%s"]), "mend the sum\nbegin\n");
    assert_eq!(git(&repo, &["status", "--porcelain"]), "");
    assert!(git(&repo, &["diff", "HEAD~1"]).contains("+echo $(($1 + $2))"));
}

#[test]
fn two_explorers_look_and_report() {
    on_a_large_stack(explorers);
}

async fn explorers() {
    let world = World::start().await;
    let machine = Machine::enrol(&world).await;
    repository(&machine.work());
    let (id, mut follower) = chat_on(&world, &machine).await;
    let explore = |file: &str| {
        let look = call("read_file", &json!({"path": format!("origin/{file}")}));
        let prompt = format!("/pace 1\n{look}\n/then /say {file} was read");
        call("spawn_agent", &json!({"type": "explore", "prompt": prompt, "title": file}))
    };
    world.api.say(id, &turn(&[vec![explore("sum.sh"), explore("test.sh")]], "both are on their way")).await;
    follower.until_rest(5).await;
    let spawned = results(&Truth::of(&world.api, id).await);
    let wait = |(_, child): &(String, Value)| call("wait_agent", &json!({"chat_id": child["chat_id"]}));
    world.api.say(id, &turn(&[spawned.iter().map(wait).collect()], "both have reported")).await;
    follower.until_rest(10).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    let all = results(&truth);
    let reports = all.iter().filter(|(tool, _)| tool == "wait_agent").map(|(_, result)| &result["report"]);
    assert_eq!(reports.collect::<Vec<_>>(), ["sum.sh was read", "test.sh was read"], "{all:#?}");
    for (_, child) in &spawned {
        let child = Truth::of(&world.api, child["chat_id"].as_str().unwrap().parse().unwrap()).await;
        assert_eq!(child.roles(), ["user", "assistant", "tool", "assistant"]);
    }
}

#[tokio::test]
async fn nothing_runs_while_a_command_sleeps() {
    let Some(world) = World::stoppable().await else { return };
    let machine = Machine::enrol(&world).await;
    let (id, mut follower) = chat_on(&world, &machine).await;
    world.api.say(id, &turn(&[vec![execute("date +%s%3N; sleep 7; date +%s%3N")]], "it woke up")).await;
    follower.until_rest(4).await;
    let truth = Truth::of(&world.api, id).await;
    let [(_, slept)] = results(&truth).try_into().unwrap();
    let [from_ms, to_ms] = slept["output"]
        .as_str()
        .unwrap()
        .lines()
        .map(|line| line.parse::<u64>().unwrap())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert!(to_ms - from_ms >= 7_000, "{slept}");
    world
        .until_lines(
            "the last step",
            |line| is_within(line, to_ms, u64::MAX) && line["function"] == "step",
            1,
        )
        .await;
    let lines = world.lines();
    assert!(lines.iter().any(|line| is_within(line, from_ms, from_ms + KNOWN_MS)), "the call was accepted");
    // The sweep looks for what was forgotten, whoever sleeps.
    let of_chats = |line: &&Value| line["function"] != "sweep";
    let running = lines.iter().filter(|line| is_within(line, from_ms + KNOWN_MS, to_ms)).filter(of_chats);
    assert_eq!(running.collect::<Vec<_>>(), Vec::<&Value>::new());
}

/// Whether an invocation ran at any time between.
fn is_within(line: &Value, from_ms: u64, to_ms: u64) -> bool {
    let ended: Timestamp = serde_json::from_value(line["timestamp"].clone()).unwrap();
    let began_ms = ended.0 - line["ms"].as_f64().unwrap() as u64;
    began_ms < to_ms && ended.0 > from_ms
}
