//! What is offered, to whom, and where calls go.

use std::fmt::Write as _;

use chat::{
    agent::{Report, SkillMeta},
    call::Answerer,
    id::{CallId, ChatId, WorkspaceId},
    part::ToolCall,
    record::{Chat, Mode, Spec},
    tool::{Away, IfLost, Local, Route, Toolbox, plan_path},
    workspace::{Context, MachineKind, Template},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Tools,
    tool::Tool,
    who::{self, Who},
};

const ID: ChatId = ChatId(Uuid::from_u128(1));

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(3));

/// The tools of a deployment that makes workspaces.
fn everything() -> Tools {
    let template = Template {
        id: "local".into(),
        name: "local".into(),
        display_name: "Local".into(),
        description: String::new(),
        parameters: Vec::new(),
        kind: MachineKind::Microvm,
        image: None,
    };
    Tools::of(&[template])
}

fn names(tools: &Tools, chat: &Chat, spec: &Spec) -> Vec<String> {
    tools.offer(chat, spec).iter().map(|tool| tool.name.clone()).collect()
}

/// A person's chat with a workspace.
fn root() -> Chat {
    Chat { workspace_id: Some(WORKSPACE), ..kit::seed::chat(ID) }
}

fn planning() -> Chat {
    Chat { plan_mode: true, ..root() }
}

fn child() -> Chat {
    Chat { parent_chat_id: Some(ChatId(Uuid::from_u128(2))), ..root() }
}

fn skilled() -> Spec {
    let skill = SkillMeta { name: "deploy".into(), description: "to deploy".into(), dir: "/s".into() };
    let report = Report { skills: vec![skill], ..Report::default() };
    let context = Context { workspace_id: WORKSPACE, os: "linux".into(), folder: "/w".into(), report };
    Spec { context: Some(context), ..Spec::default() }
}

fn route(chat: &Chat, tool: &str, args: Value) -> Option<Route> {
    let call = ToolCall {
        tool_call_id: CallId::from("c1"),
        tool_name: tool.to_owned(),
        args,
        provider_executed: false,
    };
    everything().route(chat, &skilled(), &call)
}

fn refusal(chat: &Chat, tool: &str, args: Value) -> String {
    match route(chat, tool, args) {
        Some(Route::Refused(why)) => why,
        other @ (None | Some(Route::Here(_) | Route::Away(_))) => panic!("{tool}: {other:?}"),
    }
}

fn away(chat: &Chat, tool: &str, args: Value) -> Away {
    match route(chat, tool, args) {
        Some(Route::Away(away)) => away,
        other @ (None | Some(Route::Here(_) | Route::Refused(_))) => panic!("{tool}: {other:?}"),
    }
}

#[test]
fn the_map_of_who_is_given_what_is_as_reviewed() {
    let mut map = format!("{:18}", "");
    for who in Who::ALL {
        let _ = write!(map, " {:>11}", format!("{who:?}"));
    }
    for tool in Tool::ALL {
        let _ = write!(map, "\n{:18}", tool.name());
        for who in Who::ALL {
            let _ = write!(map, " {:>11}", if who::may(who, tool) { "yes" } else { "-" });
        }
    }
    insta::assert_snapshot!(map);
}

#[test]
fn what_models_see_is_as_reviewed() {
    let specs: Vec<_> = Tool::ALL.iter().map(|tool| tool.definition().spec()).collect();
    insta::assert_json_snapshot!(specs);
}

#[test]
fn names_are_told_apart_and_every_provider_takes_them() {
    let mut names: Vec<&str> = Tool::ALL.iter().map(|tool| tool.name()).collect();
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Tool::ALL.len());
}

#[test]
fn skills_are_read_only_where_the_workspace_has_any() {
    let offered = |chat: &Chat, spec: &Spec| {
        names(&everything(), chat, spec).iter().filter(|name| name.starts_with("read_skill")).count()
    };
    assert_eq!((offered(&root(), &Spec::default()), offered(&root(), &skilled())), (0, 2));
    let moved = Chat { workspace_id: Some(WorkspaceId(Uuid::from_u128(4))), ..root() };
    assert_eq!(offered(&moved, &skilled()), 0);
}

#[test]
fn tools_are_offered_only_where_they_can_work() {
    let count = |tools: &Tools, chat: &Chat| {
        let names = names(tools, chat, &Spec::default());
        let is_given = |name: &str| names.iter().any(|given| given == name);
        ["execute", "start_workspace", "create_workspace", "spawn_agent"].map(is_given)
    };
    let (made, given) = (everything(), Tools::of(&[]));
    let bare = |chat: Chat| Chat { workspace_id: None, ..chat };
    assert_eq!(count(&made, &root()), [true; 4]);
    assert_eq!(count(&made, &bare(root())), [true; 4]);
    assert_eq!(count(&given, &root()), [true, true, false, true]);
    assert_eq!(count(&given, &bare(root())), [false, false, false, true]);
    assert_eq!(count(&made, &child()), [true, false, false, false]);
    assert_eq!(count(&made, &bare(child())), [false; 4]);
    assert!(names(&given, &bare(planning()), &Spec::default()).contains(&"ask_user_question".to_owned()));
    assert!(!names(&given, &bare(planning()), &Spec::default()).contains(&"propose_plan".to_owned()));
}

#[test]
fn what_is_offered_is_what_is_routed() {
    let chats = [root(), planning(), child(), Chat { mode: Mode::Explore, ..child() }];
    for chat in chats {
        let offered = names(&everything(), &chat, &skilled());
        for tool in Tool::ALL {
            let routed = route(&chat, tool.name(), json!({})).is_some();
            assert_eq!(routed, offered.contains(&tool.name().to_owned()), "{} {chat:?}", tool.name());
        }
    }
}

#[test]
fn a_name_that_is_no_tool_of_ours_is_left_to_others() {
    assert_eq!(route(&root(), "weather", json!({})), None);
}

#[test]
fn calls_wait_as_long_as_they_ask_for() {
    let cases = [
        ("read_file", json!({"path": "a"}), 60_000),
        ("execute", json!({"command": "true"}), 40_000),
        ("execute", json!({"command": "make", "timeout": "5m"}), 330_000),
        ("execute", json!({"command": "make", "timeout": "3h"}), 630_000),
        ("execute", json!({"command": "serve", "timeout": "5m", "run_in_background": true}), 60_000),
        ("process_output", json!({"process_id": "1"}), 40_000),
        ("process_output", json!({"process_id": "1", "wait_timeout": "0s"}), 30_000),
        ("process_output", json!({"process_id": "1", "wait_timeout": 3600}), 330_000),
        ("create_workspace", json!({"template_id": "t"}), 720_000),
        ("start_workspace", json!({}), 720_000),
        ("stop_workspace", json!({}), 300_000),
        ("wait_agent", json!({"chat_id": ID}), 300_000),
        ("wait_agent", json!({"chat_id": ID, "timeout_seconds": 0}), 300_000),
        ("wait_agent", json!({"chat_id": ID, "timeout_seconds": 20}), 20_000),
    ];
    for (tool, args, patience_ms) in cases {
        assert_eq!(away(&root(), tool, args.clone()).patience_ms, patience_ms, "{tool} {args}");
    }
}

#[test]
fn calls_that_may_not_run_twice_say_so() {
    let files = json!({"files": [{"path": "a", "edits": [{"search": "x", "replace": ""}]}]});
    let cases = [
        ("read_file", json!({"path": "a"}), IfLost::Retry),
        ("write_file", json!({"path": "a", "content": ""}), IfLost::Retry),
        ("search_files", json!({"pattern": "a"}), IfLost::Retry),
        ("edit_files", files, IfLost::Report),
        ("process_signal", json!({"process_id": "1", "signal": "kill"}), IfLost::Report),
        ("execute", json!({"command": "true"}), IfLost::Ask),
    ];
    for (tool, args, if_lost) in cases {
        let away = away(&root(), tool, args);
        assert_eq!((away.answerer, away.if_lost), (Answerer::Workspace, if_lost), "{tool}");
    }
}

#[test]
fn what_is_wrong_is_said_by_its_name() {
    let cases = [
        ("read_file", json!({}), "`path` is required"),
        ("read_file", json!(null), "`path` is required"),
        ("read_file", json!("a"), "the arguments must be a JSON object"),
        ("read_file", json!({"path": "  "}), "`path` must be a text that is not blank"),
        ("read_file", json!({"path": 7}), "`path` must be a text that is not blank"),
        ("read_file", json!({"path": "a", "limit": 0}), "`limit` must be a whole number from 1 to 2000"),
        (
            "read_file",
            json!({"path": "a", "line": 1}),
            "`line` is not an argument; there are: path, offset, limit",
        ),
        (
            "execute",
            json!({"command": "a", "timeout": "soon"}),
            "`timeout` must be a duration such as 90s, 2m or 1h30m",
        ),
        (
            "process_signal",
            json!({"process_id": "1", "signal": "hup"}),
            "`signal` must be one of: terminate, kill",
        ),
        ("edit_files", json!({"files": []}), "`files` must be a list of 1 to 50 objects"),
        (
            "edit_files",
            json!({"files": [{"path": "a", "edits": [{"search": "x"}]}]}),
            "`files[0].edits[0].replace` is required",
        ),
        ("edit_files", json!({"files": [3]}), "`files[0]` must be an object"),
        ("wait_agent", json!({"chat_id": "me"}), "`chat_id` must be a UUID"),
        (
            "create_workspace",
            json!({"template_id": "t", "parameters": {"cpu": 2}}),
            "`parameters` must be an object of texts",
        ),
        ("spawn_agent", json!({"type": "explore"}), "`prompt` is required"),
    ];
    for (tool, args, expected) in cases {
        assert_eq!(refusal(&root(), tool, args.clone()), expected, "{tool} {args}");
    }
}

#[test]
fn a_chat_that_plans_writes_its_plan_and_nothing_else() {
    let plan = plan_path(ID);
    assert_eq!(away(&planning(), "write_file", json!({"path": plan, "content": "x"})).patience_ms, 60_000);
    assert!(away(&planning(), "propose_plan", json!({"path": plan})).ends_turn);
    let edits = json!([{"search": "x", "replace": "y"}]);
    for (tool, args) in [
        ("write_file", json!({"path": "src/main.rs", "content": "x"})),
        ("propose_plan", json!({"path": "README.md"})),
        ("edit_files", json!({"files": [{"path": plan, "edits": edits}, {"path": "a", "edits": edits}]})),
    ] {
        let why = refusal(&planning(), tool, args);
        assert!(
            why.starts_with(&format!("in plan mode only the plan may be written; its path is {plan}")),
            "{why}"
        );
    }
}

#[test]
fn questions_come_back_as_they_were_asked() {
    let options = json!([{"label": "A", "description": "a"}, {"label": "B", "description": "b"}]);
    let questions = json!([{"header": "Which", "question": "Which one?", "options": options}]);
    let routed = route(&planning(), "ask_user_question", json!({"questions": questions}));
    assert_eq!(routed, Some(Route::Here(Local::AskUserQuestion { questions })));
    let one = json!([{"header": "Which", "question": "Which one?", "options": [options[0]]}]);
    let why = refusal(&planning(), "ask_user_question", json!({"questions": one}));
    assert_eq!(why, "`questions[0].options` must be a list of 2 to 4 objects");
}

#[test]
fn an_agent_that_was_spawned_is_refused_more_of_them() {
    assert_eq!(route(&child(), "spawn_agent", json!({"type": "general", "prompt": "x"})), None);
}
