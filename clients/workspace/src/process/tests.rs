use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::{
    scene::{Scene, call, token},
    tools::RunTools as _,
};

/// Without what differs each time.
fn bare(mut result: Value) -> Value {
    result.as_object_mut().unwrap().remove("wall_duration_ms").unwrap();
    result
}

async fn execute(scene: &Scene, command: &str) -> Value {
    bare(scene.run("execute", json!({ "command": command })).await.unwrap())
}

fn ended(process: &Process) -> impl Future<Output = bool> {
    process.wait(Duration::from_secs(20))
}

/// Starts a command as call 7 of the first chat.
fn start(scene: &Scene, text: &str) -> Arc<Process> {
    scene.tools.processes.start(&token(1, 7), Command { text: text.into(), folder: None }).unwrap()
}

/// Waits for what a process puts out.
async fn said(process: &Process, is_enough: impl Fn(&Output) -> bool) {
    while !process.with_output(|output| is_enough(output)) {
        assert!(!process.wait(Duration::from_millis(10)).await);
    }
}

/// Waits until nothing of a process is left.
async fn gone(process: &Process) {
    let gone = async {
        while process.is_left() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
}

fn is_ready(output: &Output) -> bool {
    output.text() == "ready\n"
}

#[tokio::test]
async fn a_command_is_told_with_what_it_put_out() {
    let scene = Scene::new();
    let check =
        async |command, expect: Value| assert_eq!(execute(&scene, command).await, expect, "{command}");
    check("echo a; echo b >&2; echo c", json!({ "success": true, "output": "a\nb\nc\n", "exit_code": 0 }))
        .await;
    check("exit 3", json!({ "success": false, "output": "", "exit_code": 3 })).await;
    let killed =
        json!({ "success": false, "output": "", "exit_code": 137, "error": "it was ended by signal 9" });
    check("kill -9 $$", killed).await;
    check("read x; echo \"[$x]\"", json!({ "success": true, "output": "[]\n", "exit_code": 0 })).await;
    check("printf '%s' \"it's\" '$HOME'", json!({ "success": true, "output": "it's$HOME", "exit_code": 0 }))
        .await;
}

#[tokio::test]
async fn a_command_runs_in_the_folder_and_knows_that_nobody_types() {
    let scene = Scene::new();
    std::fs::create_dir(scene.root().join("sub")).unwrap();
    let root = scene.root().display().to_string();
    assert_eq!(execute(&scene, "pwd -P").await["output"], format!("{root}\n"));
    let below = scene.run("execute", json!({ "command": "pwd -P", "workdir": "sub" })).await.unwrap();
    assert_eq!(below["output"], format!("{root}/sub\n"));
    let outside = scene.run("execute", json!({ "command": "pwd", "workdir": "/" })).await.unwrap_err();
    assert!(outside.contains("is outside the folder"));
    let shown = execute(
        &scene,
        "echo $QUICKSTEP_AGENT $EDITOR $VISUAL $GIT_EDITOR $GIT_SEQUENCE_EDITOR \
        $GIT_TERMINAL_PROMPT $NO_COLOR $TERM $PAGER $GIT_PAGER",
    );
    assert_eq!(shown.await["output"], "true true true true true 0 1 dumb cat cat\n");
}

#[tokio::test]
async fn a_command_that_takes_longer_goes_on_in_the_background() {
    let scene = Scene::new();
    let (first, _pieces) = call(1, 7);
    let slow = "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo done";
    let args = json!({ "command": slow, "timeout": "1200ms" });
    let mut result = bare(scene.tools.run(&first, "execute", args).await.unwrap());
    // A machine that others work on may not have begun it by then.
    result["output"] = json!(null);
    let expected = json!({
        "success": false, "output": null, "exit_code": -1, "background_process_id": "7.call_1",
        "error": "the command was not done after 1.2 s and goes on in the background",
        "note": "use process_output to wait for it, process_signal to end it",
    });
    assert_eq!(result, expected);
    let process = scene.tools.processes.get(first.token.chat_id, &ProcessId::from(&first.token)).unwrap();
    said(&process, |output| output.text() == "begun\n").await;
    let ask = |wait: u64| json!({ "process_id": "7.call_1", "wait_timeout": wait });
    let running = json!({ "success": true, "output": "begun\n", "note": "it is still running" });
    assert_eq!(bare(scene.run("process_output", ask(0)).await.unwrap()), running);
    scene.write("go", "");
    let done = json!({ "success": true, "output": "begun\ndone\n", "exit_code": 0 });
    assert_eq!(bare(scene.run("process_output", ask(20)).await.unwrap()), done);
}

#[tokio::test]
async fn the_same_call_finds_the_process_that_it_started() {
    let scene = Scene::new();
    let (call, _pieces) = call(1, 7);
    let args = json!({ "command": "echo x >> count; echo ready; sleep 60", "run_in_background": true });
    for _ in 0..3 {
        let result = scene.tools.run(&call, "execute", args.clone()).await.unwrap();
        assert_eq!(result["background_process_id"], "7.call_1");
    }
    let process = scene.tools.processes.get(call.token.chat_id, &ProcessId::from(&call.token)).unwrap();
    said(&process, is_ready).await;
    let again = json!({ "command": "echo x >> count", "timeout": 0.3 });
    let result = scene.tools.run(&call, "execute", again).await.unwrap();
    assert_eq!((&result["exit_code"], scene.text("count").as_str()), (&json!(-1), "x\n"));
}

#[tokio::test]
async fn chats_do_not_see_each_others_processes() {
    let scene = Scene::new();
    let (mine, _pieces) = call(1, 7);
    let (theirs, _pieces) = call(2, 8);
    let args = json!({ "command": "sleep 60 &" });
    scene.tools.run(&mine, "execute", args).await.unwrap();
    let list = scene.tools.run(&theirs, "process_list", json!({})).await.unwrap();
    assert_eq!(list, json!({ "processes": [], "total": 0 }));
    for tool in ["process_output", "process_signal"] {
        let args = json!({ "process_id": "7.call_1", "signal": "kill" });
        let refusal = scene.tools.run(&theirs, tool, args).await.unwrap_err();
        assert!(refusal.to_string().starts_with("there is no process 7.call_1"));
    }
    let list = scene.tools.run(&mine, "process_list", json!({})).await.unwrap();
    let shown = &list["processes"][0];
    assert_eq!((&shown["command"], &shown["state"]), (&json!("sleep 60"), &json!("running")));
}

#[tokio::test]
async fn what_runs_is_listed_before_what_has_ended() {
    let scene = Scene::new();
    for (message, command) in [(1, "sleep 60"), (2, "true"), (3, "sleep 60"), (4, "exit 5")] {
        let command = Command { text: command.into(), folder: None };
        let process = scene.tools.processes.start(&token(1, message), command).unwrap();
        if message % 2 == 0 {
            assert!(ended(&process).await);
        }
    }
    let ids: Vec<_> =
        scene.tools.processes.list(token(1, 0).chat_id).iter().map(|found| found.id().to_string()).collect();
    assert_eq!(ids, ["3.call_1", "1.call_1", "4.call_1", "2.call_1"]);
}

#[tokio::test]
async fn a_chat_runs_so_many_processes_and_no_more() {
    let scene = Scene::new();
    let start = |message| {
        scene.tools.processes.start(&token(1, message), Command { text: "sleep 60".into(), folder: None })
    };
    for message in 0..limit::PROCESSES as u64 {
        start(message).unwrap();
    }
    let refusal = start(99).unwrap_err().to_string();
    assert_eq!(refusal, "32 processes are running in this chat; end one with process_signal first");
}

#[tokio::test]
async fn a_command_that_ignores_the_signal_to_end_is_killed() {
    let scene = Scene::new();
    let process = start(&scene, "trap '' TERM; echo ready; while :; do sleep 0.1; done");
    said(&process, is_ready).await;
    let args = json!({ "process_id": "7.call_1", "signal": "terminate" });
    let told = scene.run("process_signal", args.clone()).await.unwrap();
    assert_eq!(told["message"], "the process was asked to end; if it does not within 5 s it is killed");
    assert!(ended(&process).await);
    assert_eq!(process.end().unwrap().signal, Some(9));
    gone(&process).await;
    let again = scene.run("process_signal", args).await.unwrap();
    assert_eq!(again, json!({ "success": false, "message": "the process has ended already" }));
}

#[tokio::test]
async fn a_signal_reaches_what_the_command_started() {
    let scene = Scene::new();
    let process = start(&scene, "sleep 61 & sleep 62 & echo ready; wait");
    said(&process, is_ready).await;
    process.kill("enough");
    assert!(ended(&process).await);
    assert_eq!(process.reason().as_deref(), Some("enough"));
    gone(&process).await;
}

#[tokio::test]
async fn endless_output_is_heard_in_bounded_memory() {
    let scene = Scene::new();
    let process = start(&scene, "yes");
    said(&process, |output| output.original_bytes() > 4_000_000).await;
    let (text, truncated) = process.with_output(|output| (output.text(), output.truncated()));
    assert!(text.len() < 33_000);
    assert!(truncated.unwrap()["omitted_bytes"].as_u64().unwrap() > 3_900_000);
    scene.tools.processes.kill_all();
    let ten = execute(&scene, "head -c 10000000 /dev/zero | tr '\\0' '\\n'").await;
    assert_eq!(ten["truncated"]["original_bytes"], 10_000_000);
    assert_eq!((ten["output"].as_str().unwrap().len() < 33_000, &ten["exit_code"]), (true, &json!(0)));
}

#[tokio::test]
async fn what_a_command_leaves_behind_does_not_hold_it_up() {
    let scene = Scene::new();
    let begun = Instant::now();
    let result = execute(&scene, "sleep 60 & echo started").await;
    assert_eq!(result, json!({ "success": true, "output": "started\n", "exit_code": 0 }));
    assert!(begun.elapsed() < Duration::from_secs(8));
}

/// Each doubles, nine times: a bomb that would end by itself, on a machine that others work on.
#[tokio::test]
async fn a_command_that_starts_too_many_processes_is_ended_with_all_of_them() {
    let scene = Scene::bounded(512 << 20, 40);
    tokio::spawn(Arc::clone(&scene.tools.processes).watch());
    let (call, _pieces) = call(1, 7);
    let bomb = "f() { [ $1 -lt 9 ] && { f $(($1+1)) & f $(($1+1)) & }; sleep 30; }; f 0";
    let args = json!({ "command": bomb, "timeout": 30 });
    let result = bare(scene.tools.run(&call, "execute", args).await.unwrap());
    assert_eq!((&result["success"], &result["exit_code"]), (&json!(false), &json!(137)), "{result}");
    assert_eq!(result["error"], "it started more than 40 processes");
    let process = scene.tools.processes.get(call.token.chat_id, &ProcessId::from(&call.token)).unwrap();
    gone(&process).await;
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_bounded_as_well() {
    let scene = Scene::bounded(512 << 20, 40);
    tokio::spawn(Arc::clone(&scene.tools.processes).watch());
    let process = start(
        &scene,
        "f() { [ $1 -lt 9 ] && { f $(($1+1)) & f $(($1+1)) & }; sleep 30; }; { sleep 0.2; f 0; } & exit 0",
    );
    assert!(ended(&process).await);
    gone(&process).await;
    assert_eq!(process.reason().as_deref(), Some("it started more than 40 processes"));
    assert_eq!(process.end().unwrap().code, 0);
}

#[tokio::test]
async fn what_a_command_leaves_behind_counts_and_can_be_ended() {
    let scene = Scene::new();
    for message in 0..limit::PROCESSES as u64 {
        let command = Command { text: "sleep 60 & exit".into(), folder: None };
        assert!(ended(&scene.tools.processes.start(&token(1, message), command).unwrap()).await);
    }
    let more = || scene.tools.processes.start(&token(1, 99), Command { text: "true".into(), folder: None });
    assert!(matches!(more(), Err(NotStarted::TooMany)));
    let list = scene.run("process_list", json!({})).await.unwrap();
    let shown = &list["processes"][0];
    assert_eq!((&shown["state"], &shown["exit_code"]), (&json!("running"), &json!(0)));
    let args = json!({ "process_id": "3.call_1", "signal": "kill" });
    let told = scene.run("process_signal", args).await.unwrap();
    assert_eq!(told["success"], true);
    let one = scene.tools.processes.get(token(1, 3).chat_id, &ProcessId::from(&token(1, 3))).unwrap();
    gone(&one).await;
    more().unwrap();
}

#[tokio::test]
async fn a_command_that_takes_too_much_memory_is_ended() {
    let scene = Scene::bounded(64 << 20, 64);
    let alone = execute(&scene, "head -c 100000000 /dev/zero | tail -c 90000000 | wc -c").await;
    assert_ne!(alone["output"], "90000000\n");
    tokio::spawn(Arc::clone(&scene.tools.processes).watch());
    let many = "for i in 1 2 3; do (head -c 40000000 /dev/zero | tail -c 40000000 | (sleep 20; cat >/dev/null)) & \
        done; wait";
    let result = execute(&scene, many).await;
    assert_eq!(result["error"], "it took more than 64 MB of memory");
}

#[tokio::test]
async fn a_dead_agents_processes_are_found_and_ended() {
    let scene = Scene::new();
    let mark = scene.tools.processes.bounds.workspace.clone();
    let process = start(&scene, "setsid sleep 63 & echo ready; wait");
    said(&process, is_ready).await;
    assert_eq!(end_leftovers("some-other-workspace"), 0);
    assert!(end_leftovers(&mark) >= 1);
    assert!(ended(&process).await);
}
