//! The socket front's limits, and posts to its connections.

use std::time::Duration;

use aws_sdk_apigatewaymanagement::{error::ProvideErrorMetadata, primitives::Blob};
use edge::FunctionError;
use futures::{SinkExt, StreamExt};
use local::Functions;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::world::{Act, Client, World};

async fn post(world: &World, connection: &str, body: impl Into<Vec<u8>>) -> Result<(), String> {
    let post = world.posts().post_to_connection().connection_id(connection).data(Blob::new(body));
    let sent = post.send().await.map(drop);
    sent.map_err(|error| error.into_service_error().code().unwrap_or_default().to_owned())
}

async fn close_code(client: &mut Client) -> u16 {
    loop {
        if let Message::Close(frame) = client.next().await.unwrap().unwrap() {
            return frame.unwrap().code.into();
        }
    }
}

#[tokio::test]
async fn what_is_posted_arrives_in_order() {
    let world = World::new().await;
    let (mut client, id) = world.connect().await;
    for number in 0..100 {
        post(&world, &id, number.to_string()).await.unwrap();
    }
    for number in 0..100 {
        assert_eq!(client.next().await.unwrap().unwrap().into_text().unwrap().as_str(), number.to_string());
    }
    assert_eq!(world.stack.meter().reset().socket_messages, 100);
    world.stack.stop().await;
}

#[tokio::test]
async fn posts_to_the_gone_and_posts_too_large_are_refused() {
    let world = World::new().await;
    let (mut client, id) = world.connect().await;
    assert_eq!(post(&world, &id, vec![b'x'; 128 * 1024 + 1]).await, Err("PayloadTooLargeException".into()));
    client.close(None).await.unwrap();
    world.heard("Socket").await;
    assert_eq!(post(&world, &id, "late").await, Err("GoneException".into()));
    assert_eq!(post(&world, "never", "lost").await, Err("GoneException".into()));
    world.stack.stop().await;
}

#[tokio::test]
async fn a_connection_can_be_closed_by_its_functions() {
    let world = World::new().await;
    let (mut client, id) = world.connect().await;
    let about = world.posts().get_connection().connection_id(&id).send().await.unwrap();
    assert_eq!(about.identity().unwrap().source_ip(), Some("127.0.0.1"));
    world.posts().delete_connection().connection_id(&id).send().await.unwrap();
    assert_eq!(close_code(&mut client).await, 1000);
    world.stack.stop().await;
}

#[tokio::test]
async fn a_refused_connect_ends_the_handshake_with_its_status() {
    let refuses: Act = |_| Ok(json!({"statusCode": 401}));
    let world = World::acting(&[("Socket", refuses)]).await;
    let refused = tokio_tungstenite::connect_async(&world.stack.socket_url).await;
    let Err(Error::Http(response)) = refused else { panic!("{refused:?}") };
    assert_eq!(response.status(), 401);
    world.stack.stop().await;
}

#[tokio::test]
async fn a_policy_that_denies_forbids_the_handshake() {
    let denies: Act = |_| Ok(json!({"policyDocument": {"Statement": [{"Effect": "Deny"}]}}));
    let world = World::acting(&[("Authorize", denies)]).await;
    let refused = tokio_tungstenite::connect_async(&world.stack.socket_url).await;
    let Err(Error::Http(response)) = refused else { panic!("{refused:?}") };
    assert_eq!(response.status(), 403);
    world.stack.stop().await;
}

#[tokio::test]
async fn frames_too_large_and_binary_ones_close_the_socket() {
    let world = World::new().await;
    for (message, code) in [
        (Message::text("x".repeat(33 * 1024)), 1009),
        (Message::text("x".repeat(129 * 1024)), 1009),
        (Message::binary(vec![1]), 1003),
    ] {
        let (mut client, _) = world.connect().await;
        client.send(message).await.unwrap();
        assert_eq!(close_code(&mut client).await, code);
        assert_eq!(world.heard("Socket").await["requestContext"]["disconnectStatusCode"], code);
    }
    world.stack.stop().await;
}

#[tokio::test]
async fn an_idle_socket_and_an_old_one_are_closed() {
    for is_idle in [true, false] {
        let short = Duration::from_millis(50);
        let limit = |options: &mut local::Options| {
            *if is_idle { &mut options.sockets.idle } else { &mut options.sockets.lifetime } = short;
        };
        let world = World::with(limit, Functions::new()).await;
        let (mut client, _) = world.connect().await;
        assert_eq!(close_code(&mut client).await, 1001);
        world.stack.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_a_function_fails_on_is_answered() {
    let fails: Act = |event| match event["requestContext"]["eventType"].as_str() {
        Some("MESSAGE") => Err(FunctionError { error_type: "Broken", message: "secret".into() }),
        Some(_) | None => Ok(json!({"statusCode": 200})),
    };
    let world = World::acting(&[("Socket", fails)]).await;
    let (mut client, id) = world.connect().await;
    client.send("not JSON".into()).await.unwrap();
    let answer: Value =
        serde_json::from_str(client.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
    assert_eq!((&answer["message"], &answer["connectionId"]), (&json!("Internal server error"), &json!(id)));
    world.stack.stop().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off() {
    let world = World::new().await;
    let (client, id) = world.connect().await;
    let mut posted_bytes = 0;
    while post(&world, &id, vec![b'x'; 100 * 1024]).await.is_ok() {
        posted_bytes += 100 * 1024;
        assert!(posted_bytes < 64 * 1024 * 1024, "nothing bounds what waits for a reader");
    }
    assert_eq!(world.heard("Socket").await["requestContext"]["disconnectStatusCode"], 1008);
    assert_eq!(post(&world, &id, "more").await, Err("GoneException".into()));
    drop(client);
    world.stack.stop().await;
}

#[tokio::test]
async fn a_stopping_stack_says_so() {
    let world = World::new().await;
    let (mut client, _) = world.connect().await;
    let (code, ()) = tokio::join!(close_code(&mut client), world.stack.stop());
    assert_eq!(code, 1001);
}
