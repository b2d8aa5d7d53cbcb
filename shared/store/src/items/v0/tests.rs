use chat::part::{Outcome, ProviderItem};
use proptest::{collection::vec, option, prelude::*};
use serde_json::json;

use super::*;

/// Every kind of part. A new one must be added here, or this does not compile.
const KINDS: usize = 9;

const fn kind(part: &Part) -> usize {
    match part {
        Part::Text { .. } => 0,
        Part::Reasoning { .. } => 1,
        Part::ToolCall(_) => 2,
        Part::ToolResult(_) => 3,
        Part::Source { .. } => 4,
        Part::File { .. } => 5,
        Part::FileReference { .. } => 6,
        Part::ContextFile { .. } => 7,
        Part::Skill { .. } => 8,
    }
}

/// Any JSON, with the keys of both shapes in it.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![Just("type"), Just("text"), Just("call"), Just("url"), Just("file"), Just("x")];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        let pairs = vec((key.clone().prop_map(str::to_owned), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            pairs.prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn part() -> impl Strategy<Value = StoredPart> {
    let words = || "[ -~]{0,16}";
    let at = || option::of((0..4_000_000_000_000_u64).prop_map(Timestamp));
    let call = (words(), words(), json_value(), any::<bool>()).prop_map(|(id, tool_name, args, executed)| {
        Part::ToolCall(ToolCall { tool_call_id: CallId(id), tool_name, args, provider_executed: executed })
    });
    let outcome = option::of(prop_oneof![Just(Outcome::Known), Just(Outcome::Unknown)]);
    let result = (words(), words(), json_value(), any::<(bool, bool)>(), outcome).prop_map(
        |(id, tool_name, result, (is_error, provider_executed), outcome)| {
            let tool_call_id = CallId(id);
            Part::ToolResult(ToolResult {
                tool_call_id,
                tool_name,
                result,
                is_error,
                provider_executed,
                outcome,
            })
        },
    );
    let file = (any::<u128>(), words(), option::of(words())).prop_map(|(id, media_type, name)| Part::File {
        file_id: Uuid::from_u128(id),
        media_type,
        name,
    });
    let lines = (words(), any::<[u64; 2]>(), words());
    let lines = lines.prop_map(|(file_name, [start_line, end_line], content)| Part::FileReference {
        file_name,
        start_line,
        end_line,
        content,
    });
    let any_part = prop_oneof![
        words().prop_map(|text| Part::Text { text }),
        (words(), at(), at()).prop_map(|(text, started_at, ended_at)| Part::Reasoning {
            text,
            started_at,
            ended_at
        }),
        call,
        result,
        (words(), option::of(words())).prop_map(|(url, title)| Part::Source { url, title }),
        file,
        lines,
        (words(), any::<bool>()).prop_map(|(path, truncated)| Part::ContextFile { path, truncated }),
        (words(), option::of(words())).prop_map(|(name, description)| Part::Skill { name, description }),
    ];
    let provider = option::of((words(), json_value()));
    (any_part, provider).prop_map(|(part, provider)| StoredPart {
        part,
        provider: provider.map(|(origin, item)| ProviderItem { origin, item }),
    })
}

#[test]
fn the_parts_above_are_of_every_kind() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut drawn = [false; KINDS];
    for _ in 0..1_000 {
        let tree = part().new_tree(&mut runner).unwrap();
        drawn[kind(&proptest::strategy::ValueTree::current(&tree).part)] = true;
    }
    assert_eq!(drawn, [true; KINDS]);
}

proptest! {
    #[test]
    fn a_new_part_never_looks_like_an_old_one(part in part()) {
        let stored = serde_json::to_value(&part).unwrap();
        prop_assert!(stored["type"].is_string());
        prop_assert!(serde_json::from_value::<Guess>(stored).is_err());
    }

    #[test]
    fn new_content_never_looks_like_old_content(parts in vec(part(), 1..4)) {
        let stored = serde_json::to_value(&parts).unwrap();
        prop_assert!(serde_json::from_value::<Content>(stored).is_err());
    }
}

#[test]
fn an_old_part_never_looks_like_a_new_one() {
    let olds = [
        json!("words"),
        json!({ "text": "words" }),
        json!({ "reasoning": "hm" }),
        json!({ "call": "c", "tool": "t", "args": {} }),
        json!({ "call": "c", "tool": "t", "result": { "type": "text", "text": "x" } }),
        json!({ "url": "u", "title": "t" }),
        json!({ "file": Uuid::nil(), "media_type": "m" }),
    ];
    for old in olds {
        assert!(serde_json::from_value::<Guess>(old.clone()).is_ok(), "{old}");
        assert!(serde_json::from_value::<StoredPart>(old.clone()).is_err(), "{old}");
    }
}

#[test]
fn what_fits_no_shape_or_two_is_not_guessed() {
    let none = [
        json!({}),
        json!({ "text": "words", "type": "text" }),
        json!({ "text": "words", "url": "u" }),
        json!({ "call": "c", "tool": "t", "args": {}, "result": 1 }),
        json!({ "words": "words" }),
        json!([]),
        json!(1),
    ];
    for part in none {
        assert!(serde_json::from_value::<Guess>(part.clone()).is_err(), "{part}");
    }
}

#[test]
fn roles_are_a_closed_set() {
    for (word, expected) in [
        ("system", Some(Role::System)),
        ("Developer", Some(Role::System)),
        (" user ", Some(Role::User)),
        ("HUMAN", Some(Role::User)),
        ("assistant", Some(Role::Assistant)),
        ("AI", Some(Role::Assistant)),
        ("bot", Some(Role::Assistant)),
        ("model", Some(Role::Assistant)),
        ("tool", Some(Role::Tool)),
        ("function", Some(Role::Tool)),
        ("wizard", None),
        ("", None),
    ] {
        assert_eq!(role(word), expected, "{word}");
    }
}
