//! What the SDK is made to send, and what its answers mean.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        behavior_version::BehaviorVersion,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use aws_types::{SdkConfig, region::Region};
use bus::{Machines, Sockets, Wakes, delivery, machines};
use chat::{
    account::{Account, Note, keep},
    id::{ChatId, ConnectionId, UserId, WorkspaceId},
    port::{HoldWake as _, SendMachines as _, SendWakes as _, TellError, TellSockets as _},
    time::Timestamp,
    wake::{Due, Reason, Wake},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Answers every request with one status, and keeps what was asked.
#[derive(Clone, Debug)]
struct Gateway {
    status: u16,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Gateway {
    fn answering(status: u16) -> Self {
        Self { status, asked: Arc::default() }
    }

    fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("key", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(SharedHttpClient::new(self.clone()))
            .build()
    }

    fn last(&self) -> (String, Value) {
        let (uri, body) = self.asked.lock().unwrap().last().cloned().unwrap();
        (uri, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }
}

impl HttpClient for Gateway {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Gateway {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
        self.asked.lock().unwrap().push((request.uri().to_owned(), body));
        let status = StatusCode::try_from(self.status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from("{}"))))
    }
}

fn wakes(gateway: &Gateway) -> Wakes {
    let urls = (0..4).map(|shard| format!("https://sqs.example/1/wake-{shard}")).collect();
    Wakes::connect(&gateway.config(), urls)
}

fn due(delay_ms: u64) -> Due {
    Due { reason: Reason::Retry, delay_ms, group: UserId(Uuid::from_u128(7)) }
}

#[tokio::test]
async fn a_wake_goes_to_its_chats_queue_in_its_owners_group() {
    let gateway = Gateway::answering(200);
    wakes(&gateway).send(ChatId(Uuid::from_u128(6)), due(1_001)).await.unwrap();
    let sent = gateway.last().1;
    assert_eq!(
        sent,
        json!({
            "QueueUrl": "https://sqs.example/1/wake-2",
            "MessageBody": r#"{"v":1,"chat_id":"00000000-0000-0000-0000-000000000006","reason":"retry","delay_s":2}"#,
            "DelaySeconds": 2,
            "MessageGroupId": "00000000-0000-0000-0000-000000000007",
        })
    );
}

#[tokio::test]
async fn a_wake_carries_the_trace_of_who_sends_it() {
    let gateway = Gateway::answering(200);
    let account = Account::open(Duration::default);
    account.note(Note::Trace, "Root=1-2-3;Parent=4;Sampled=1");
    keep(account, async {
        wakes(&gateway).send(ChatId(Uuid::nil()), due(0)).await.unwrap();
    })
    .await;
    let header = json!({ "DataType": "String", "StringValue": "Root=1-2-3;Parent=4;Sampled=1" });
    assert_eq!(gateway.last().1["MessageSystemAttributes"], json!({ "AWSTraceHeader": header }));
}

#[tokio::test]
async fn delays_round_up_and_end_at_a_quarter_of_an_hour() {
    for (delay_ms, expect) in [(0, json!(null)), (1, json!(1)), (1_000, json!(1)), (9_000_000, json!(900))] {
        let gateway = Gateway::answering(200);
        wakes(&gateway).send(ChatId(Uuid::nil()), due(delay_ms)).await.unwrap();
        assert_eq!(gateway.last().1["DelaySeconds"], expect);
    }
}

#[tokio::test]
async fn a_delivered_wake_is_held_by_its_handle() {
    let gateway = Gateway::answering(200);
    let chat_id = ChatId(Uuid::from_u128(1));
    let body = serde_json::to_string(&Wake::new(chat_id, Reason::Step)).unwrap();
    let deliveries = delivery::read(event(&body)).unwrap();
    assert_eq!(deliveries[0].wake, Ok(Wake::new(chat_id, Reason::Step)));
    wakes(&gateway).hold(&deliveries[0]).unwrap().hold(30_000).await.unwrap();
    let url = "https://sqs.example/1/wake-1";
    let held = json!({ "QueueUrl": url, "ReceiptHandle": "handle", "VisibilityTimeout": 30 });
    assert_eq!(gateway.last().1, held);
}

#[test]
fn unknown_wakes_are_told_from_known_ones() {
    for body in ["", "{}", r#"{"v":2,"chat_id":"00000000-0000-0000-0000-000000000006","reason":"step"}"#] {
        assert!(delivery::read(event(body)).unwrap()[0].wake.is_err());
    }
}

#[test]
fn only_named_deliveries_are_made_again() {
    let reply = delivery::again(["m1".to_owned()]).unwrap();
    assert_eq!(reply, json!({ "batchItemFailures": [{ "itemIdentifier": "m1" }] }));
}

#[tokio::test]
async fn a_machine_that_is_asked_for_is_delivered() {
    let gateway = Gateway::answering(200);
    let (id, url) = (WorkspaceId(Uuid::from_u128(6)), "https://sqs.example/1/machines");
    Machines::connect(&gateway.config(), url).provision(id).await.unwrap();
    let sent = gateway.last().1;
    let body = r#"{"v":1,"workspace_id":"00000000-0000-0000-0000-000000000006"}"#;
    assert_eq!(sent, json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": id.to_string() }));
    let delivery = machines::read(event(body)).unwrap().remove(0);
    assert_eq!((delivery.workspace_id, delivery.receive_count), (Ok(id), Some(1)));
    for body in ["", "{}", r#"{"v":2,"workspace_id":"00000000-0000-0000-0000-000000000006"}"#] {
        assert!(machines::read(event(body)).unwrap()[0].workspace_id.is_err());
    }
}

#[tokio::test]
async fn frames_are_posted_to_the_stage() {
    let gateway = Gateway::answering(200);
    let sockets = Sockets::connect(&gateway.config(), "https://api.example/socket");
    sockets.tell(&ConnectionId("c=1".into()), "[1]").await.unwrap();
    assert_eq!(gateway.last(), ("https://api.example/socket/@connections/c%3D1".to_owned(), json!([1])));
}

#[tokio::test]
async fn a_closed_socket_is_gone_and_all_else_may_come_back() {
    for (status, gone) in [(410, true), (403, false), (413, false), (429, false), (500, false)] {
        let gateway = Gateway::answering(status);
        let sockets = Sockets::connect(&gateway.config(), "https://api.example/socket");
        let told = sockets.tell(&ConnectionId("c".into()), "[]").await;
        assert_eq!(matches!(told, Err(TellError::Gone)), gone, "{status}");
        assert!(told.is_err());
    }
}

fn event(body: &str) -> Value {
    json!({ "Records": [{
        "messageId": "m1",
        "receiptHandle": "handle",
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "0" },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:1:wake-1",
        "awsRegion": "eu-central-1",
    }] })
}

#[test]
fn a_wakes_age_is_what_it_waited_beyond_its_delay() {
    let wake = Wake { delay_s: 2, ..Wake::new(ChatId(Uuid::nil()), Reason::Retry) };
    let mut event = event(&serde_json::to_string(&wake).unwrap());
    event["Records"][0]["attributes"]["SentTimestamp"] = "5000".into();
    let delivery = delivery::read(event).unwrap().remove(0);
    for (now, age) in [(6_000, 0), (7_000, 0), (7_250, 250)] {
        assert_eq!(delivery.age_ms(Timestamp(now)), Some(age), "{now}");
    }
}

#[test]
fn only_a_first_delivery_has_an_age() {
    let wake = serde_json::to_string(&Wake::new(ChatId(Uuid::nil()), Reason::Retry)).unwrap();
    for (count, age) in [("1", Some(9_000)), ("2", None), ("17", None), ("often", None)] {
        let mut event = event(&wake);
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = count.into();
        let delivery = delivery::read(event).unwrap().remove(0);
        assert_eq!(delivery.age_ms(Timestamp(9_000)), age, "{count}");
    }
}
