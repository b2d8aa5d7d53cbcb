use serde_json::json;

use super::*;
use crate::{limit, scene::Scene};

/// Runs a tool and compares its whole result.
async fn check(scene: &Scene, tool: &str, args: Value, expect: Value) {
    let result = scene.run(tool, args.clone()).await;
    assert_eq!(result, Ok(expect), "{tool} {args}");
}

/// Runs a tool and looks for what it says against it.
async fn refuse(scene: &Scene, tool: &str, args: Value, expect: &str) {
    let refusal = scene.run(tool, args.clone()).await.unwrap_err();
    assert!(refusal.contains(expect), "{tool} {args}: {refusal}");
}

#[tokio::test]
async fn lines_of_a_file_are_shown_with_their_numbers() {
    let scene = Scene::new();
    scene.write("a.txt", "one\ntwo\r\nthree");
    let all = json!({ "content": "1\tone\n2\ttwo\n3\tthree\n", "file_size": 14, "lines_read": 3, "total_lines": 3 });
    check(&scene, "read_file", json!({ "path": "a.txt" }), all).await;
    let middle = json!({
        "content": "2\ttwo\n", "file_size": 14, "lines_read": 1, "total_lines": 3, "next_offset": 3,
        "note": "there is more; read on with offset 3",
    });
    check(&scene, "read_file", json!({ "path": "a.txt", "offset": 2, "limit": 1 }), middle).await;
    refuse(
        &scene,
        "read_file",
        json!({ "path": "a.txt", "offset": 5 }),
        "line 5 is beyond its end; it has 3 lines",
    )
    .await;
    scene.write("empty", "");
    let none = json!({ "content": "", "file_size": 0, "lines_read": 0, "total_lines": 0 });
    check(&scene, "read_file", json!({ "path": "empty" }), none).await;
}

#[tokio::test]
async fn a_file_of_any_size_is_read_a_piece_at_a_time() {
    let scene = Scene::new();
    scene.write("long.txt", "x".repeat(3_000) + "\nnext\n");
    let read = scene.run("read_file", json!({ "path": "long.txt" })).await.unwrap();
    let expected = format!("1\t{} […1976 bytes of this line cut…]\n2\tnext\n", "x".repeat(1_024));
    assert_eq!(read["content"], expected);
    scene.write("wide.txt", "a".to_owned() + &"ü".repeat(2_000) + "\n");
    let read = scene.run("read_file", json!({ "path": "wide.txt" })).await.unwrap();
    assert_eq!(read["content"], format!("1\ta{} […2978 bytes of this line cut…]\n", "ü".repeat(511)));
    scene.write("many.txt", "line\n".repeat(10_000));
    let read = scene.run("read_file", json!({ "path": "many.txt" })).await.unwrap();
    assert_eq!((&read["lines_read"], &read["total_lines"]), (&json!(limit::READ_LINES), &json!(10_000)));
    scene.write("fat.txt", ("y".repeat(1_000) + "\n").repeat(100));
    let read = scene.run("read_file", json!({ "path": "fat.txt" })).await.unwrap();
    assert!(read["content"].as_str().unwrap().len() <= limit::SHOWN_BYTES);
    assert_eq!(read["next_offset"], json!(33));
}

#[tokio::test]
async fn gigabytes_without_a_line_are_passed_over_in_little_memory() {
    let scene = Scene::new();
    scene.write("sparse", "head\n");
    let file = std::fs::OpenOptions::new().append(true).open(scene.root().join("sparse")).unwrap();
    // Text at first, nothing but zeros after: it takes no room on disk.
    std::io::Write::write_all(&mut &file, "x\n".repeat(8_192).as_bytes()).unwrap();
    file.set_len(1 << 30).unwrap();
    let read = scene.run("read_file", json!({ "path": "sparse", "limit": 1 })).await.unwrap();
    assert_eq!((&read["content"], read.get("total_lines")), (&json!("1\thead\n"), None));
}

#[tokio::test]
async fn what_is_no_text_is_said_to_be_none() {
    let scene = Scene::new();
    scene.write("binary", b"\x7fELF\0\0");
    scene.write("latin1", b"caf\xe9\n");
    scene.write("dir/x", "");
    refuse(&scene, "read_file", json!({ "path": "binary" }), "binary: it is a binary file of 6 bytes").await;
    refuse(&scene, "read_file", json!({ "path": "latin1" }), "latin1: line 1 is not UTF-8 text").await;
    refuse(&scene, "read_file", json!({ "path": "dir" }), "dir is a folder, not a file").await;
    refuse(&scene, "read_file", json!({ "path": "/etc/passwd" }), "is outside the folder").await;
    refuse(&scene, "read_file", json!({ "path": 1 }), "the arguments are not as they should be").await;
    refuse(&scene, "read_file", json!({}), "missing field `path`").await;
    refuse(&scene, "fly", json!({}), "has no tool fly").await;
}

#[tokio::test]
async fn files_are_written_whole() {
    let scene = Scene::new();
    let args = |path: &str, content: &str| json!({ "path": path, "content": content });
    let made = json!({ "ok": true, "path": "new/dir/a", "size_bytes": 3, "created": true });
    check(&scene, "write_file", args("new/dir/a", "abc"), made).await;
    let again = json!({ "ok": true, "path": "new/dir/a", "size_bytes": 1, "created": false });
    check(&scene, "write_file", args("new/dir/a", "x"), again).await;
    assert_eq!(scene.text("new/dir/a"), "x");
    refuse(&scene, "write_file", args("new/dir", "x"), "is not a regular file").await;
    refuse(&scene, "write_file", args("../a", "x"), "is outside the folder").await;
    refuse(&scene, "write_file", args("new/dir/a/b", "x"), "is not a folder").await;
    std::os::unix::fs::symlink("new/dir/a", scene.root().join("link")).unwrap();
    scene.run("write_file", args("link", "through")).await.unwrap();
    assert_eq!(scene.text("new/dir/a"), "through");
    assert!(scene.root().join("link").is_symlink());
}

#[tokio::test]
async fn edits_are_made_in_all_files_or_in_none() {
    let scene = Scene::new();
    scene.write("a", "one two");
    scene.write("b", "three two two");
    let file = |path: &str, search: &str, all: bool| json!({ "path": path, "edits": [{ "search": search, "replace": "2", "replace_all": all }] });
    let edits = |files: Vec<Value>| json!({ "files": files });
    let wrong = edits(vec![file("a", "two", false), file("b", "two", false)]);
    refuse(&scene, "edit_files", wrong, "b: edit 1: the text to search for is in the file 2 times").await;
    refuse(
        &scene,
        "edit_files",
        edits(vec![file("a", "two", false), file("c", "x", false)]),
        "c does not exist",
    )
    .await;
    refuse(
        &scene,
        "edit_files",
        edits(vec![file("a", "one", false), file("./a", "two", false)]),
        "is named twice",
    )
    .await;
    refuse(&scene, "edit_files", edits(vec![]), "no files are named").await;
    assert_eq!((scene.text("a").as_str(), scene.text("b").as_str()), ("one two", "three two two"));
    let done = json!({ "ok": true, "files": [
        { "path": "a", "replacements": 1 }, { "path": "b", "replacements": 2 },
    ] });
    check(&scene, "edit_files", edits(vec![file("a", "two", false), file("b", "two", true)]), done).await;
    assert_eq!((scene.text("a").as_str(), scene.text("b").as_str()), ("one 2", "three 2 2"));
    assert_eq!(std::fs::read_dir(scene.root()).unwrap().count(), 2);
}

#[tokio::test]
async fn edits_of_one_file_follow_each_other() {
    let scene = Scene::new();
    scene.write("a", "one");
    let edits = json!([{ "search": "one", "replace": "two" }, { "search": "two", "replace": "three" }]);
    scene.run("edit_files", json!({ "files": [{ "path": "a", "edits": edits }] })).await.unwrap();
    assert_eq!(scene.text("a"), "three");
}

#[tokio::test]
async fn edits_are_refused_where_they_take_too_much_together() {
    let scene = Scene::new();
    let name = |number| format!("f{number}");
    (0..9).for_each(|number| scene.write(&name(number), "x".repeat(4 << 20)));
    let files = (0..9).map(|number| {
        json!({ "path": name(number), "edits": [{ "search": "x", "replace": "y", "replace_all": true }] })
    });
    let args = json!({ "files": files.collect::<Vec<_>>() });
    refuse(&scene, "edit_files", args, "too large to edit together; nothing was changed").await;
}

#[tokio::test]
async fn reading_and_searching_end_with_their_call() {
    let scene = Scene::new();
    scene.write("sparse", "x\n".repeat(8_192));
    let file = std::fs::OpenOptions::new().append(true).open(scene.root().join("sparse")).unwrap();
    file.set_len(1 << 40).unwrap();
    let (mut call, _pieces) = crate::scene::call(1, 1);
    call.deadline = Instant::now() + limit::MARGIN + std::time::Duration::from_millis(500);
    let args = json!({ "path": "sparse", "offset": 9_000 });
    let refusal = scene.tools.run(&call, "read_file", args).await.unwrap_err();
    assert_eq!(refusal.to_string(), "sparse: it cannot be read: it takes too long");
    call.deadline = Instant::now();
    let found = scene.tools.run(&call, "search_files", json!({ "pattern": "x" })).await.unwrap();
    assert_eq!((&found["truncated"], &found["matches"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn what_blocks_keeps_its_place_until_it_is_done() {
    let (call, _pieces) = crate::scene::call(1, 1);
    let place = Arc::downgrade(&call.place);
    let (begin, begun) = tokio::sync::oneshot::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let work = tokio::spawn(async move {
        let blocks = move || {
            begin.send(()).unwrap();
            let _ = ended.recv();
            Ok(())
        };
        call.blocking(blocks).await
    });
    begun.await.unwrap();
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
    assert!(place.upgrade().is_some());
    drop(end);
    while place.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_search_is_not_held_up_by_what_looks_like_an_ignore_file() {
    let scene = Scene::new();
    for folder in ["pipe", "endless", "real"] {
        scene.write(&format!("{folder}/a"), "x\n");
    }
    let path = scene.root().join("pipe/.gitignore");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("/dev/zero", scene.root().join("endless/.gitignore")).unwrap();
    scene.write("real/.gitignore", "*\n!a\n");
    scene.write("real/b", "x\n");
    let found = scene.run("search_files", json!({ "pattern": "x" })).await.unwrap();
    let paths: Vec<_> = found["matches"].as_array().unwrap().iter().map(|hit| hit["path"].clone()).collect();
    assert_eq!(paths, ["endless/a", "pipe/a", "real/a"]);
}

#[tokio::test]
async fn lines_are_found_where_git_would_look() {
    let scene = Scene::new();
    scene.write(".gitignore", "target/\n");
    scene.write("src/a.rs", "fn one() {}\nfn two() {}\n");
    scene.write("src/b.txt", "fn three\r\n");
    scene.write("target/c.rs", "fn hidden() {}\n");
    scene.write(".git/d.rs", "fn hidden() {}\n");
    scene.write("e.bin", b"fn hidden\0");
    std::os::unix::fs::symlink("/etc", scene.root().join("etc")).unwrap();
    let hit = |path: &str, line: u64, text: &str| json!({ "path": path, "line": line, "text": text });
    let all = json!({
        "matches": [
            hit("src/a.rs", 1, "fn one() {}"), hit("src/a.rs", 2, "fn two() {}"), hit("src/b.txt", 1, "fn three"),
        ],
        "files_searched": 4,
    });
    check(&scene, "search_files", json!({ "pattern": r"^fn \w+" }), all).await;
    let some = json!({ "matches": [hit("src/a.rs", 2, "fn two() {}")], "files_searched": 1 });
    check(&scene, "search_files", json!({ "pattern": "t", "path": "src", "glob": "*.rs" }), some).await;
    refuse(&scene, "search_files", json!({ "pattern": "(" }), "is no regular expression").await;
    refuse(&scene, "search_files", json!({ "pattern": "x", "path": "etc" }), "is outside the folder").await;
    refuse(&scene, "search_files", json!({ "pattern": "a{1000}{1000}{1000}" }), "is no regular expression")
        .await;
}

#[tokio::test]
async fn a_search_that_finds_too_much_says_so() {
    let scene = Scene::new();
    scene.write("a", "x\n".repeat(60));
    (0..9).for_each(|number| scene.write(&format!("b{number}"), "x\n".repeat(40)));
    let found = scene.run("search_files", json!({ "pattern": "x" })).await.unwrap();
    let matches = found["matches"].as_array().unwrap();
    assert_eq!(matches[50], json!({ "path": "a", "note": "there are more in this file" }));
    assert_eq!((matches.len(), &found["truncated"]), (limit::FOUND_LINES, &json!(true)));
}

#[tokio::test]
async fn a_plan_is_shown_as_it_was_written() {
    let scene = Scene::new();
    scene.write("plans/a.md", "# Plan\n");
    scene.write("plans/empty.md", " \n");
    scene.write("plans/a.txt", "x");
    scene.write("plans/big.md", "x".repeat(32 * 1024 + 1));
    let shown = json!({ "ok": true, "path": "plans/a.md", "kind": "plan", "content": "# Plan\n" });
    check(&scene, "propose_plan", json!({ "path": "plans/a.md" }), shown).await;
    refuse(&scene, "propose_plan", json!({ "path": "plans/empty.md" }), "is empty").await;
    refuse(&scene, "propose_plan", json!({ "path": "plans/a.txt" }), "is not a .md file").await;
    refuse(&scene, "propose_plan", json!({ "path": "plans/big.md" }), "is larger than 32 KiB").await;
}

#[tokio::test]
async fn skills_are_read_by_their_names() {
    let scene = Scene::new();
    scene.write(".agents/skills/deploy/SKILL.md", "---\nname: deploy\ndescription: how\n---\nDo it.\n");
    scene.write(".agents/skills/deploy/scripts/run.sh", "true\n");
    scene.write(".agents/skills/deploy/.secret", "x");
    scene.write(".agents/other", "x");
    std::os::unix::fs::symlink("../../other", scene.root().join(".agents/skills/deploy/out")).unwrap();
    let skill = json!({
        "name": "deploy", "dir": ".agents/skills/deploy", "body": "Do it.\n", "files": ["scripts/run.sh"],
    });
    check(&scene, "read_skill", json!({ "name": "deploy" }), skill).await;
    refuse(&scene, "read_skill", json!({ "name": "fly" }), "there is no skill fly; there are: deploy").await;
    let file = |path: &str| json!({ "name": "deploy", "path": path });
    check(&scene, "read_skill_file", file("scripts/run.sh"), json!({ "content": "true\n" })).await;
    for path in ["../../other", "/etc/passwd", ".secret", "out"] {
        refuse(&scene, "read_skill_file", file(path), "the path must lead into the skill's folder").await;
    }
    scene.write(".agents/skills/deploy/big", "x".repeat(512 * 1024 + 1));
    refuse(&scene, "read_skill_file", file("big"), "is larger than 512 KiB").await;
    scene.write(".agents/skills/deploy/big", "x".repeat(512 * 1024));
    let shown = scene.run("read_skill_file", file("big")).await.unwrap();
    assert_eq!((shown["content"].as_str().unwrap().len(), &shown["truncated"]), (160 * 1024, &json!(true)));
}
