//! What servers are shown.

use chat::mcp::{Auth, ServerSecret};
use serde_json::json;

use crate::world::World;

async fn tools(world: &World) -> usize {
    world.refresh().await;
    world.listed().await.map_or(0, |listed| listed.tools.len())
}

#[tokio::test]
async fn a_key_is_a_bearer_token_or_a_header_of_its_own() {
    let world = World::new().await;
    let secret = ServerSecret { key: Some("k".into()), ..ServerSecret::default() };
    world.server.want("authorization", "Bearer k");
    assert_eq!(tools(&world).await, 0);
    world.shows(Auth::Key { header: None }, &secret).await;
    assert_eq!(tools(&world).await, 5);
    world.server.want("x-api-key", "k");
    world.shows(Auth::Key { header: Some("X-Api-Key".into()) }, &secret).await;
    world.refresh().await;
    assert_eq!(world.listed().await.unwrap().failure, None);
}

#[tokio::test]
async fn headers_are_sent_as_they_were_said() {
    let world = World::new().await;
    world.server.want("x-team", "one two");
    let headers = [("X-Team".to_owned(), "one two".to_owned())].into();
    world
        .shows(
            Auth::Headers { names: vec!["X-Team".into()] },
            &ServerSecret { headers, ..ServerSecret::default() },
        )
        .await;
    assert_eq!(tools(&world).await, 5);
}

fn oauth(world: &World, scopes: &[&str], has_refresh_token: bool) -> Auth {
    Auth::Oauth2 {
        token_url: world.server.token_url(),
        client_id: "us".into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        has_client_secret: true,
        has_refresh_token,
    }
}

#[tokio::test]
async fn a_token_is_had_by_the_clients_credentials_and_kept_until_it_ends() {
    let world = World::new().await;
    world.server.want_tokens(600);
    let secret = ServerSecret { client_secret: Some("s&".into()), ..ServerSecret::default() };
    world.shows(oauth(&world, &["read", "write"], false), &secret).await;
    assert_eq!(tools(&world).await, 5);
    world.called("kit__echo", json!({})).await;
    // `us:s%26`, in base64: both are encoded before they are joined.
    let first =
        json!({"basic": "Basic dXM6cyUyNg==", "body": "grant_type=client_credentials&scope=read+write"});
    assert_eq!(world.server.granted(), [first]);
    world.clock.advance_ms(600_000);
    world.called("kit__echo", json!({})).await;
    assert_eq!(world.server.granted().len(), 2);
    assert_eq!(world.server.called().len(), 2);
}

#[tokio::test]
async fn a_refresh_token_is_followed_by_the_one_that_comes_with_the_token() {
    let world = World::new().await;
    world.server.want_tokens(60);
    let secret = ServerSecret {
        client_secret: Some("s".into()),
        refresh_token: Some("first".into()),
        ..ServerSecret::default()
    };
    world.shows(oauth(&world, &[], true), &secret).await;
    assert_eq!(tools(&world).await, 5);
    world.called("kit__echo", json!({})).await;
    let asked_by: Vec<String> =
        world.server.granted().iter().map(|granted| granted["body"].as_str().unwrap().to_owned()).collect();
    let by = |token: &str| format!("grant_type=refresh_token&refresh_token={token}");
    assert_eq!(asked_by, [by("first"), by("refresh-1")]);
}

#[tokio::test]
async fn a_token_that_the_server_does_not_take_any_more_is_replaced() {
    let world = World::new().await;
    world.server.want_tokens(3_600);
    let secret = ServerSecret { client_secret: Some("s".into()), ..ServerSecret::default() };
    world.shows(oauth(&world, &[], false), &secret).await;
    assert_eq!(tools(&world).await, 5);
    world.server.forget_tokens();
    assert!(!world.called("kit__echo", json!({})).await.is_error);
    assert_eq!(world.server.granted().len(), 2);
}
