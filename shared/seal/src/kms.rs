//! Two requests of KMS, with the SDK's signer, runtime and HTTP client.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        behavior_version::BehaviorVersion,
        http::SharedHttpClient,
        identity::Identity,
        orchestrator::{HttpResponse, OrchestratorError},
    },
};
use aws_smithy_types::{body::SdkBody, timeout::TimeoutConfig};
use aws_types::SdkConfig;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chat::port::{Clock, Unavailable};
use serde::Deserialize;
use serde_json::{Value, json};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(3);
/// Attempts at one request, where nobody answers or KMS is at fault.
const ATTEMPTS: usize = 3;

/// A data key, plain and as only KMS can unwrap it.
pub(crate) struct DataKey {
    pub(crate) plain: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
}

/// Why KMS did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KmsError {
    /// It does not know the wrapped key: another deployment's, or changed.
    #[error("KMS does not know this data key")]
    Unknown,
    /// It answered, and not with a key.
    #[error("{0}")]
    Refused(String),
    /// It did not answer.
    #[error("{0}")]
    Away(String),
}

impl KmsError {
    pub(crate) fn odd(what: &str) -> Self {
        Self::Refused(what.to_owned())
    }

    pub(crate) fn unavailable(self) -> Unavailable {
        Unavailable { dependency: "KMS", reason: self.to_string() }
    }
}

/// KMS, as far as data keys go.
pub(crate) struct Kms {
    key_id: String,
    region: String,
    endpoint: String,
    http_client: Option<SharedHttpClient>,
    credentials: Option<SharedCredentialsProvider>,
    clock: Box<dyn Clock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Generated {
    plaintext: String,
    ciphertext_blob: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    plaintext: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message")]
    message: String,
}

impl Kms {
    pub(crate) fn new(sdk: &SdkConfig, key_id: &str, clock: impl Clock + 'static) -> Self {
        let region = sdk.region().map(|region| region.as_ref().to_owned()).unwrap_or_default();
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let usual = || format!("https://kms.{region}.{domain}");
        let endpoint = sdk.endpoint_url().map_or_else(usual, |url| url.trim_end_matches('/').to_owned());
        Self {
            key_id: key_id.to_owned(),
            endpoint: format!("{endpoint}/"),
            region,
            http_client: sdk.http_client(),
            credentials: sdk.credentials_provider(),
            clock: Box::new(clock),
        }
    }

    /// Has a data key made.
    pub(crate) async fn generate(&self) -> Result<DataKey, KmsError> {
        let body = json!({"KeyId": self.key_id, "KeySpec": "AES_256", "EncryptionContext": context()});
        let made: Generated = self.ask("GenerateDataKey", &body).await?;
        Ok(DataKey { plain: bytes(&made.plaintext)?, wrapped: bytes(&made.ciphertext_blob)? })
    }

    /// Has a data key unwrapped.
    pub(crate) async fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, KmsError> {
        let blob = STANDARD.encode(wrapped);
        let body = json!({"KeyId": self.key_id, "CiphertextBlob": blob, "EncryptionContext": context()});
        let unwrapped: Decrypted = self.ask("Decrypt", &body).await?;
        bytes(&unwrapped.plaintext)
    }

    async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        name: &'static str,
        body: &Value,
    ) -> Result<T, KmsError> {
        if self.key_id.is_empty() {
            return Err(KmsError::odd("the function has no key to seal with; SEAL_KEY names it"));
        }
        let mut attempt = 1;
        loop {
            match self.attempt(name, body.to_string()).await {
                Err(KmsError::Away(_)) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
                Ok(answer) => {
                    return serde_json::from_slice(&answer.0)
                        .map_err(|error| KmsError::odd(&error.to_string()));
                }
            }
        }
    }

    async fn attempt(&self, name: &'static str, body: String) -> Result<Answer, KmsError> {
        let away = |error: &dyn fmt::Display| KmsError::Away(error.to_string());
        let credentials = self.credentials.as_ref().ok_or_else(|| KmsError::odd("no credentials"))?;
        let identity = credentials.provide_credentials().await.map_err(|error| away(&error))?.into();
        let request =
            self.signed(name, &body, &identity).map_err(|error| KmsError::odd(&error.to_string()))?;
        let client = self.http_client.clone().ok_or_else(|| KmsError::odd("no HTTP client"))?;
        let operation = Operation::builder()
            .service_name("kms")
            .operation_name(name)
            .behavior_version(BehaviorVersion::latest())
            .http_client(client)
            .endpoint_url(&self.endpoint)
            .no_auth()
            .no_retry()
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build())
            .serializer(|request: Sent| request.0.try_into().map_err(BoxError::from))
            .deserializer(|response: &HttpResponse| {
                Ok::<_, OrchestratorError<std::convert::Infallible>>(Said::of(response))
            })
            .build();
        let said = operation.invoke(Sent(request)).await.map_err(|error| KmsError::Away(debugged(&error)))?;
        said.read()
    }

    fn signed(
        &self,
        name: &str,
        body: &str,
        identity: &Identity,
    ) -> Result<http::Request<SdkBody>, BoxError> {
        let target = format!("TrentService.{name}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let params = SigningParams::builder()
            .identity(identity)
            .region(&self.region)
            .name("kms")
            .time(UNIX_EPOCH + Duration::from_millis(self.clock.now().0))
            .settings(SigningSettings::default())
            .build()?
            .into();
        let payload = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", &self.endpoint, headers.into_iter(), payload)?;
        let (instructions, _signature) = sign(signable, &params)?.into_parts();
        let mut request = http::Request::post(&self.endpoint);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(SdkBody::from(body))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

/// A request; its `Debug` says nothing.
struct Sent(http::Request<SdkBody>);

/// A status and a body; its `Debug` says nothing of the body, which has the key.
struct Said {
    status: u16,
    body: Vec<u8>,
}

/// The body of a good answer.
struct Answer(Vec<u8>);

impl Said {
    fn of(response: &HttpResponse) -> Self {
        let body = response.body().bytes().unwrap_or_default().to_vec();
        Self { status: response.status().as_u16(), body }
    }

    fn read(self) -> Result<Answer, KmsError> {
        if self.status == 200 {
            return Ok(Answer(self.body));
        }
        let Refusal { kind, message } = serde_json::from_slice(&self.body).unwrap_or_default();
        let said = format!("{} {kind}: {message}", self.status);
        if self.status >= 500 || kind.ends_with("ThrottlingException") {
            return Err(KmsError::Away(said));
        }
        let unknown = ["InvalidCiphertextException", "IncorrectKeyException"];
        let unknown = unknown.iter().any(|unknown| kind.ends_with(unknown));
        Err(if unknown { KmsError::Unknown } else { KmsError::Refused(said) })
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sent(…)")
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Bound to what is wrapped: KMS unwraps it for nothing else, and its trail says what it was for.
fn context() -> Value {
    json!({"quickstep": "keys"})
}

fn bytes(text: &str) -> Result<Vec<u8>, KmsError> {
    STANDARD.decode(text).map_err(|error| KmsError::odd(&error.to_string()))
}

/// With its causes, which `Display` of the SDK's errors leaves out.
fn debugged(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
