//! The events, whole.

use insta::assert_json_snapshot;
use reqwest::Client;

use crate::world::World;

#[tokio::test]
async fn a_request_reaches_the_authorizer_and_then_its_function() {
    let world = World::new().await;
    let request = Client::new().patch(world.url("/v1/chats/a%20b?label=x&label=y%3Az"));
    let request = request.header("authorization", "Bearer t").header("cookie", "a=1; b=2");
    let reply =
        request.header("content-type", "application/json").body(r#"{"title":"t"}"#).send().await.unwrap();
    assert_eq!(reply.text().await.unwrap(), r#"{"title":"t"}"#);
    for function in ["Authorize", "Chats"] {
        assert_json_snapshot!(function, world.heard(function).await, {
            ".headers.host" => "[host]",
            ".requestContext.domainName" => "[host]",
            ".requestContext.requestId" => "[id]",
            ".requestContext.time" => "[time]",
            ".requestContext.timeEpoch" => "[time]",
        });
    }
    world.stack.stop().await;
}

#[tokio::test]
async fn a_wake_reaches_its_function() {
    let world = World::new().await;
    let number = aws_sdk_sqs::types::MessageAttributeValue::builder().data_type("Number").string_value("7");
    let send = world.sqs().send_message().queue_url(world.queue(2)).message_body("wake");
    let send = send.message_group_id("ada").message_attributes("n", number.build().unwrap());
    send.send().await.unwrap();
    assert_json_snapshot!(world.heard("Step").await, {
        ".Records[].messageId" => "[id]",
        ".Records[].receiptHandle" => "[receipt]",
        ".Records[].attributes.SentTimestamp" => "[time]",
        ".Records[].attributes.ApproximateFirstReceiveTimestamp" => "[time]",
    });
    world.stack.stop().await;
}

#[tokio::test]
async fn a_socket_tells_its_whole_life() {
    let world = World::new().await;
    let url = format!("{}?ticket=t", world.stack.socket_url);
    let (mut client, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    socket_event("authorize", &world.heard("Authorize").await);
    socket_event("connect", &world.heard("Socket").await);
    futures::SinkExt::send(&mut client, r#"{"action":"ping"}"#.into()).await.unwrap();
    socket_event("message", &world.heard("Socket").await);
    client.close(None).await.unwrap();
    socket_event("disconnect", &world.heard("Socket").await);
    world.stack.stop().await;
}

fn socket_event(name: &str, event: &serde_json::Value) {
    assert_json_snapshot!(name, event, {
        ".headers.host" => "[host]",
        ".headers.Host" => "[host]",
        ".headers[\"sec-websocket-key\"]" => "[key]",
        ".multiValueHeaders.host" => "[host]",
        ".multiValueHeaders.Host" => "[host]",
        ".multiValueHeaders[\"sec-websocket-key\"]" => "[key]",
        ".requestContext.connectedAt" => "[time]",
        ".requestContext.connectionId" => "[id]",
        ".requestContext.domainName" => "[host]",
        ".requestContext.extendedRequestId" => "[id]",
        ".requestContext.messageId" => "[id]",
        ".requestContext.requestId" => "[id]",
        ".requestContext.requestTime" => "[time]",
        ".requestContext.requestTimeEpoch" => "[time]",
    });
}
