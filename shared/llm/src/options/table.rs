//! Every option: its name, its values, and its place in each wire format.

use chat::{catalogue::ProviderKind, model::Api};

use crate::effort::LEAST_BUDGET;

use super::shape::Shape::{
    self, Flag, Number, Numbers, Object, Safety, Text, Texts, TextsByName, Whole, Word,
};

/// An option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    messages: Option<Place>,
    responses: Option<Place>,
    chat: Option<Place>,
    google: Option<Place>,
    /// Kinds of providers that speak the wire format and still do not know the option.
    not_for: &'static [ProviderKind],
}

/// Where a value goes. Paths are parted by points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At this path.
    At(&'static str),
    /// At this path, unless something was chosen for this message.
    Unless(&'static str),
    /// At the first path, in place of what is at the second.
    Instead(&'static str, &'static str),
    /// At this path, if there are tools: without them it is refused.
    WithTools(&'static str),
    /// In each tool, at this path.
    EachTool(&'static str),
    /// Before the text at this path.
    Before(&'static str),
    /// Among the list at this path.
    Among(&'static str),
    /// If true, this word among the list at the path.
    Adds(&'static str, &'static str),
    /// If true, a choice of tools that is made one at a time.
    OneAtATime,
    /// For every kind of harm that has no setting of its own.
    EveryHarm,
    /// The fields, in the body itself.
    Body,
    /// Says or narrows the search that the provider runs.
    Search,
    /// The encoder reads it.
    Encoder,
}

use Place::{
    Adds, Among, At, Before, Body, EachTool, Encoder, EveryHarm, Instead, OneAtATime, Search, Unless,
    WithTools,
};

impl Spec {
    pub(crate) const fn place(&self, api: Api) -> Option<Place> {
        match api {
            Api::AnthropicMessages => self.messages,
            Api::OpenaiResponses => self.responses,
            Api::OpenaiChat => self.chat,
            Api::GoogleGenerate => self.google,
        }
    }

    pub(crate) fn is_for(&self, kind: ProviderKind) -> bool {
        !self.not_for.contains(&kind)
    }

    const fn not_for(self, kinds: &'static [ProviderKind]) -> Self {
        Self { not_for: kinds, ..self }
    }
}

const NOWHERE: Spec =
    Spec { name: "", shape: Flag, messages: None, responses: None, chat: None, google: None, not_for: &[] };

const fn messages(name: &'static str, shape: Shape, place: Place) -> Spec {
    Spec { name, shape, messages: Some(place), ..NOWHERE }
}

const fn google(name: &'static str, shape: Shape, place: Place) -> Spec {
    Spec { name, shape, google: Some(place), ..NOWHERE }
}

const fn responses(name: &'static str, shape: Shape, place: Place) -> Spec {
    Spec { name, shape, responses: Some(place), ..NOWHERE }
}

const fn chat(name: &'static str, shape: Shape, place: Place) -> Spec {
    Spec { name, shape, chat: Some(place), ..NOWHERE }
}

const fn both(name: &'static str, shape: Shape, responses: Place, chat: Place) -> Spec {
    Spec { name, shape, responses: Some(responses), chat: Some(chat), ..NOWHERE }
}

const UP_TO_1: Shape = Number { least: 0.0, most: 1.0 };
const UP_TO_2: Shape = Number { least: 0.0, most: 2.0 };
const AROUND_0: Shape = Number { least: -2.0, most: 2.0 };
const SOME: Shape = Whole { least: 1, most: 10_000_000 };
const TOP: Shape = Whole { least: 0, most: 20 };
const EFFORT: Shape = Word(&["none", "minimal", "low", "medium", "high", "xhigh"]);
/// Bedrock runs no tools of its own behind these wire formats.
const NO_SEARCH: &[ProviderKind] = &[ProviderKind::Bedrock];
/// Those whose Chat Completions are as `OpenAI` describes them.
const NO_TOP_K: &[ProviderKind] = &[ProviderKind::Openai, ProviderKind::Azure, ProviderKind::Vercel];

/// What every kind of provider may be told.
pub(super) const GENERAL: &[Spec] = &[
    Spec {
        google: Some(Encoder),
        messages: Some(Encoder),
        ..both("max_output_tokens", SOME, Encoder, Encoder)
    },
    messages("temperature", UP_TO_1, At("temperature")),
    Spec {
        google: Some(At("generationConfig.temperature")),
        ..both("temperature", UP_TO_2, At("temperature"), At("temperature"))
    },
    Spec {
        google: Some(At("generationConfig.topP")),
        messages: Some(At("top_p")),
        ..both("top_p", UP_TO_1, At("top_p"), At("top_p"))
    },
    Spec {
        google: Some(At("generationConfig.topK")),
        messages: Some(At("top_k")),
        ..chat("top_k", SOME, At("top_k")).not_for(NO_TOP_K)
    },
    Spec {
        google: Some(At("generationConfig.presencePenalty")),
        ..chat("presence_penalty", AROUND_0, At("presence_penalty"))
    },
    Spec {
        google: Some(At("generationConfig.frequencyPenalty")),
        ..chat("frequency_penalty", AROUND_0, At("frequency_penalty"))
    },
];

/// Returns the options that only this kind of provider has.
pub(super) const fn of(kind: ProviderKind, api: Api) -> &'static [Spec] {
    match (kind, api) {
        (ProviderKind::OpenaiCompat, _) => COMPATIBLE,
        (ProviderKind::Openrouter, _) => OPENROUTER,
        (ProviderKind::Vercel, _) => VERCEL,
        (_, Api::AnthropicMessages) => ANTHROPIC,
        (_, Api::GoogleGenerate) => GOOGLE,
        (_, Api::OpenaiResponses | Api::OpenaiChat) => OPENAI,
    }
}

const ANTHROPIC: &[Spec] = &[
    messages("send_reasoning", Flag, Encoder),
    messages("thinking.budget_tokens", Whole { least: LEAST_BUDGET, most: 1_000_000 }, Encoder),
    messages("effort", Word(&["low", "medium", "high", "xhigh", "max"]), Unless("output_config.effort")),
    messages("disable_parallel_tool_use", Flag, OneAtATime),
    messages("web_search_enabled", Flag, Search).not_for(NO_SEARCH),
    messages("allowed_domains", Texts, Search).not_for(NO_SEARCH),
    messages("blocked_domains", Texts, Search).not_for(NO_SEARCH),
];

const OPENAI: &[Spec] = &[
    responses("include", Texts, Among("include")),
    responses("instructions", Text, Before("instructions")),
    responses("max_tool_calls", SOME, At("max_tool_calls")),
    responses("reasoning_summary", Word(&["auto", "concise", "detailed"]), At("reasoning.summary")),
    responses("strict_json_schema", Flag, EachTool("strict")),
    chat("logit_bias", Numbers, At("logit_bias")),
    chat("max_completion_tokens", SOME, Instead("max_completion_tokens", "max_tokens")),
    chat("prediction", Object, At("prediction")),
    chat("structured_outputs", Flag, EachTool("function.strict")),
    both("log_probs", Flag, Adds("include", "message.output_text.logprobs"), At("logprobs")),
    both("top_log_probs", TOP, At("top_logprobs"), At("top_logprobs")),
    both("parallel_tool_calls", Flag, WithTools("parallel_tool_calls"), WithTools("parallel_tool_calls")),
    both("user", Text, At("user"), At("user")),
    both("reasoning_effort", EFFORT, Unless("reasoning.effort"), Unless("reasoning_effort")),
    both("text_verbosity", Word(&["low", "medium", "high"]), At("text.verbosity"), At("verbosity")),
    both("store", Flag, At("store"), At("store")),
    both("metadata", TextsByName, At("metadata"), At("metadata")),
    both("prompt_cache_key", Text, At("prompt_cache_key"), At("prompt_cache_key")),
    both("safety_identifier", Text, At("safety_identifier"), At("safety_identifier")),
    both(
        "service_tier",
        Word(&["auto", "default", "flex", "scale", "priority"]),
        At("service_tier"),
        At("service_tier"),
    ),
    responses("web_search_enabled", Flag, Search).not_for(NO_SEARCH),
    responses("search_context_size", Word(&["low", "medium", "high"]), Search).not_for(NO_SEARCH),
    responses("allowed_domains", Texts, Search).not_for(NO_SEARCH),
];

const GOOGLE: &[Spec] = &[
    google(
        "thinking_config.thinking_budget",
        Whole { least: 0, most: 1_000_000 },
        Instead(
            "generationConfig.thinkingConfig.thinkingBudget",
            "generationConfig.thinkingConfig.thinkingLevel",
        ),
    ),
    google("thinking_config.include_thoughts", Flag, At("generationConfig.thinkingConfig.includeThoughts")),
    google(
        "thinking_config.thinking_level",
        Word(&["minimal", "low", "medium", "high"]),
        Unless("generationConfig.thinkingConfig.thinkingLevel"),
    ),
    google("cached_content", Text, At("cachedContent")),
    google("safety_settings", Safety, At("safetySettings")),
    google("threshold", Text, EveryHarm),
    google("web_search_enabled", Flag, Search),
];

const COMPATIBLE: &[Spec] = &[
    both("user", Text, At("user"), At("user")),
    both("reasoning_effort", EFFORT, Unless("reasoning.effort"), Unless("reasoning_effort")),
];

const OPENROUTER: &[Spec] = &[
    chat("reasoning.enabled", Flag, At("reasoning.enabled")),
    chat("reasoning.exclude", Flag, At("reasoning.exclude")),
    chat("reasoning.effort", EFFORT, Unless("reasoning.effort")),
    chat("reasoning.max_tokens", SOME, Instead("reasoning.max_tokens", "reasoning.effort")),
    chat("include_usage", Flag, At("usage.include")),
    chat("logit_bias", Numbers, At("logit_bias")),
    chat("log_probs", Flag, At("logprobs")),
    chat("parallel_tool_calls", Flag, WithTools("parallel_tool_calls")),
    chat("user", Text, At("user")),
    chat("provider.order", Texts, At("provider.order")),
    chat("provider.allow_fallbacks", Flag, At("provider.allow_fallbacks")),
    chat("provider.require_parameters", Flag, At("provider.require_parameters")),
    chat("provider.data_collection", Word(&["allow", "deny"]), At("provider.data_collection")),
    chat("provider.only", Texts, At("provider.only")),
    chat("provider.ignore", Texts, At("provider.ignore")),
    chat("provider.quantizations", Texts, At("provider.quantizations")),
    chat("provider.sort", Text, At("provider.sort")),
    // Last: it may say what the others do, and is the narrower word.
    chat("extra_body", Object, Body),
];

const VERCEL: &[Spec] = &[
    chat("reasoning.enabled", Flag, At("reasoning.enabled")),
    chat("reasoning.exclude", Flag, At("reasoning.exclude")),
    chat("reasoning.effort", EFFORT, Unless("reasoning.effort")),
    chat("reasoning.max_tokens", SOME, Instead("reasoning.max_tokens", "reasoning.effort")),
    chat("provider_options.order", Texts, At("providerOptions.gateway.order")),
    chat("provider_options.models", Texts, At("providerOptions.gateway.models")),
    chat("user", Text, At("user")),
    chat("logit_bias", Numbers, At("logit_bias")),
    chat("log_probs", Flag, At("logprobs")),
    chat("top_log_probs", TOP, At("top_logprobs")),
    chat("parallel_tool_calls", Flag, WithTools("parallel_tool_calls")),
    chat("extra_body", Object, Body),
];
