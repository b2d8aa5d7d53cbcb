use std::{process::Command, sync::Arc};

use chat::{
    agent::{GitState, InstructionFile, SkillMeta},
    diff::FileChange,
};

use super::*;
use crate::scene::Scene;

fn git(scene: &Scene, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]);
    let done = command.args(args).current_dir(scene.root()).output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

async fn report(scene: &Scene) -> Report {
    look(&Arc::clone(&scene.tools.folder)).await
}

#[tokio::test]
async fn instruction_files_are_told_the_outermost_first() {
    let scene = Scene::new();
    std::fs::write(scene.root().join("../AGENTS.md"), "outer").unwrap();
    scene.write("CLAUDE.md", "inner");
    scene.write(".cursorrules", "x".repeat(70_000));
    std::os::unix::fs::symlink("CLAUDE.md", scene.root().join("AGENTS.md")).unwrap();
    let told = report(&scene).await.instructions;
    let brief = |file: &InstructionFile| (file.content.chars().take(5).collect::<String>(), file.truncated);
    let told: Vec<_> = told.iter().map(brief).collect();
    assert_eq!(told, [("outer".into(), false), ("inner".into(), false), ("xxxxx".into(), true)]);
}

#[tokio::test]
async fn no_instruction_file_leads_out_of_the_folder() {
    let scene = Scene::new();
    let outer = scene.root().parent().unwrap();
    std::fs::write(outer.join("secret"), "secret").unwrap();
    for link in [scene.root().join("AGENTS.md"), scene.root().join("CLAUDE.md"), outer.join("AGENTS.md")] {
        std::os::unix::fs::symlink(outer.join("secret"), link).unwrap();
    }
    let pipe = outer.join("CLAUDE.md");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    scene.write("docs", "told");
    std::os::unix::fs::symlink("docs", scene.root().join(".cursorrules")).unwrap();
    let told: Vec<_> = report(&scene).await.instructions.into_iter().map(|file| file.content).collect();
    assert_eq!(told, ["told"]);
}

#[tokio::test]
async fn looking_at_a_tree_runs_nothing_of_it() {
    let scene = Scene::new();
    scene.write("a", "one\n");
    scene.write("b", "one\n");
    git(&scene, &["init", "-q"]);
    git(&scene, &["add", "."]);
    git(&scene, &["commit", "-qm", "first"]);
    scene.write(".gitattributes", "a filter=Once\nb filter=odd.name\n* diff=shown\n");
    let run = |what: &str| format!("touch {}/ran-{what}; cat", scene.root().display());
    for (key, value) in [
        ("filter.Once.clean", run("clean").as_str()),
        ("filter.Once.required", "true"),
        ("filter.odd.name.process", &run("process")),
        ("diff.shown.textconv", &run("textconv")),
        ("diff.shown.command", &run("command")),
        ("diff.external", &run("external")),
        ("core.fsmonitor", &run("fsmonitor")),
    ] {
        git(&scene, &["config", key, value]);
    }
    scene.write("a", "two\n");
    scene.write("b", "two\n");
    let told = report(&scene).await.git.unwrap();
    assert!(told.diff.contains("-one\n+two\n"), "{}", told.diff);
    let ran = std::fs::read_dir(scene.root()).unwrap().flatten().map(|entry| entry.file_name());
    let ran: Vec<_> = ran.filter(|name| name.to_str().unwrap().starts_with("ran-")).collect();
    assert_eq!(ran, Vec::<std::ffi::OsString>::new());
    // A name that cannot be turned off: nothing is told of the tree.
    git(&scene, &["config", "filter.a=b.clean", &run("clean")]);
    assert_eq!(report(&scene).await.git, None);
}

#[tokio::test]
async fn skills_are_told_by_name_where_they_say_what_they_are() {
    let scene = Scene::new();
    let skill =
        |home: &str, folder: &str, text: &str| scene.write(&format!("{home}/{folder}/SKILL.md"), text);
    skill(".agents/skills", "b", "---\nname: b-skill\ndescription: >\n  folded\n  words\n---\n");
    skill(".claude/skills", "a", "---\nname: a1\ndescription: \"quoted: words\"\nextra: 1\n---\nbody");
    skill(".claude/skills", "b", "---\nname: b-skill\ndescription: second\n---\n");
    skill(".agents/skills", "bad", "---\nname: Not A Name\ndescription: x\n---\n");
    skill(".agents/skills", "none", "no front matter");
    skill(".agents/skills", "yaml", "---\nname: [\n---\n");
    let meta = |name: &str, description: &str, dir: &str| SkillMeta {
        name: name.into(),
        description: description.into(),
        dir: dir.into(),
    };
    let expected = [
        meta("a1", "quoted: words", ".claude/skills/a"),
        meta("b-skill", "folded words", ".agents/skills/b"),
    ];
    assert_eq!(report(&scene).await.skills, expected);
}

#[tokio::test]
async fn the_tree_is_told_against_where_its_branch_began() {
    let scene = Scene::new();
    assert_eq!(report(&scene).await.git, None);
    scene.write("a", "one\n");
    git(&scene, &["init", "-q"]);
    let empty = GitState { branch: "main".into(), ..GitState::default() };
    assert_eq!(report(&scene).await.git, Some(empty));
    git(&scene, &["add", "."]);
    git(&scene, &["commit", "-qm", "first"]);
    git(&scene, &["remote", "add", "origin", "https://me:secret@host/a.git"]);
    git(&scene, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    git(&scene, &["checkout", "-qb", "work"]);
    scene.write("a", "two\n");
    git(&scene, &["commit", "-qam", "second"]);
    scene.write("a", "three\n");
    scene.write("new ü", "x\ny");
    scene.write("new.bin", b"\0");
    let told = report(&scene).await.git.unwrap();
    assert_eq!((told.branch.as_str(), told.remote.as_str()), ("work", "https://host/a.git"));
    assert!(told.diff.contains("-one\n+three\n"), "{}", told.diff);
    assert_eq!((told.additions, told.deletions, told.changed_files, told.pushed.as_str()), (3, 1, 3, ""));
    let file = |path: &str, additions, deletions| FileChange { path: path.into(), additions, deletions };
    let files = [file("a", Some(1), Some(1)), file("new ü", Some(2), Some(0)), file("new.bin", None, None)];
    assert_eq!(told.files, files);
    git(&scene, &["update-ref", "refs/remotes/origin/work", "HEAD"]);
    assert_eq!(report(&scene).await.git.unwrap().pushed.len(), 40);
    git(&scene, &["add", "-AN"]);
    let known = report(&scene).await.git.unwrap().diff;
    let without_names = |diff: &str| {
        let lines = diff.lines().filter(|line| !line.starts_with("index "));
        // Git ends names that hold a space with a tab.
        lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(without_names(&told.diff), without_names(&known));
}

#[test]
fn a_report_fits_whatever_makes_it_large() {
    let check = |report: Report, skills: usize| {
        let fitted = fit(report);
        assert!(serde_json::to_string(&fitted).unwrap().len() <= REPORT_BYTES);
        assert!(fitted.skills.len() >= skills, "{} skills", fitted.skills.len());
    };
    let file = |bytes: usize| InstructionFile {
        path: "p".repeat(4_000),
        content: "\u{1}".repeat(bytes),
        truncated: false,
    };
    let skill = || SkillMeta { name: "n".into(), description: "ü".repeat(1_024), dir: "d".into() };
    let skills = |count: usize| std::iter::repeat_with(skill).take(count).collect::<Vec<_>>();
    let git = |bytes: usize| {
        Some(GitState {
            branch: "b".repeat(bytes),
            diff: "d".repeat(bytes),
            files: (0..300)
                .map(|_| FileChange { path: "p".repeat(bytes), additions: None, deletions: None })
                .collect(),
            ..GitState::default()
        })
    };
    check(Report { skills: skills(100), ..Report::default() }, 50);
    check(Report { instructions: vec![file(10); 2], skills: skills(100), git: git(10) }, 50);
    check(Report { instructions: vec![file(20_000); 20], skills: skills(10), git: git(200_000) }, 0);
}

#[tokio::test]
async fn a_report_fits_into_a_message() {
    let scene = Scene::new();
    git(&scene, &["init", "-q"]);
    scene.write("a", "");
    git(&scene, &["add", "."]);
    git(&scene, &["commit", "-qm", "first"]);
    scene.write("a", "\u{1}\n".repeat(200_000));
    scene.write("AGENTS.md", "\"".repeat(60_000));
    scene.write("CLAUDE.md", "x".repeat(60_000));
    let told = report(&scene).await;
    assert!(serde_json::to_string(&told).unwrap().len() <= REPORT_BYTES);
    assert!(told.git.unwrap().truncated);
    assert_eq!(told.instructions.len(), 2);
}
