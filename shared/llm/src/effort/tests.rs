use super::*;
use crate::testing::model;

fn said(name: &str, effort: Effort) -> Value {
    let model = ModelConfig { model: name.to_owned(), ..model(chat::model::Api::AnthropicMessages) };
    let said = anthropic(&model, Some(effort));
    json!([said.thinking, said.output_config])
}

#[test]
fn newer_claudes_take_an_effort() {
    let adaptive = json!({"type": "adaptive", "display": "summarized"});
    for (name, effort, expect) in [
        ("claude-opus-4-6", Effort::Minimal, "low"),
        ("claude-sonnet-4-6", Effort::Xhigh, "high"),
        ("claude-opus-4-7-20260401", Effort::Xhigh, "xhigh"),
        ("anthropic/claude-opus-4.8", Effort::Max, "max"),
        ("claude-sonnet-5", Effort::Medium, "medium"),
        ("claude-mythos-preview", Effort::High, "high"),
    ] {
        assert_eq!(said(name, effort), json!([adaptive, {"effort": expect}]), "{name}");
    }
}

#[test]
fn older_claudes_take_a_budget() {
    for name in ["claude-opus-4-5-20251101", "claude-sonnet-4-20250514", "claude-3-7-sonnet-20250219"] {
        let expect = json!([{"type": "enabled", "budget_tokens": 4_096}, null]);
        assert_eq!(said(name, Effort::Low), expect, "{name}");
    }
    assert_eq!(said("claude-3-5-haiku-20241022", Effort::High), json!([null, null]));
}

#[test]
fn a_budget_leaves_room_for_the_answer() {
    let expect = json!([{"type": "enabled", "budget_tokens": 8_192 - 1_024}, null]);
    assert_eq!(said("claude-haiku-4-5", Effort::Max), expect);
}

#[test]
fn a_budget_that_is_set_is_sent_as_it_is_or_not_at_all() {
    for (budget, expect) in [(1_023, None), (1_024, Some(1_024)), (8_191, Some(8_191)), (8_192, None)] {
        let mut model = model(chat::model::Api::AnthropicMessages);
        let set = json!({"thinking": {"budget_tokens": budget}});
        model.options.provider_options = set.as_object().cloned().unwrap_or_default();
        let said = anthropic(&model, None).thinking;
        assert_eq!(said, expect.map(|tokens| json!({"type": "enabled", "budget_tokens": tokens})));
    }
}

#[test]
fn no_effort_means_no_thought_where_that_can_be_said() {
    assert_eq!(said("claude-sonnet-5", Effort::None), json!([{"type": "disabled"}, null]));
    assert_eq!(said("claude-fable-5", Effort::None), json!([null, {"effort": "low"}]));
    assert_eq!(said("claude-haiku-4-5", Effort::None), json!([null, null]));
}

#[test]
fn openai_families_take_different_words() {
    for (name, effort, expect) in [
        ("gpt-4.1", Effort::High, None),
        ("gpt-5-chat-latest", Effort::High, None),
        ("o3", Effort::Max, Some("high")),
        ("gpt-5", Effort::None, Some("minimal")),
        ("gpt-5-codex", Effort::Minimal, Some("low")),
        ("gpt-5.1", Effort::None, Some("none")),
        ("openai/gpt-oss-120b", Effort::None, Some("low")),
        ("openai/gpt-oss-120b", Effort::Max, Some("high")),
        ("gpt-5.1", Effort::Xhigh, Some("high")),
        ("gpt-5.1-codex-max", Effort::Xhigh, Some("xhigh")),
        ("gpt-5.2", Effort::Minimal, Some("low")),
        ("gpt-5.5", Effort::Max, Some("xhigh")),
        ("gpt-5.3-codex", Effort::None, Some("low")),
    ] {
        assert_eq!(openai(name, Some(effort)), expect, "{name} {effort:?}");
    }
}

#[test]
fn generations_of_gemini_take_different_levels() {
    let level = |level: &str| Some(json!({"includeThoughts": true, "thinkingLevel": level}));
    for (name, effort, expect) in [
        ("gemini-2.0-flash", Effort::High, None),
        ("gemini-2.5-pro", Effort::High, Some(json!({"includeThoughts": true}))),
        ("gemini-3-pro-preview", Effort::Minimal, level("low")),
        ("gemini-3-pro-preview", Effort::Medium, level("high")),
        ("gemini-3.1-pro-preview", Effort::Medium, level("medium")),
        ("gemini-3-flash-preview", Effort::Minimal, level("minimal")),
        ("gemini-3-flash-preview", Effort::Max, level("high")),
    ] {
        assert_eq!(google(name, Some(effort)), expect, "{name} {effort:?}");
    }
    assert_eq!(google("gemini-3-pro-preview", None), None);
}
