//! What is sent is what providers take, whatever history looks like.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chat::{
    agent::{InstructionFile, Report, SkillMeta},
    catalogue::{Catalogue, Preferences, Settings, SystemPrompt},
    id::{ChatId, MessageId, WorkspaceId},
    message::{Message, NewMessage, Role},
    model::ToolSpec,
    part::{Part, StoredPart, ToolCall, ToolResult},
    record::{Chat, Spec},
    time::Timestamp,
    tool::CREATE_WORKSPACE,
    workspace::Context,
};
use kit::seed;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Asked, cut, messages, repair::repair, system};
use crate::catalogue::Offer;

fn call(id: u8) -> Part {
    let args = json!({});
    let tool_call_id = format!("c{id}").as_str().into();
    Part::ToolCall(ToolCall { tool_call_id, tool_name: "look".into(), args, provider_executed: false })
}

fn result(id: u8) -> Part {
    let (tool_call_id, result) = (format!("c{id}").as_str().into(), json!("seen"));
    let tool_name = "look".into();
    Part::ToolResult(ToolResult {
        tool_call_id,
        tool_name,
        result,
        is_error: false,
        provider_executed: false,
        outcome: None,
    })
}

fn message(index: usize, role: Role, parts: Vec<Part>) -> Arc<Message> {
    let content = parts.into_iter().map(StoredPart::from).collect();
    Arc::new(NewMessage::of(role, content).placed(MessageId(index as u64 + 1), Timestamp(0), 1))
}

fn any_history() -> impl Strategy<Value = Vec<Arc<Message>>> {
    let role = prop_oneof![Just(Role::User), Just(Role::Assistant), Just(Role::Tool)];
    let part = prop_oneof![
        Just(Part::Text { text: "words".into() }),
        (0..6_u8).prop_map(call),
        (0..6_u8).prop_map(result),
    ];
    let said = (role, prop::collection::vec(part, 1..4));
    prop::collection::vec(said, 0..12).prop_map(|said| {
        said.into_iter().enumerate().map(|(index, (role, parts))| message(index, role, parts)).collect()
    })
}

/// Says what a provider would refuse.
fn refused(history: &[Arc<Message>]) -> Option<String> {
    let mut open: BTreeMap<String, ()> = BTreeMap::new();
    for message in history {
        if message.role != Role::Tool && !open.is_empty() {
            return Some(format!("{open:?} are open before message {}", message.id));
        }
        if message.content.is_empty() {
            return Some(format!("message {} is empty", message.id));
        }
        for result in message.results() {
            let known = message.role == Role::Tool && open.remove(result.tool_call_id.0.as_str()).is_some();
            if !known {
                return Some(format!("{} answers nothing", result.tool_call_id));
            }
        }
        for call in message.calls() {
            let is_first = open.insert(call.tool_call_id.0.clone(), ()).is_none();
            if message.role != Role::Assistant || !is_first {
                return Some(format!("{} is out of place", call.tool_call_id));
            }
        }
    }
    (!open.is_empty()).then(|| format!("{open:?} stay open"))
}

proptest! {
    #[test]
    fn after_repair_every_call_has_exactly_one_result(history in any_history()) {
        prop_assert_eq!(refused(&repair(history)), None);
    }

    #[test]
    fn repair_leaves_sound_history_alone(history in any_history()) {
        let sound = repair(history);
        prop_assert_eq!(repair(sound.clone()), sound);
    }

    #[test]
    fn the_first_call_of_each_name_in_a_message_stays(history in any_history()) {
        let first = |history: &[Arc<Message>]| -> Vec<BTreeSet<String>> {
            let of_model = history.iter().filter(|message| message.role == Role::Assistant);
            let named = of_model.map(|message| message.calls().map(|call| call.tool_call_id.0.clone()).collect());
            named.filter(|names: &BTreeSet<String>| !names.is_empty()).collect()
        };
        prop_assert_eq!(first(&repair(history.clone())), first(&history));
    }

    #[test]
    fn a_cut_is_never_over_its_budget(text in "\\PC{0,3000}", budget in 0..4_000_usize) {
        let cut = chat::part::cut(&text, budget);
        prop_assert!(cut.len() <= budget, "{} of {}", cut.len(), budget);
        prop_assert!(text.len() > budget || cut == text);
    }
}

#[test]
fn a_cut_keeps_the_head_and_the_tail_and_says_what_is_gone() {
    let text = format!("{}{}", "a".repeat(50_000), "z".repeat(50_000));
    let cut = chat::part::cut(&text, 16_384);
    let said = "bytes were left out here; ask for less";
    let (head, tail) = cut.split_once("\n\n[").unwrap();
    assert!(tail.contains(said) && head.bytes().all(|byte| byte == b'a') && tail.ends_with("zz"));
    let tail = tail.split_once("]\n\n").unwrap().1;
    assert_eq!((head.len(), tail.len()), (10_752, 5_376));
    assert!(cut.contains(&format!("[{} bytes", 100_000 - head.len() - tail.len())));
}

#[test]
fn the_budget_follows_the_window() {
    assert_eq!(cut::budget_bytes(0), 64 * 1024);
    assert_eq!(cut::budget_bytes(8_000), 16 * 1024);
    assert_eq!(cut::budget_bytes(200_000), 199_998);
}

#[test]
fn a_large_result_is_cut_and_a_file_is_named() {
    let Part::ToolResult(seen) = result(1) else { panic!("a result") };
    let large = Part::ToolResult(ToolResult { result: json!({ "out": "x".repeat(300_000) }), ..seen });
    let file =
        Part::File { file_id: uuid::Uuid::nil(), media_type: "image/png".into(), name: Some("a.png".into()) };
    let history = [
        message(0, Role::User, vec![file.clone()]),
        message(1, Role::Assistant, vec![call(1)]),
        message(2, Role::Tool, vec![large]),
    ];
    let sent = messages(&history, &seed::model());
    assert_eq!(sent[0].content, [StoredPart::from(file)]);
    let Value::String(cut) = &sent[2].results().next().unwrap().result else { panic!("a text") };
    assert!(cut.len() <= 199_998 && cut.starts_with("{\"out\":\"xxx"));
}

fn asked(offer: Offer) -> Asked {
    Asked { model: Arc::new(seed::model()), access: seed::access(), offer }
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec { name: name.into(), description: Some("what it is for".into()), input_schema: json!({}) }
}

#[test]
fn the_layers_of_the_system_prompt_stand_outermost_first() {
    let chat = Chat { plan_mode: true, ..seed::chat(ChatId(uuid::Uuid::nil())) };
    let layers = |include_default_system_prompt| {
        let system_prompt = SystemPrompt { system_prompt: "ours".into(), include_default_system_prompt };
        let plan_instructions = "how we plan".into();
        let settings = Settings { system_prompt, plan_instructions, ..Settings::default() };
        let catalogue = Arc::new(Catalogue { settings, ..Catalogue::default() });
        let preferences = Arc::new(Preferences { prompt: "mine".into(), ..Preferences::default() });
        let asked = asked(Offer { user_id: chat.owner_id, catalogue, preferences });
        let spec = Spec { system_prompt: Some("this chat".into()), ..Spec::default() };
        system(&chat, &spec, &asked, &[tool(CREATE_WORKSPACE)])
    };
    let plan_file = super::plan_file(&chat);
    assert!(plan_file.contains(&chat::tool::plan_path(chat.id)));
    let expected =
        ["ours", "this chat", super::NO_WORKSPACE, "mine", super::PLAN, plan_file.as_str(), "how we plan"];
    assert_eq!(layers(false), expected);
    assert_eq!(layers(true)[0], super::DEFAULT);
    assert_eq!(layers(true)[1..], expected);
}

fn told(spec: &Spec, tools: &[ToolSpec], change: impl Fn(&mut Chat)) -> Vec<String> {
    let mut chat = seed::chat(ChatId(uuid::Uuid::nil()));
    change(&mut chat);
    let (catalogue, preferences) = (Arc::new(Catalogue::default()), Arc::default());
    let asked = asked(Offer { user_id: chat.owner_id, catalogue, preferences });
    let mut layers = system(&chat, spec, &asked, tools);
    layers.retain(|layer| layer != super::DEFAULT);
    layers
}

const WORKSPACE: WorkspaceId = WorkspaceId(uuid::Uuid::nil());

fn bind(chat: &mut Chat) {
    chat.workspace_id = Some(WORKSPACE);
}

#[test]
fn a_chat_is_told_who_gave_it_its_task_and_where_its_tools_work() {
    let told = |change: fn(&mut Chat), tools: &[ToolSpec]| told(&Spec::default(), tools, change);
    let makes = [tool(CREATE_WORKSPACE)];
    let spawn = |chat: &mut Chat| chat.parent_chat_id = Some(chat.id);
    let explore = |chat: &mut Chat| {
        chat.parent_chat_id = Some(chat.id);
        chat.mode = chat::record::Mode::Explore;
    };
    assert_eq!(told(|_| {}, &makes), [super::NO_WORKSPACE]);
    assert!(told(|_| {}, &[]).is_empty(), "nobody can make one");
    assert_eq!(told(bind, &makes), [super::WORKSPACE]);
    assert_eq!(told(spawn, &[]), [super::DELEGATED]);
    assert_eq!(told(explore, &[]), [super::DELEGATED, super::EXPLORE]);
}

fn says(content: &str) -> Spec {
    let file = |path: &str, content: &str, truncated| InstructionFile {
        path: path.into(),
        content: content.into(),
        truncated,
    };
    let skill = SkillMeta { name: "deploy".into(), description: "to deploy".into(), dir: "/s".into() };
    let report = Report {
        instructions: vec![file("/AGENTS.md", "Be brief.\n", false), file("/w/AGENTS.md", content, true)],
        skills: vec![skill],
        git: None,
    };
    let context = Context { workspace_id: WORKSPACE, os: "linux".into(), folder: "/w".into(), report };
    Spec { context: Some(context), ..Spec::default() }
}

#[test]
fn what_the_workspace_says_follows_where_the_tools_work() {
    insta::assert_snapshot!(told(&says("Be kind."), &[], bind).join("\n----\n"));
    let moved = |chat: &mut Chat| chat.workspace_id = Some(WorkspaceId(uuid::Uuid::from_u128(7)));
    assert_eq!(told(&says("Be kind."), &[], moved), [super::WORKSPACE]);
}

#[test]
fn instructions_take_no_more_of_the_window_than_one_result() {
    let spec = says(&"x".repeat(400_000));
    let layers = told(&spec, &[], bind);
    assert!(layers[1].len() <= cut::budget_bytes(seed::model().context_limit), "{}", layers[1].len());
    assert!(layers[1].contains("bytes were left out here"));
}

#[test]
fn the_system_prompt_and_the_tools_are_counted() {
    let definition = ToolSpec { input_schema: json!({ "x": "y".repeat(3_000) }), ..tool("one") };
    let layers = ["z".repeat(3_000)];
    assert_eq!(crate::size::overhead_tokens(&[], &[]), 0);
    assert_eq!(crate::size::overhead_tokens(&layers, &[]), 1_008);
    let both = crate::size::overhead_tokens(&layers, &[definition]);
    assert!((2_016..2_060).contains(&both), "{both}");
}
