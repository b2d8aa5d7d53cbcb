//! Which wire format a model is asked in: chosen once, when the model is configured, and carried with it.

use chat::{
    catalogue::ProviderKind,
    model::{Api, ModelOptions},
};

/// `OpenAI`'s models that Responses is the better, or the only, way to ask. A name may go on after a dash or a point.
const RESPONSES_MODELS: [&str; 13] = [
    "chatgpt-4o-latest",
    "codex-mini-latest",
    "computer-use-preview",
    "gpt-3.5-turbo",
    "gpt-4",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-5",
    "gpt-6",
    "o1",
    "o3",
    "o4",
    "o5",
];
/// Kinds of those models that only Chat Completions knows.
const CHAT_ONLY: [&str; 3] = ["audio", "search", "realtime"];

/// Returns the wire format for a model of a provider of a kind.
///
/// `use_responses_api` overrides what is known of a model at `OpenAI` and at servers that speak like it; Azure always
/// follows what is known.
#[must_use]
pub fn api(kind: ProviderKind, model: &str, options: &ModelOptions) -> Api {
    match kind {
        ProviderKind::Anthropic => Api::AnthropicMessages,
        ProviderKind::Google => Api::GoogleGenerate,
        ProviderKind::Openrouter | ProviderKind::Vercel => Api::OpenaiChat,
        ProviderKind::Azure => openai(prefers_responses(model)),
        ProviderKind::Openai => openai(options.use_responses_api.unwrap_or(prefers_responses(model))),
        ProviderKind::OpenaiCompat => openai(options.use_responses_api.unwrap_or(false)),
        ProviderKind::Bedrock if is_claude(model) => Api::AnthropicMessages,
        ProviderKind::Bedrock => Api::OpenaiResponses,
        ProviderKind::Rehearsal => rehearsal(model),
    }
}

/// Returns the wire formats that a kind of provider speaks.
#[must_use]
pub const fn apis(kind: ProviderKind) -> &'static [Api] {
    match kind {
        ProviderKind::Anthropic => &[Api::AnthropicMessages],
        ProviderKind::Google => &[Api::GoogleGenerate],
        ProviderKind::Openai | ProviderKind::OpenaiCompat | ProviderKind::Azure => {
            &[Api::OpenaiResponses, Api::OpenaiChat]
        }
        ProviderKind::Bedrock => &[Api::AnthropicMessages, Api::OpenaiResponses],
        ProviderKind::Openrouter | ProviderKind::Vercel => &[Api::OpenaiChat],
        ProviderKind::Rehearsal => {
            &[Api::AnthropicMessages, Api::OpenaiResponses, Api::OpenaiChat, Api::GoogleGenerate]
        }
    }
}

const fn openai(responses: bool) -> Api {
    if responses { Api::OpenaiResponses } else { Api::OpenaiChat }
}

fn prefers_responses(model: &str) -> bool {
    let known = |name: &&str| {
        model.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
    };
    RESPONSES_MODELS.iter().any(known) && !CHAT_ONLY.iter().any(|kind| model.contains(kind))
}

fn is_claude(model: &str) -> bool {
    model.contains("anthropic") || model.contains("claude")
}

/// The rehearsal server takes any name and answers in all formats, so its models say theirs.
fn rehearsal(model: &str) -> Api {
    if model.ends_with("responses") {
        Api::OpenaiResponses
    } else if model.ends_with("chat") {
        Api::OpenaiChat
    } else if model.ends_with("generate") {
        Api::GoogleGenerate
    } else {
        Api::AnthropicMessages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: ProviderKind, model: &str, asked: Option<bool>, expect: Api) {
        let options = ModelOptions { use_responses_api: asked, ..ModelOptions::default() };
        assert_eq!(api(kind, model, &options), expect, "{kind:?} {model} {asked:?}");
        assert!(apis(kind).contains(&expect));
    }

    #[test]
    fn what_is_known_of_a_model_decides() {
        for model in ["gpt-5.2", "gpt-5-codex", "o3", "o4-mini", "gpt-4.1", "gpt-4o-2024-08-06", "gpt-4"] {
            check(ProviderKind::Openai, model, None, Api::OpenaiResponses);
            check(ProviderKind::Azure, model, None, Api::OpenaiResponses);
        }
        for model in ["gpt-oss-120b", "gpt-4o-audio-preview", "my-finetune", "gpt-4o-search-preview", "o30"] {
            check(ProviderKind::Openai, model, None, Api::OpenaiChat);
            check(ProviderKind::Azure, model, None, Api::OpenaiChat);
        }
    }

    #[test]
    fn an_override_beats_the_list_but_not_on_azure() {
        check(ProviderKind::Openai, "gpt-5", Some(false), Api::OpenaiChat);
        check(ProviderKind::Openai, "my-finetune", Some(true), Api::OpenaiResponses);
        check(ProviderKind::OpenaiCompat, "gpt-5", None, Api::OpenaiChat);
        check(ProviderKind::OpenaiCompat, "gpt-5", Some(true), Api::OpenaiResponses);
        check(ProviderKind::Azure, "gpt-5", Some(false), Api::OpenaiResponses);
    }

    #[test]
    fn other_kinds_have_one_way() {
        check(ProviderKind::Anthropic, "m", Some(true), Api::AnthropicMessages);
        check(ProviderKind::Google, "gemini-3-pro", None, Api::GoogleGenerate);
        check(ProviderKind::Openrouter, "openai/gpt-5", Some(true), Api::OpenaiChat);
        check(ProviderKind::Vercel, "openai/gpt-5", None, Api::OpenaiChat);
        check(ProviderKind::Bedrock, "eu.anthropic.claude-sonnet-4-5", None, Api::AnthropicMessages);
        check(ProviderKind::Bedrock, "openai.gpt-5.4", None, Api::OpenaiResponses);
    }
}
