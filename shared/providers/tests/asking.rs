//! Keys of every source, against a provider that listens.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{
    io::{BufRead, BufReader, Read as _, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::{JoinHandle, spawn},
};

use aws_smithy_runtime_api::client::http::http_client_fn;
use chat::{
    catalogue::{Access, KeySource, Provider, ProviderKind, Sealed},
    failure::Kind,
    id::{ChatId, MessageId, UserId},
    model::{Api, Attachments, ModelConfig, ModelError, ModelEvent, ModelRequest},
    port::{AskModel as _, KeyOwner, SealSecrets as _},
    time::Timestamp,
};
use edge::{Config, Secret, config::BaseUrls, models::Provider as Preset};
use kit::{rehearsal::Rehearsal, secrets::Secrets, seed};
use providers::{Model, Role};
use serde_json::json;

const USER: UserId = seed::person().user_id;

async fn listening() -> Rehearsal {
    Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

fn preset(at: &Rehearsal, key: Option<&str>) -> Preset {
    Preset { kind: seed::provider().kind, base_url: at.url(), api_key: key.map(Secret::new) }
}

async fn sealed(owner: KeyOwner) -> Sealed {
    Secrets.seal(owner, "sk-1").await.unwrap()
}

fn request(provider: Provider, key: KeySource) -> ModelRequest {
    ModelRequest {
        model: Arc::new(seed::model()),
        access: Access { provider: Arc::new(provider), key },
        chat_id: ChatId(USER.0),
        system: Vec::new(),
        messages: vec![Arc::new(seed::said("/say hi\n/pace 0").placed(MessageId(1), Timestamp(0), 1))],
        attachments: Attachments::default(),
        tools: Vec::new(),
        effort: None,
    }
}

async fn asked(model: &Model<Secrets>, request: ModelRequest) -> Result<(), ModelError> {
    let mut answer = model.ask(request).await?;
    while let Some(event) = answer.next().await {
        if let ModelEvent::Finish { .. } = event? {
            return Ok(());
        }
    }
    panic!("the stream ended without its last event");
}

#[tokio::test]
async fn a_key_comes_from_the_environment_the_deployment_or_its_person() {
    let rehearsal = listening().await;
    let preset =
        Model::new(vec![preset(&rehearsal, Some("sk-env"))], Secrets, BaseUrls::Any, kit::tls::nobody());
    asked(&preset, request(seed::provider(), KeySource::Environment)).await.unwrap();
    let own = Provider { base_url: Some(rehearsal.url()), preset: false, ..seed::provider() };
    let model = Model::new(Vec::new(), Secrets, BaseUrls::Any, kit::tls::nobody());
    let central = KeySource::Central(sealed(KeyOwner::Deployment(seed::PROVIDER)).await);
    asked(&model, request(own.clone(), central)).await.unwrap();
    let of_person = sealed(KeyOwner::Person(USER, seed::PROVIDER)).await;
    asked(&model, request(own, KeySource::Own(USER, of_person))).await.unwrap();
    assert_eq!(rehearsal.requests().len(), 3);
}

#[tokio::test]
async fn who_has_no_key_is_told_which_is_missing() {
    let rehearsal = listening().await;
    let model = Model::new(vec![preset(&rehearsal, None)], Secrets, BaseUrls::Any, kit::tls::nobody());
    let error = asked(&model, request(seed::provider(), KeySource::Environment)).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (Kind::MissingKey, false));
    assert_eq!(error.message, "no API key is configured for rehearsal");
    // Sealed for somebody else.
    let stolen = sealed(KeyOwner::Deployment(seed::PROVIDER)).await;
    let error = asked(&model, request(seed::provider(), KeySource::Own(USER, stolen))).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (Kind::Auth, false));
    assert!(rehearsal.requests().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_inside_is_asked_only_where_the_deployment_allows_it() {
    let rehearsal = listening().await;
    let at = rehearsal.url().replace("127.0.0.1", "localhost");
    let own = Provider { base_url: Some(at), preset: false, ..seed::provider() };
    let central = KeySource::Central(sealed(KeyOwner::Deployment(seed::PROVIDER)).await);
    let model = |base_urls| Model::new(Vec::new(), Secrets, base_urls, kit::tls::nobody());
    let request = || request(own.clone(), central.clone());
    let error = asked(&model(BaseUrls::Public), request()).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (Kind::Config, false), "{error}");
    assert!(rehearsal.requests().is_empty());
    asked(&model(BaseUrls::Any), request()).await.unwrap();
    assert_eq!(rehearsal.requests().len(), 1);
}

/// A function's role, as Lambda gives it, in a deployment that lets Bedrock be asked by it or not.
fn role(by_role: &str) -> Option<Role> {
    let vars = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("BEDROCK_BY_ROLE", by_role),
        ("CHATS_TABLE", "chats"),
        ("DIRECTORY_TABLE", "directory"),
        ("SOCKET_ENDPOINT", "https://example.com/socket"),
        ("STACK", "stack"),
        ("WAKE_QUEUE_URLS", "https://q/0"),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Role::of(
        &Config::hosted(&vars, http_client_fn(|_, _| panic!("nothing of AWS is asked")), kit::tls::nobody())
            .unwrap(),
    )
}

/// A provider that hears one request and refuses it; it gives the request's head.
fn refusing() -> (String, JoinHandle<String>) {
    answering("403 Forbidden", "")
}

/// A provider that hears one request and answers it with this and no more; it gives the request's head.
fn answering(status: &str, body: &str) -> (String, JoinHandle<String>) {
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: text/event-stream\r\ncontent-length: "
    );
    let reply = format!("{head}{}\r\n\r\n{body}", body.len());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let hears = move || {
        let mut connection = BufReader::new(listener.accept().unwrap().0);
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            connection.read_line(&mut head).unwrap();
        }
        for line in head.lines() {
            length = line.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
        }
        connection.read_exact(&mut vec![0; length]).unwrap();
        connection.get_mut().write_all(reply.as_bytes()).unwrap();
        head
    };
    (url, spawn(hears))
}

fn of_bedrock(base_url: &str, key: KeySource) -> ModelRequest {
    let (kind, api) = (ProviderKind::Bedrock, Api::OpenaiResponses);
    let provider = Provider { kind, base_url: Some(base_url.to_owned()), preset: false, ..seed::provider() };
    let model = Arc::new(ModelConfig { kind, api, ..seed::model() });
    ModelRequest { model, ..request(provider, key) }
}

#[tokio::test]
async fn bedrock_is_asked_by_the_functions_role_where_the_deployment_lets_it_be() {
    let (url, head) = refusing();
    let model =
        |by_role| Model::new(Vec::new(), Secrets, BaseUrls::Any, kit::tls::nobody()).with_role(role(by_role));
    let error = asked(&model("false"), of_bedrock(&url, KeySource::Environment)).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (Kind::MissingKey, false));
    let error = asked(&model("true"), of_bedrock(&url, KeySource::Environment)).await.unwrap_err();
    assert_eq!((error.kind, error.status), (Kind::Auth, Some(403)));
    let head = head.join().unwrap();
    let scope = "/eu-central-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, ";
    for line in
        ["authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/", scope, "x-amz-security-token: token\r"]
    {
        assert!(head.contains(line), "{line} in {head}");
    }
}

#[tokio::test]
async fn what_bedrock_streams_to_a_signed_request_is_heard() {
    let events = [
        json!({"type": "response.output_text.delta", "output_index": 0, "delta": "hello"}),
        json!({"type": "response.output_item.done", "output_index": 0,
            "item": {"type": "message", "content": [{"type": "output_text", "text": "hello"}]}}),
        json!({"type": "response.completed", "response": {"status": "completed"}}),
    ];
    let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let (url, head) = answering("200 OK", &body);
    let model = Model::new(Vec::new(), Secrets, BaseUrls::Any, kit::tls::nobody()).with_role(role("true"));
    asked(&model, of_bedrock(&url, KeySource::Environment)).await.unwrap();
    let head = head.join().unwrap();
    assert!(head.contains("authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{head}");
    assert!(head.contains("x-amz-security-token: token\r"), "{head}");
    assert!(!head.contains("secret\r"), "the key itself is not sent");
}

#[tokio::test]
async fn credentials_that_have_expired_are_a_failure_of_auth() {
    for (status, why) in [
        ("403 Forbidden", "The security token included in the request is expired"),
        ("400 Bad Request", "The security token included in the request is expired"),
        ("403 Forbidden", "The security token included in the request is invalid."),
    ] {
        let (url, head) = answering(status, &json!({ "message": why }).to_string());
        let model =
            Model::new(Vec::new(), Secrets, BaseUrls::Any, kit::tls::nobody()).with_role(role("true"));
        let error = asked(&model, of_bedrock(&url, KeySource::Environment)).await.unwrap_err();
        head.join().unwrap();
        assert_eq!((error.kind, error.retryable), (Kind::Auth, false), "{status}: {error:?}");
        let failure = error.failure();
        assert!(failure.message.contains("did not accept"), "{failure:?}");
        assert_eq!(failure.detail.as_deref(), Some(why));
    }
}

#[tokio::test]
async fn a_key_goes_before_the_role() {
    let (url, head) = refusing();
    let central = KeySource::Central(sealed(KeyOwner::Deployment(seed::PROVIDER)).await);
    let model = Model::new(Vec::new(), Secrets, BaseUrls::Any, kit::tls::nobody()).with_role(role("true"));
    asked(&model, of_bedrock(&url, central)).await.unwrap_err();
    let head = head.join().unwrap();
    assert!(head.contains("authorization: Bearer sk-1\r") && !head.contains("x-amz-"), "{head}");
}
