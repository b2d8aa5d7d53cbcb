//! Who may come in.

use chat::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, Socket, World};

const ROUTES: [(Method, &str); 20] = [
    (Method::POST, "/chats"),
    (Method::GET, "/chats"),
    (Method::GET, "/chats/{chat}"),
    (Method::PATCH, "/chats/{chat}"),
    (Method::DELETE, "/chats/{chat}"),
    (Method::POST, "/chats/{chat}/reconcile"),
    (Method::POST, "/chats/{chat}/fork"),
    (Method::POST, "/chats/{chat}/read"),
    (Method::GET, "/chats/{chat}/messages"),
    (Method::POST, "/chats/{chat}/messages"),
    (Method::PATCH, "/chats/{chat}/messages/1"),
    (Method::PATCH, "/chats/{chat}/queue/1"),
    (Method::DELETE, "/chats/{chat}/queue/1"),
    (Method::POST, "/chats/{chat}/queue/1/promote"),
    (Method::POST, "/chats/{chat}/tool-results"),
    (Method::POST, "/chats/{chat}/interrupt"),
    (Method::POST, "/chats/{chat}/clear"),
    (Method::GET, "/runs"),
    (Method::POST, "/runs/{chat}/kill"),
    (Method::POST, "/socket-tickets"),
];

#[tokio::test]
async fn every_route_wants_a_token() {
    let world = World::start().await;
    let id = world.api.idle().await.to_string();
    let expected = json!({"code": "unauthorized", "message": "a valid bearer token is required"});
    for (method, path) in ROUTES {
        let path = path.replace("{chat}", &id);
        let reply = Reply::to(world.api.bare(method.clone(), &path)).await;
        assert_eq!(reply.json(401), expected, "{method} {path}");
    }
    let token = world.api.token();
    let wrong = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic dXNlcjpwdw==",
        token,
        &format!("Bearer {token}x"),
        &format!("Bearer {token} x"),
    ];
    for authorization in wrong {
        let request = world.api.bare(Method::GET, "/chats").header("authorization", authorization);
        assert_eq!(Reply::to(request).await.json(401), expected);
    }
    assert_eq!(world.api.with_token("qs_wrong").get("/chats").await.refused(401), "unauthorized");
    assert_eq!(Reply::to(world.api.bare(Method::GET, "/health")).await.json(200), json!({"status": "ok"}));
}

#[tokio::test]
async fn strangers_get_no_socket() {
    let world = World::start().await;
    let (url, token) = (&world.socket_url, world.api.token());
    let refused = |headers: Vec<(&'static str, String)>, query: String| {
        let url = format!("{url}{query}");
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Socket::with_headers(&url, &headers).await.err()
        }
    };
    let status = Some(refusal(&world));
    assert_eq!(refused(vec![], String::new()).await, status);
    assert_eq!(refused(vec![("authorization", "Bearer wrong".into())], String::new()).await, status);
    assert_eq!(refused(vec![], "?ticket=wrong".into()).await, status);
    assert_eq!(refused(vec![], format!("?ticket={token}")).await, status, "a token is no ticket");
    assert_eq!(refused(vec![("authorization", format!("Bearer {token}"))], String::new()).await, None);
}

/// The status with which `$connect` is refused: the one that the integration answers (API Gateway Developer Guide, "Manage
/// connected users and client apps: $connect and $disconnect routes"). ministack closes before it accepts, which is a 403
/// whatever the function said.
fn refusal(world: &World) -> u16 {
    if world.is_on_ministack() { 403 } else { 401 }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_within_a_minute() {
    let world = World::start().await;
    let given: Value = world.api.act("/socket-tickets").await.json(201);
    let url = format!("{}?ticket={}", world.socket_url, given["ticket"].as_str().unwrap());
    let mut socket = Socket::with_headers(&url, &[]).await.unwrap();
    let now = time(&socket.ask(&json!({"action": "ping"})).await["at"]);
    let left_ms = time(&given["expires_at"]).since_ms(now);
    assert!((50_000..=60_000).contains(&left_ms), "{left_ms}");
    assert_eq!(Socket::with_headers(&url, &[]).await.err(), Some(refusal(&world)), "it is used up");
    let id = world.api.idle().await;
    socket.send(&json!({"action": "subscribe", "chat_id": id})).await;
    socket.hear("caught_up").await;
}

fn time(text: &Value) -> Timestamp {
    assert!(text.as_str().unwrap().ends_with('Z'), "{text}");
    serde_json::from_value(text.clone()).unwrap()
}
