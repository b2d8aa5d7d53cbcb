//! The addresses of each kind of provider.

use chat::{
    catalogue::ProviderKind,
    model::{Api, ModelConfig},
};

/// Returns where Bedrock is in a region. Its paths are below it, so `bedrock-mantle.{region}.api.aws` does as well.
#[must_use]
pub fn bedrock_base_url(region: &str) -> String {
    format!("https://bedrock-runtime.{region}.amazonaws.com")
}

/// Returns the region that an address of Bedrock names, such as `eu-west-1` in
/// `https://bedrock-runtime.eu-west-1.amazonaws.com`.
pub(super) fn bedrock_region(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', ':', '?']).next()?;
    let mut labels = host.split('.');
    labels.find(|label| label.starts_with("bedrock-"))?;
    labels.next().filter(|region| region.ends_with(|last: char| last.is_ascii_digit()))
}

/// Returns where a kind of provider is, or none if that is for who runs it to say.
pub(super) fn usual(kind: ProviderKind, region: Option<&str>) -> Option<String> {
    let url = match kind {
        ProviderKind::Anthropic => "https://api.anthropic.com",
        ProviderKind::Openai => "https://api.openai.com/v1",
        ProviderKind::Google => "https://generativelanguage.googleapis.com",
        ProviderKind::Openrouter => "https://openrouter.ai/api/v1",
        ProviderKind::Vercel => "https://ai-gateway.vercel.sh/v1",
        ProviderKind::Bedrock => return region.map(bedrock_base_url),
        ProviderKind::Azure | ProviderKind::OpenaiCompat | ProviderKind::Rehearsal => return None,
    };
    Some(url.to_owned())
}

/// Returns the address that `model` is asked at, below `base_url`; what both say is said once.
pub(super) fn url(kind: ProviderKind, base_url: &str, model: &ModelConfig) -> String {
    let base = base_url.trim().trim_end_matches('/');
    match model.api {
        Api::AnthropicMessages => {
            let path = if kind == ProviderKind::Bedrock { "/anthropic/v1" } else { "/v1" };
            joined(base, path) + "/messages"
        }
        Api::OpenaiResponses => openai(kind, base) + "/responses",
        Api::OpenaiChat => openai(kind, base) + "/chat/completions",
        Api::GoogleGenerate => {
            let base = base.strip_suffix("/v1").unwrap_or(base);
            let name = model.model.trim_start_matches("models/");
            joined(base, "/v1beta") + "/models/" + name + ":streamGenerateContent?alt=sse"
        }
    }
}

/// `OpenAI`'s libraries take a base URL with all but the last word; on Azure and Bedrock people know the host only.
fn openai(kind: ProviderKind, base: &str) -> String {
    match kind {
        ProviderKind::Azure | ProviderKind::Bedrock if !base.ends_with("/v1") => joined(base, "/openai/v1"),
        ProviderKind::Azure
        | ProviderKind::Bedrock
        | ProviderKind::Anthropic
        | ProviderKind::Openai
        | ProviderKind::OpenaiCompat
        | ProviderKind::Google
        | ProviderKind::Openrouter
        | ProviderKind::Vercel
        | ProviderKind::Rehearsal => base.to_owned(),
    }
}

/// Appends a path of which the base may carry the first words already.
fn joined(base: &str, path: &str) -> String {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).rev();
    let said = ends.filter(|end| *end > 0).find(|end| base.ends_with(&path[..*end])).unwrap_or(0);
    format!("{base}{}", &path[said..])
}
