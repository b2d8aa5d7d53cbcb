//! Who sets a deployment up.

use serde_json::{Value, json as wire};

use crate::{
    program::{Ended, Program},
    world::World,
};

const KEY: &str = "sk-not-to-be-seen";

async fn ran(world: &World, args: &[&str]) -> Ended {
    Program::start(world.data(), args).ends().await
}

async fn json(world: &World, args: &[&str]) -> Value {
    let ended = ran(world, &[args, &["--json"]].concat()).await;
    assert_eq!((ended.code, ended.notices.as_str()), (Some(0), ""), "{args:?}");
    serde_json::from_str(&ended.printed).unwrap()
}

/// Adds a provider whose key comes from standard input; returns its id.
async fn added(world: &World) -> String {
    let add = ["providers", "add", "--type", "openai-compat", "--name", "mine", "--key-stdin", "--json"];
    let at = ["--base-url", "http://127.0.0.1:9/v1"];
    let ended =
        Program::reading(world.data(), &[&add[..], &at].concat(), &format!("{KEY}\n")).await.ends().await;
    assert_eq!((ended.code, ended.notices.as_str()), (Some(0), ""));
    assert!(!ended.printed.contains(KEY), "{}", ended.printed);
    let provider: Value = serde_json::from_str(&ended.printed).unwrap();
    assert_eq!(provider["has_key"], true);
    provider["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_provider_is_added_changed_checked_and_removed_and_its_key_is_never_shown() {
    let world = World::start().await;
    let id = added(&world).await;
    let changed = json(&world, &["providers", "set", &id, "--name", "ours", "--no-key"]).await;
    assert_eq!((changed["name"].as_str(), changed["has_key"].as_bool()), (Some("ours"), Some(false)));
    let listed = ran(&world, &["providers"]).await;
    assert!(listed.printed.contains(&id) && listed.printed.contains("http://127.0.0.1:9/v1"), "{listed:?}");
    let checked = ran(&world, &["providers", "check", &id]).await;
    assert_eq!(checked.code, Some(1));
    assert!(checked.printed.contains("the provider has no model yet"), "{checked:?}");
    let removed = ran(&world, &["providers", "remove", &id]).await;
    assert_eq!((removed.code, removed.printed.as_str()), (Some(0), ""));
    let again = ran(&world, &["providers", "remove", &id]).await;
    assert_eq!(
        (again.code, again.notices.as_str()),
        (Some(1), "error: there is no such provider (not_found)\n")
    );
    world.end().await;
}

#[tokio::test]
async fn a_model_is_added_made_the_default_switched_off_and_removed() {
    let world = World::start().await;
    let provider = added(&world).await;
    let add = ["models", "add", "--provider", &provider, "--model", "llama", "--context-limit", "8000"];
    let model = json(&world, &[&add[..], &["--default"]].concat()).await;
    let id = model["id"].as_str().unwrap();
    assert_eq!(model["is_default"], true);
    let off = json(&world, &["models", "set", id, "--enabled", "false"]).await;
    assert_eq!(off["unavailable_reason"], "model_disabled");
    let listed = ran(&world, &["models"]).await;
    assert!(listed.printed.lines().any(|line| line.starts_with(id) && line.contains("model_disabled")));
    let wrong = ["models", "set", id, "--context-limit", "0", "--compaction-threshold", "200"];
    let refused = ran(&world, &wrong).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.notices.contains("context_limit") && refused.notices.contains("compaction_threshold"));
    assert_eq!(ran(&world, &["models", "remove", id]).await.code, Some(0));
    world.end().await;
}

#[tokio::test]
async fn a_tool_server_is_added_asked_again_changed_and_removed_and_its_key_is_never_shown() {
    let world = World::start().await;
    let add = ["mcp-servers", "add", "--slug", "wiki", "--address", "http://127.0.0.1:9/mcp", "--json"];
    let more = ["--for", "default-on", "--deny", "drop", "--key-stdin", "--header", "X-Api-Key"];
    let ended =
        Program::reading(world.data(), &[&add[..], &more].concat(), &format!("{KEY}\n")).await.ends().await;
    assert_eq!((ended.code, ended.notices.as_str()), (Some(0), ""));
    assert!(!ended.printed.contains(KEY), "{}", ended.printed);
    let server: Value = serde_json::from_str(&ended.printed).unwrap();
    let id = server["id"].as_str().unwrap();
    assert_eq!(server["auth"], wire!({ "type": "key", "header": "X-Api-Key", "has_key": true }));
    assert_eq!((&server["availability"], &server["tool_deny"]), (&wire!("default_on"), &wire!(["drop"])));
    assert_eq!(json(&world, &["mcp-servers", "refresh", id]).await["id"], id);
    let set = ["mcp-servers", "set", id, "--no-deny", "--no-key", "--plan", "true", "--enabled", "false"];
    let changed = json(&world, &set).await;
    assert_eq!((&changed["tool_deny"], &changed["auth"]), (&wire!([]), &wire!({ "type": "none" })));
    assert_eq!((&changed["allow_in_plan_mode"], &changed["slug"]), (&wire!(true), &wire!("wiki")));
    let listed = ran(&world, &["mcp-servers"]).await;
    assert!(listed.printed.lines().any(|line| line.starts_with(id) && line.contains("off")), "{listed:?}");
    let wrong = ran(&world, &["mcp-servers", "set", id, "--header", "X-Api-Key"]).await;
    let said = "error: --header shows a key, and there is none: give it with --key-stdin\n";
    assert_eq!((wrong.code, wrong.notices.as_str()), (Some(1), said));
    assert_eq!(ran(&world, &["mcp-servers", "remove", id]).await.code, Some(0));
    let again = ran(&world, &["mcp-servers", "remove", id]).await;
    let said = "error: there is no such tool server (not_found)\n";
    assert_eq!((again.code, again.notices.as_str()), (Some(1), said));
    world.end().await;
}

#[tokio::test]
async fn ceilings_are_set_in_dollars_and_what_is_not_said_stays() {
    let world = World::start().await;
    assert_eq!(json(&world, &["limits", "set", "--user", "50", "--period", "week"]).await["period"], "week");
    let limits = json(&world, &["limits", "set", "--chat", "0.25"]).await;
    assert_eq!((&limits["user_micros"], &limits["chat_micros"]), (&50_000_000.into(), &250_000.into()));
    let limits = json(&world, &["limits", "set", "--user", "none"]).await;
    assert_eq!((&limits["user_micros"], &limits["period"]), (&Value::Null, &"week".into()));
    let wrong = ran(&world, &["limits", "set", "--org", "much"]).await;
    let said = "error: much is no amount: dollars such as 50 or 0.25, or none\n";
    assert_eq!((wrong.code, wrong.notices.as_str()), (Some(1), said));
    world.end().await;
}

#[tokio::test]
async fn what_was_used_is_summed_up() {
    let world = World::start().await;
    assert_eq!(ran(&world, &["chat", "/say hello"]).await.code, Some(0));
    let usage = json(&world, &["usage", "--by", "model,day"]).await;
    assert!(usage["total"]["calls"].as_u64().unwrap() >= 1, "{usage}");
    let shown = ran(&world, &["usage"]).await;
    assert!(shown.printed.contains("have no price") || shown.printed.contains("has no price"), "{shown:?}");
    let wrong = ran(&world, &["usage", "--from", "yesterday"]).await;
    assert!(wrong.code == Some(1) && wrong.notices.contains("from: must be a date"), "{wrong:?}");
    world.end().await;
}

#[tokio::test]
async fn settings_are_read_and_put() {
    let world = World::start().await;
    let set = ["settings", "set", "plan-instructions", r#"{"plan_instructions": "Be brief."}"#];
    assert_eq!(json(&world, &set).await["plan_instructions"], "Be brief.");
    let mine =
        Program::reading(world.data(), &["settings", "set", "me/prompt", "-"], r#"{"prompt": "Short."}"#);
    assert_eq!(mine.await.ends().await.code, Some(0));
    assert_eq!(json(&world, &["settings", "get", "me/prompt"]).await["prompt"], "Short.");
    let all = json(&world, &["settings"]).await;
    assert_eq!(all["plan-instructions"]["plan_instructions"], "Be brief.");
    assert_eq!(all.as_object().unwrap().len(), 8);
    let wrong = ran(&world, &["settings", "set", "retention", "30"]).await;
    assert!(wrong.code == Some(1) && wrong.notices.contains("invalid_request"), "{wrong:?}");
    let wrong = ran(&world, &["settings", "set", "retention", "{"]).await;
    assert!(wrong.notices.starts_with("error: the setting is not JSON: "), "{wrong:?}");
    world.end().await;
}
