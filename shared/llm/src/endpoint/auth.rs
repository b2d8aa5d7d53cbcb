//! Who asks, in the headers that each kind of provider reads.

use chat::{catalogue::ProviderKind, model::Api, time::Timestamp};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{secret::Secret, sign};
use crate::fault::Fault;

/// The version of Anthropic's wire format that is spoken here.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// How one says who asks.
#[derive(Clone, Debug)]
pub enum Auth {
    /// By a key; Bedrock has some, too.
    Key(Secret),
    /// By signing the request, as Bedrock takes it.
    Aws(Box<AwsKeys>),
}

/// What a request to AWS is signed with.
#[derive(Clone, Debug)]
pub struct AwsKeys {
    /// Names the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret,
    /// What goes with keys that do not last.
    pub session_token: Option<Secret>,
    /// The region of what is asked, where its address does not name one.
    pub region: String,
    /// The time of the request, which a signature holds for some minutes about.
    pub signed_at: Timestamp,
}

impl Auth {
    pub(super) const fn secret(&self) -> &Secret {
        match self {
            Self::Key(key) => key,
            Self::Aws(keys) => &keys.secret_access_key,
        }
    }

    pub(super) fn region(&self) -> Option<&str> {
        match self {
            Self::Key(_) => None,
            Self::Aws(keys) => Some(&keys.region),
        }
    }
}

pub(super) fn headers(
    kind: ProviderKind,
    api: Api,
    auth: &Auth,
    url: &str,
    body: &str,
) -> Result<HeaderMap, Fault> {
    let mut headers = match auth {
        Auth::Key(key) => key_header(kind, api, key.reveal()),
        Auth::Aws(keys) => sign::headers(keys, url, body)?,
    };
    if api == Api::AnthropicMessages {
        headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
    }
    Ok(headers)
}

fn key_header(kind: ProviderKind, api: Api, key: &str) -> HeaderMap {
    match kind {
        ProviderKind::Anthropic => secret_header("x-api-key", key),
        ProviderKind::Azure => secret_header("api-key", key),
        ProviderKind::Google => secret_header("x-goog-api-key", key),
        ProviderKind::Openai
        | ProviderKind::OpenaiCompat
        | ProviderKind::Bedrock
        | ProviderKind::Openrouter
        | ProviderKind::Vercel => bearer(key),
        ProviderKind::Rehearsal => match api {
            Api::AnthropicMessages => secret_header("x-api-key", key),
            Api::GoogleGenerate => secret_header("x-goog-api-key", key),
            Api::OpenaiResponses | Api::OpenaiChat => bearer(key),
        },
    }
}

fn bearer(key: &str) -> HeaderMap {
    secret_header("authorization", &format!("Bearer {key}"))
}

/// A key that no header can carry is left out, and the provider says that it is missing.
pub(super) fn secret_header(name: &'static str, text: &str) -> HeaderMap {
    let value = text.parse().map(|mut value: HeaderValue| {
        value.set_sensitive(true);
        (HeaderName::from_static(name), value)
    });
    value.into_iter().collect()
}
