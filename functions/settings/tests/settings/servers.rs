//! Tool servers: made, changed, listed, deleted; and their secrets, which nobody sees again.

use chat::{mcp::Grant, port::KeepGrants as _, time::Timestamp, wake::Errand};
use edge::config::BaseUrls;
use serde_json::{Value, json};

use crate::world::{Who, World, told};

const ALL: (&str, &str) = ("GET /v1/mcp-servers", "");
const MAKE: &str = "POST /v1/mcp-servers";
const ONE: &str = "PATCH /v1/mcp-servers/{server}";

fn body(slug: &str) -> Value {
    json!({"slug": slug, "url": "https://tools.example.com/mcp"})
}

async fn made(world: &World, body: Value) -> String {
    let made = world.ask(MAKE, "", body).await;
    made["body"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

#[tokio::test]
async fn a_server_is_made_asked_what_it_can_do_and_listed_without_its_secrets() {
    let world = World::new();
    let auth = json!({
        "type": "oauth2", "token_url": "https://id.example.com/token", "client_id": "us",
        "client_secret": "hush", "scopes": ["read"],
    });
    let mut said = body("wiki");
    said["auth"] = auth;
    let reply = world.ask(MAKE, "", said).await;
    insta::assert_json_snapshot!(reply);
    let stored = world.stored().await;
    assert_eq!(world.wakes.take_errands(), [Errand::Refresh(stored.servers[0].id)]);
    let listed = world.ask_as(Who::Admin, None, ALL, Value::Null).await;
    let shown = world.ask_as(Who::Member, None, ALL, Value::Null).await;
    insta::assert_json_snapshot!("servers_shown_to_members", shown["body"]);
    assert!(!format!("{listed}{shown}").contains("hush"));
    let sealed = stored.servers[0].sealed.clone().unwrap();
    assert!(String::from_utf8(sealed.0).unwrap().starts_with("Server"), "sealed for its server");
}

#[tokio::test]
async fn what_is_wrong_with_a_server_is_said_all_at_once() {
    let world = World::new();
    let auth = json!({"type": "headers", "headers": {"Host": "x", "a b": "y", "X-Ok": "\n"}});
    let wrong = json!({
        "slug": "A__b", "display_name": "\n", "url": "http://localhost/mcp", "auth": auth,
        "tool_allow": [""], "tool_deny": vec!["t"; 257],
    });
    let refused = world.ask(MAKE, "", wrong).await;
    insta::assert_json_snapshot!("wrong_servers", refused["body"]);
    assert_eq!(world.told(MAKE, "", json!({})).await, "400 invalid_request");
    for slug in ["", "-a", "a-", "a__b", "ä", &"a".repeat(25)] {
        assert_eq!(world.told(MAKE, "", body(slug)).await, "400 invalid_request", "{slug}");
    }
    for auth in [
        json!({"type": "key"}),
        json!({"type": "key", "key": "a b"}),
        json!({"type": "key", "key": "k", "header": "Mcp-Session-Id"}),
        json!({"type": "headers", "headers": {}}),
        json!({"type": "oauth2", "token_url": "http://10.0.0.1/t", "client_id": "a", "client_secret": "b"}),
        json!({"type": "oauth2", "token_url": "https://id.example.com/t", "client_id": "a"}),
        json!({"type": "magic"}),
    ] {
        let mut said = body("one");
        said["auth"] = auth.clone();
        assert_eq!(world.told(MAKE, "", said).await, "400 invalid_request", "{auth}");
    }
    assert_eq!(
        World::allowing(BaseUrls::Any).told(MAKE, "", json!({"slug": "a", "url": "http://localhost"})).await,
        "201 done"
    );
}

#[tokio::test]
async fn slugs_are_taken_once_and_there_are_as_many_servers_as_there_may_be() {
    let world = World::new();
    for number in 0..20 {
        made(&world, body(&format!("s{number}"))).await;
    }
    assert_eq!(world.told(MAKE, "", body("s0")).await, "409 slug_taken");
    assert_eq!(world.told(MAKE, "", body("more")).await, "422 too_many");
}

#[tokio::test]
async fn secrets_go_when_their_server_moves_and_what_was_learned_goes_when_it_is_reached_otherwise() {
    let world = World::new();
    let mut said = body("wiki");
    said["auth"] = json!({"type": "key", "key": "k"});
    let id = made(&world, said).await;
    let changed = world.ask(ONE, &id, json!({"display_name": " Wiki ", "tool_deny": ["drop"]})).await;
    let auth = json!({"type": "key", "header": null, "has_key": true});
    assert_eq!((&changed["body"]["display_name"], &changed["body"]["auth"]), (&json!("Wiki"), &auth));
    assert_eq!(world.stored().await.servers[0].edition, 1);
    let moved = world.ask(ONE, &id, json!({"url": "https://elsewhere.example.com"})).await;
    assert_eq!(moved["body"]["auth"]["has_key"], false);
    assert_eq!(world.stored().await.servers[0].edition, 2);
    let shown = json!({"auth": {"type": "key", "key": "k", "header": "X-Key"}});
    let shown = world.ask(ONE, &id, shown).await;
    assert_eq!(shown["body"]["auth"], json!({"type": "key", "header": "X-Key", "has_key": true}));
    assert_eq!(world.stored().await.servers[0].edition, 3);
    assert_eq!(world.told(ONE, &id, json!({"slug": "x y"})).await, "400 invalid_request");
}

#[tokio::test]
async fn a_server_is_asked_again_and_removed() {
    let world = World::new();
    let id = made(&world, body("wiki")).await;
    let refresh = "POST /v1/mcp-servers/{server}/refresh";
    assert_eq!(world.told(refresh, &id, Value::Null).await, "202 done");
    assert_eq!(world.wakes.take_errands().len(), 2);
    let (server, sealed) = (id.parse().unwrap(), chat::catalogue::Sealed("token".into()));
    let grant = Grant { edition: 1, revision: 1, sealed, expires_at: Timestamp(9) };
    world.memory.put_grant(server, &grant).await.unwrap();
    let remove = "DELETE /v1/mcp-servers/{server}";
    assert_eq!(world.told(remove, &id, Value::Null).await, "204 done");
    assert_eq!(world.memory.grant(server).await.unwrap(), None);
    for route in [remove, refresh] {
        assert_eq!(world.told(route, &id, Value::Null).await, "404 not_found");
    }
    assert_eq!(world.told(ONE, &id, json!({})).await, "404 not_found");
}

#[tokio::test]
async fn a_server_is_made_once_for_each_key() {
    let world = World::new();
    let first = world.ask_as(Who::Admin, Some("k"), (MAKE, ""), body("wiki")).await;
    let again = world.ask_as(Who::Admin, Some("k"), (MAKE, ""), body("wiki")).await;
    assert_eq!((told(&first), &first["body"]), ("201 done".to_owned(), &again["body"]));
}
