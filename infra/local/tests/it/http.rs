//! The HTTP front's limits and refusals.

use edge::{Function, FunctionError};
use local::Functions;
use reqwest::{Client, Response};
use serde_json::json;

use crate::world::{Act, World};

async fn said(response: Response) -> (u16, String) {
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn post(world: &World, path: &str, body: Vec<u8>) -> (u16, String) {
    said(Client::new().post(world.url(path)).body(body).send().await.unwrap()).await
}

#[tokio::test]
async fn the_gateway_refuses_in_its_own_words() {
    let world = World::new().await;
    let refused = |status, message| (status, format!(r#"{{"message":"{message}"}}"#));
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    assert_eq!(post(&world, "/v1/chats", large).await, refused(413, "Request Entity Too Large"));
    let request = Client::new().get(world.url("/v1/health")).header("x-long", "x".repeat(10_240));
    let response = said(request.send().await.unwrap()).await;
    assert_eq!(response, refused(431, "Request Header Fields Too Large"));
    world.stack.stop().await;
}

#[tokio::test]
async fn a_failing_function_is_an_internal_error_and_harms_nobody_else() {
    let fails: Act = |_| Err(FunctionError { error_type: "Broken", message: "secret".into() });
    let panics: Act = |_| panic!("on purpose");
    let world = World::acting(&[("Chats", fails), ("Messages", panics)]).await;
    let failed = (500, r#"{"message":"Internal Server Error"}"#.to_owned());
    assert_eq!(post(&world, "/v1/chats", vec![]).await, failed);
    assert_eq!(post(&world, "/v1/chats/a/clear", vec![]).await, failed);
    assert_eq!(post(&world, "/v1/chats", vec![]).await, failed);
    let usage = world.stack.meter().snapshot();
    assert_eq!((usage.functions["Chats"].invocations, usage.functions["Chats"].failures), (2, 2));
    assert_eq!(usage.functions["Messages"].failures, 1);
    assert_eq!(usage.http_requests, 3);
    world.stack.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_function_beyond_its_time_is_unavailable() {
    let never = Function::new(|_, _| std::future::pending());
    let world = World::with(|_| {}, Functions::from([("Chats", never)])).await;
    let response = post(&world, "/v1/chats", vec![]).await;
    assert_eq!(response, (503, r#"{"message":"Service Unavailable"}"#.to_owned()));
    world.stack.stop().await;
}

#[tokio::test]
async fn a_stranger_is_refused_where_the_authorizer_says_so() {
    let denies: Act = |_| Ok(json!({"isAuthorized": false}));
    let world = World::acting(&[("Authorize", denies)]).await;
    assert_eq!(post(&world, "/v1/chats", vec![]).await, (403, r#"{"message":"Forbidden"}"#.to_owned()));
    let health = Client::new().get(world.url("/v1/health")).send().await.unwrap();
    assert_eq!(health.status(), 200);
    world.stack.stop().await;
}

#[tokio::test]
async fn replies_carry_status_headers_cookies_and_bytes() {
    let replies: Act = |_| {
        Ok(json!({
            "statusCode": 201, "headers": {"x-one": "1"}, "cookies": ["a=1", "b=2"],
            "body": "AP8=", "isBase64Encoded": true,
        }))
    };
    let world = World::acting(&[("Chats", replies)]).await;
    let response = Client::new().post(world.url("/v1/chats")).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-one"], "1");
    assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(response.bytes().await.unwrap().as_ref(), [0, 255]);
    world.stack.stop().await;
}

#[tokio::test]
async fn bytes_and_forms_arrive_in_base64() {
    let world = World::new().await;
    let request =
        Client::new().post(world.url("/v1/chats")).header("content-type", "application/octet-stream");
    request.body(vec![0, 255]).send().await.unwrap();
    let event = world.heard("Chats").await;
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("AP8="), &json!(true)));
    world.stack.stop().await;
}
