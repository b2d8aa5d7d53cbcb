//! Who answers, and with whose key.

use serde::{Deserialize, Serialize};

use crate::{id::ProviderId, time::Timestamp};

/// What a provider is: which wire formats it speaks and which options it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// Anthropic's own API.
    Anthropic,
    /// `OpenAI`'s own API.
    Openai,
    /// A server that speaks Chat Completions.
    OpenaiCompat,
    /// `OpenAI`'s models on Azure.
    Azure,
    /// Models on Amazon Bedrock, by its endpoints of Anthropic's and `OpenAI`'s shape.
    Bedrock,
    /// Gemini.
    Google,
    /// `OpenRouter`.
    Openrouter,
    /// Vercel's AI gateway.
    Vercel,
    /// The scripted server of the local stack, which speaks every wire format.
    Rehearsal,
}

impl ProviderKind {
    /// Every kind that somebody may configure.
    pub const CONFIGURABLE: [Self; 8] = [
        Self::Anthropic,
        Self::Openai,
        Self::OpenaiCompat,
        Self::Azure,
        Self::Bedrock,
        Self::Google,
        Self::Openrouter,
        Self::Vercel,
    ];

    /// Returns its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::Openai => "openai",
            Self::OpenaiCompat => "openai-compat",
            Self::Azure => "azure",
            Self::Bedrock => "bedrock",
            Self::Google => "google",
            Self::Openrouter => "openrouter",
            Self::Vercel => "vercel",
            Self::Rehearsal => "rehearsal",
        }
    }

    /// Returns what people call it.
    #[must_use]
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Anthropic => "Anthropic",
            Self::Openai => "OpenAI",
            Self::OpenaiCompat => "the model provider",
            Self::Azure => "Azure OpenAI",
            Self::Bedrock => "Amazon Bedrock",
            Self::Google => "Google",
            Self::Openrouter => "OpenRouter",
            Self::Vercel => "the Vercel AI gateway",
            Self::Rehearsal => "the rehearsal model",
        }
    }
}

/// Whose key is used; what is not said is as in the default, the deployment's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyPolicy {
    /// The deployment's own key may be used.
    pub central: bool,
    /// People may bring their own, which then goes first.
    pub own: bool,
    /// With own keys allowed: who has none uses the deployment's.
    pub fallback: bool,
}

impl Default for KeyPolicy {
    fn default() -> Self {
        Self { central: true, own: false, fallback: false }
    }
}

/// A secret as it is stored: only who may use the deployment's key can open it. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// A provider that models are asked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// What it is.
    pub kind: ProviderKind,
    /// What people call it; unique, and in the origin of what its models say.
    pub name: String,
    /// Where it is; none where its kind says so.
    pub base_url: Option<String>,
    /// Whether it may be asked.
    pub enabled: bool,
    /// Whose key is used.
    pub keys: KeyPolicy,
    /// The deployment's key; none where the environment has it, or nobody does.
    pub sealed_key: Option<Sealed>,
    /// The environment presets it, key included: no edit changes it.
    #[serde(skip)]
    pub preset: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}
