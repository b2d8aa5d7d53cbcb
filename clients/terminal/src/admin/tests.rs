use serde_json::json;

use super::*;

#[test]
fn providers_are_listed_without_keys() {
    let answer = json!({ "providers": [
        { "id": "0190-1", "type": "anthropic", "name": "Anthropic", "enabled": true, "has_key": true, "preset": true },
        { "id": "0190-2", "type": "openai-compat", "name": "mine", "enabled": false, "has_key": false,
          "preset": false, "base_url": "http://localhost:11434/v1" },
    ] });
    insta::assert_snapshot!(providers::screen(&answer));
}

#[test]
fn tool_servers_say_how_many_tools_they_have_or_what_is_wrong() {
    let answer = json!({ "servers": [
        { "id": "0190-1", "slug": "wiki", "enabled": true, "availability": "default_on",
          "tools": [{ "name": "search" }, { "name": "read" }], "url": "https://wiki.example.com/mcp" },
        { "id": "0190-2", "slug": "mine", "enabled": false, "availability": "default_off", "tools": [],
          "url": "http://localhost:1/mcp", "failure": "it was not connected within 10 seconds" },
    ] });
    insta::assert_snapshot!(servers::screen(&answer));
}

#[test]
fn models_say_why_they_cannot_be_asked() {
    let answer = json!({ "models": [
        { "id": "0190-1", "provider": "Anthropic", "display_name": "Opus", "context_limit": 200_000,
          "is_default": true, "available": true },
        { "id": "0190-2", "provider": "mine", "display_name": "Llama", "context_limit": 8_000,
          "is_default": false, "available": false, "unavailable_reason": "missing_key" },
    ] });
    insta::assert_snapshot!(models::screen(&answer));
}

#[test]
fn ceilings_stand_beside_what_is_spent() {
    let answer = json!({
        "user_micros": 50_000_000, "period": "month", "resets_at": "2026-12-01T00:00:00.000Z",
        "spent": { "user_micros": 1_234_567 },
    });
    insta::assert_snapshot!(limits::screen(&answer));
}

#[test]
fn usage_is_summed_up_and_says_what_has_no_price() {
    let tally = |calls: u64, unpriced: u64, cost: u64| {
        json!({ "calls": calls, "unpriced_calls": unpriced, "input_tokens": 10, "output_tokens": 20,
            "cache_read_tokens": 3, "cache_write_tokens": 4, "reasoning_tokens": 5, "cost_micros": cost })
    };
    let mut day = tally(2, 1, 70);
    day["day"] = json!("2026-11-21");
    let answer = json!({ "usage": [day], "total": tally(2, 1, 70) });
    insta::assert_snapshot!(usage::screen(&answer));
}
