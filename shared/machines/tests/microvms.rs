//! What the SDK is made to send, and what its answers mean.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
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
use chat::id::WorkspaceId;
use machines::{Boot, MachineState, Microvms, Order, Provision as _, Trouble};
use serde_json::{Value, json};
use uuid::Uuid;

/// Answers every request alike, and keeps what was asked.
#[derive(Clone, Debug)]
struct Maker {
    answer: (u16, Value),
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Maker {
    fn answering(status: u16, body: Value) -> Self {
        Self { answer: (status, body), asked: Arc::default() }
    }

    fn machines(&self) -> Microvms {
        let credentials = Credentials::new("key", "secret", None, None, "test");
        Microvms::connect(
            &SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-west-1"))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .retry_config(RetryConfig::disabled())
                .http_client(SharedHttpClient::new(self.clone()))
                .build(),
        )
    }

    fn last(&self) -> (String, Value) {
        self.asked.lock().unwrap().last().cloned().unwrap()
    }
}

impl HttpClient for Maker {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Maker {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().split("amazonaws.com").last().unwrap_or_default();
        let asked = format!("{} {path}", request.method());
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        self.asked.lock().unwrap().push((asked, body));
        let (status, body) = &self.answer;
        let status = StatusCode::try_from(*status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body.to_string()))))
    }
}

fn machine(state: &str) -> Value {
    json!({
        "microvmId": "m-1", "state": state, "endpoint": "e", "imageArn": "i", "imageVersion": "1.0",
        "maximumDurationInSeconds": 28_800, "startedAt": 1_700_000_000,
    })
}

fn order() -> Order {
    Order {
        workspace_id: WorkspaceId(Uuid::from_u128(6)),
        instead_of: None,
        image: "arn:aws:lambda:eu-west-1:1:microvm-image:agent".into(),
        boot: Boot {
            url: "https://api.example".into(),
            enrolment: "qse_1".into(),
            parameters: BTreeMap::from([("size".to_owned(), "s".to_owned())]),
        },
    }
}

#[tokio::test]
async fn an_order_says_what_the_agent_must_know() {
    let maker = Maker::answering(200, machine("PENDING"));
    assert_eq!(maker.machines().run(&order()).await.unwrap(), "m-1");
    let (asked, body) = maker.last();
    assert_eq!(asked, "POST /2025-09-09/microvms");
    assert_eq!(
        body,
        json!({
            "imageIdentifier": "arn:aws:lambda:eu-west-1:1:microvm-image:agent",
            "egressNetworkConnectors":
                ["arn:aws:lambda:eu-west-1:aws:network-connector:aws-network-connector:INTERNET_EGRESS"],
            "maximumDurationInSeconds": 28_800,
            "runHookPayload":
                r#"{"url":"https://api.example","enrolment":"qse_1","parameters":{"size":"s"}}"#,
            "clientToken": "00000000-0000-0000-0000-000000000006.none",
        })
    );
    maker.machines().run(&Order { instead_of: Some("m-0".into()), ..order() }).await.unwrap();
    assert_eq!(maker.last().1["clientToken"], "00000000-0000-0000-0000-000000000006.m-0");
}

#[tokio::test]
async fn verbs_go_to_their_addresses() {
    let maker = Maker::answering(200, json!({}));
    let machines = maker.machines();
    machines.resume("m-1").await.unwrap();
    assert_eq!(maker.last().0, "POST /2025-09-09/microvms/m-1/resume");
    machines.suspend("m-1").await.unwrap();
    assert_eq!(maker.last().0, "POST /2025-09-09/microvms/m-1/suspend");
    machines.destroy("m-1").await.unwrap();
    assert_eq!(maker.last().0, "DELETE /2025-09-09/microvms/m-1");
}

#[tokio::test]
async fn states_are_told_apart() {
    for (said, state) in [
        ("PENDING", MachineState::Starting),
        ("RUNNING", MachineState::Running),
        ("SUSPENDING", MachineState::Stopping),
        ("SUSPENDED", MachineState::Stopped),
        ("TERMINATING", MachineState::Gone),
        ("TERMINATED", MachineState::Gone),
    ] {
        let maker = Maker::answering(200, machine(said));
        assert_eq!(maker.machines().look("m-1").await.unwrap(), state);
    }
    let unknown = Maker::answering(200, machine("DREAMING")).machines().look("m-1").await;
    assert!(matches!(unknown, Err(Trouble::Unavailable(_))));
}

#[tokio::test]
async fn failures_are_told_apart_by_what_they_mean() {
    for (status, code, expect) in [
        (402, "ServiceQuotaExceededException", "there is no room for another machine now"),
        (400, "ValidationException", "the machine's maker does not take the order: no"),
        (403, "AccessDeniedException", "the deployment may not make machines; tell its administrator"),
        (404, "ResourceNotFoundException", "the template's image is not there; tell the administrator"),
    ] {
        let maker = Maker::answering(status, json!({"__type": code, "message": "no"}));
        let refused = maker.machines().run(&order()).await;
        assert!(matches!(&refused, Err(Trouble::Refused(why)) if why == expect), "{refused:?}");
    }
    for (status, code) in [(500, "InternalServerException"), (429, "ThrottlingException")] {
        let maker = Maker::answering(status, json!({"__type": code, "message": "no"}));
        assert!(matches!(maker.machines().run(&order()).await, Err(Trouble::Unavailable(_))));
    }
}

#[tokio::test]
async fn a_machine_that_is_not_there_is_gone() {
    let missing = json!({"__type": "ResourceNotFoundException", "message": "no"});
    let machines = Maker::answering(404, missing).machines();
    assert_eq!(machines.look("m-1").await.unwrap(), MachineState::Gone);
    machines.destroy("m-1").await.unwrap();
    assert!(machines.resume("m-1").await.is_err());
}
