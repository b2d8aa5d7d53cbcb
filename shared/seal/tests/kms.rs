//! Keys over a KMS that is not there: what is asked, how often, and what becomes of its refusals.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::HttpRequest,
        result::ConnectorError,
    },
    http::{Response, StatusCode},
};
use aws_smithy_types::body::SdkBody;
use aws_types::{SdkConfig, region::Region};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chat::{
    catalogue::Sealed,
    id::{ProviderId, UserId},
    port::{KeyOwner, OpenError, OpenSecrets as _, SealSecrets as _},
};
use kit::clock::ManualClock;
use seal::Keys;
use serde_json::{Value, json};
use uuid::Uuid;

const ARN: &str = "arn:aws:kms:eu-central-1:1:key/1";
const DEPLOYMENT: KeyOwner = KeyOwner::Deployment(ProviderId(Uuid::from_u128(1)));
const PERSON: KeyOwner = KeyOwner::Person(UserId(Uuid::from_u128(2)), ProviderId(Uuid::from_u128(1)));
const GENERATE: &str = "TrentService.GenerateDataKey";
const DECRYPT: &str = "TrentService.Decrypt";

/// What goes wrong with a request.
#[derive(Clone, Debug)]
enum Trouble {
    Answers(u16, Value),
    Away,
    Silent,
}

#[derive(Debug, Default)]
struct Inner {
    data_keys: HashMap<String, [u8; 32]>,
    troubles: VecDeque<Trouble>,
    asked: Vec<String>,
    signed: Vec<String>,
}

/// A KMS with one key. Clones are the same.
#[derive(Clone, Debug, Default)]
struct Kms(Arc<Mutex<Inner>>);

impl Kms {
    fn keys(&self) -> Keys {
        self.keys_of(ARN)
    }

    /// Another process that seals and opens.
    fn keys_of(&self, arn: &str) -> Keys {
        let connector = SharedHttpConnector::new(self.clone());
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test");
        let sdk = SdkConfig::builder()
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        Keys::connect(&sdk, arn, ManualClock::default())
    }

    fn meets(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.0.lock().unwrap().troubles.extend(troubles);
    }

    /// Returns what was asked since last asked.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    fn answer(&self, request: &HttpRequest) -> Result<(u16, Value), Trouble> {
        let mut inner = self.0.lock().unwrap();
        let header = |name| request.headers().get(name).unwrap().to_owned();
        let (target, body) = (header("x-amz-target"), request.body().bytes().unwrap());
        let body: Value = serde_json::from_slice(body).unwrap();
        inner.asked.push(target.clone());
        inner.signed.push(header("authorization"));
        match inner.troubles.pop_front() {
            Some(Trouble::Answers(status, answer)) => return Ok((status, answer)),
            Some(trouble @ (Trouble::Away | Trouble::Silent)) => return Err(trouble),
            None => {}
        }
        assert_eq!(
            (&body["EncryptionContext"], &body["KeyId"]),
            (&json!({"quickstep": "keys"}), &json!(ARN))
        );
        Ok(match target.as_str() {
            GENERATE => (200, generate(&mut inner)),
            DECRYPT => match inner.data_keys.get(body["CiphertextBlob"].as_str().unwrap()) {
                Some(plain) => (200, json!({ "Plaintext": STANDARD.encode(plain) })),
                None => refusal("InvalidCiphertextException"),
            },
            other => panic!("{other} is not allowed"),
        })
    }
}

fn generate(inner: &mut Inner) -> Value {
    let number = u8::try_from(inner.data_keys.len()).unwrap();
    let (plain, wrapped) = ([number; 32], STANDARD.encode([&b"wrapped"[..], &[number]].concat()));
    inner.data_keys.insert(wrapped.clone(), plain);
    json!({ "Plaintext": STANDARD.encode(plain), "CiphertextBlob": wrapped })
}

fn refusal(kind: &str) -> (u16, Value) {
    (400, json!({ "__type": kind, "message": "no" }))
}

fn refuses(kind: &str) -> Trouble {
    let (status, answer) = refusal(kind);
    Trouble::Answers(status, answer)
}

fn broken() -> Trouble {
    Trouble::Answers(500, json!({ "__type": "KMSInternalException" }))
}

impl HttpConnector for Kms {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.answer(&request) {
            Ok((status, answer)) => {
                let status = StatusCode::try_from(status).unwrap();
                HttpConnectorFuture::ready(Ok(Response::new(status, SdkBody::from(answer.to_string()))))
            }
            Err(Trouble::Silent) => HttpConnectorFuture::new(std::future::pending()),
            Err(Trouble::Away | Trouble::Answers(..)) => {
                HttpConnectorFuture::ready(Err(ConnectorError::io("nobody is there".into())))
            }
        }
    }
}

async fn sealed(kms: &Kms) -> Sealed {
    let sealed = kms.keys().seal(DEPLOYMENT, "sk-1").await.unwrap();
    kms.asked();
    sealed
}

#[tokio::test]
async fn what_one_process_seals_another_opens_and_each_asks_once() {
    let kms = Kms::default();
    let sealing = kms.keys();
    let one = sealing.seal(DEPLOYMENT, "sk-1").await.unwrap();
    let two = sealing.seal(PERSON, "sk-2").await.unwrap();
    assert_eq!(kms.asked(), [GENERATE]);
    let opening = kms.keys();
    assert_eq!(opening.open(DEPLOYMENT, &one).await.unwrap(), "sk-1");
    assert_eq!(opening.open(PERSON, &two).await.unwrap(), "sk-2");
    assert_eq!(kms.asked(), [DECRYPT]);
    assert!(!String::from_utf8_lossy(&one.0).contains("sk-1"));
}

#[tokio::test]
async fn requests_are_signed_for_kms_of_the_region() {
    let kms = Kms::default();
    sealed(&kms).await;
    let signed = kms.0.lock().unwrap().signed.pop().unwrap();
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
    assert!(signed.contains("/eu-central-1/kms/aws4_request"), "{signed}");
    assert!(signed.contains("x-amz-security-token") && signed.contains("x-amz-target"), "{signed}");
}

#[tokio::test]
async fn a_key_is_readable_for_its_owner_and_in_its_deployment_only() {
    let kms = Kms::default();
    let own = sealed(&kms).await;
    let opened = kms.keys().open(PERSON, &own).await;
    assert!(matches!(opened, Err(OpenError::Unreadable)), "{opened:?}");
    let opened = Kms::default().keys().open(DEPLOYMENT, &own).await;
    assert!(matches!(opened, Err(OpenError::Unreadable)), "{opened:?}");
    let opened = kms.keys().open(DEPLOYMENT, &Sealed(b"nonsense".to_vec())).await;
    assert!(matches!(opened, Err(OpenError::Unreadable)), "{opened:?}");
}

#[tokio::test]
async fn a_refusal_is_not_asked_for_again() {
    let kms = Kms::default();
    let own = sealed(&kms).await;
    for kind in ["AccessDeniedException", "com.amazonaws.kms#DisabledException"] {
        kms.meets([refuses(kind)]);
        let opened = kms.keys().open(DEPLOYMENT, &own).await;
        let Err(OpenError::Refused(inner)) = opened else { panic!("{opened:?}") };
        assert_eq!((inner.dependency, inner.reason), ("KMS", format!("400 {kind}: no")));
        assert_eq!(kms.asked(), [DECRYPT]);
    }
    kms.meets([refuses("IncorrectKeyException")]);
    let opened = kms.keys().open(DEPLOYMENT, &own).await;
    assert!(matches!(opened, Err(OpenError::Unreadable)), "{opened:?}");
}

#[tokio::test]
async fn what_may_pass_is_asked_for_three_times() {
    let kms = Kms::default();
    let own = sealed(&kms).await;
    let keys = kms.keys();
    kms.meets([broken(), Trouble::Away, refuses("ThrottlingException")]);
    let opened = keys.open(DEPLOYMENT, &own).await;
    assert!(matches!(opened, Err(OpenError::Unavailable(_))), "{opened:?}");
    assert_eq!(kms.asked(), [DECRYPT; 3]);
    kms.meets([refuses("ThrottlingException"), broken()]);
    assert_eq!(keys.open(DEPLOYMENT, &own).await.unwrap(), "sk-1");
    assert_eq!(kms.asked(), [DECRYPT; 3]);
    kms.meets([broken(), broken(), broken()]);
    assert_eq!(kms.keys().seal(DEPLOYMENT, "sk-2").await.unwrap_err().dependency, "KMS");
    assert_eq!(kms.asked(), [GENERATE; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_kms_is_given_up() {
    let kms = Kms::default();
    kms.meets([Trouble::Silent, Trouble::Silent, Trouble::Silent]);
    let began = tokio::time::Instant::now();
    kms.keys().seal(DEPLOYMENT, "sk-1").await.unwrap_err();
    assert_eq!((kms.asked().len(), began.elapsed().as_secs()), (3, 9));
}

#[tokio::test]
async fn an_answer_that_is_no_key_is_a_refusal() {
    let kms = Kms::default();
    let own = sealed(&kms).await;
    for odd in [json!({}), json!({ "Plaintext": "?" }), json!({ "Plaintext": STANDARD.encode([1; 16]) })] {
        kms.meets([Trouble::Answers(200, odd)]);
        let opened = kms.keys().open(DEPLOYMENT, &own).await;
        assert!(matches!(opened, Err(OpenError::Refused(_))), "{opened:?}");
    }
}

#[tokio::test]
async fn a_function_without_a_key_says_which_variable_names_it() {
    let kms = Kms::default();
    let refused = kms.keys_of("").seal(DEPLOYMENT, "sk-1").await.unwrap_err();
    assert!(refused.reason.contains("SEAL_KEY"), "{refused}");
    assert!(kms.asked().is_empty());
}
