//! A model that chats may use, and how it is asked.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Api, Effort};
use crate::{
    catalogue::ProviderKind,
    id::{ModelId, ProviderId},
    message::Usage,
};

/// A model that chats may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Our id of it.
    pub id: ModelId,
    /// Who is asked.
    pub provider_id: ProviderId,
    /// What the provider is.
    pub kind: ProviderKind,
    /// The provider's name; in failures and in the origin of provider items.
    pub provider: String,
    /// The wire format that it is asked in.
    pub api: Api,
    /// The provider's name of the model.
    pub model: String,
    /// What people call it.
    pub display_name: String,
    /// Whether chats may use it.
    pub enabled: bool,
    /// Whether chats that name none use it; one model does while there is any.
    pub is_default: bool,
    /// Tokens of its context window.
    pub context_limit: u64,
    /// Per cent of the window that, once used, make a chat compact; 100 is never.
    pub compaction_threshold: u8,
    /// How it is asked.
    pub options: ModelOptions,
    /// What it costs; none is not known, which is not free.
    pub cost: Option<Prices>,
}

impl ModelConfig {
    /// Most tokens of one answer where nothing else is said and something must be.
    pub const MAX_OUTPUT_TOKENS: u64 = 32_000;
    /// Where nothing else is said.
    pub const COMPACTION_THRESHOLD: u8 = 70;
    /// Where nothing else is said and the window is large: an answer about 150,000 tokens is slow and dear already.
    pub const COMPACTION_THRESHOLD_LARGE: u8 = 30;
    /// A window from here on is large.
    pub const LARGE_CONTEXT: u64 = 500_000;

    /// Returns a model with nothing set that need not be.
    #[must_use]
    pub fn plain(id: ModelId, kind: ProviderKind, api: Api, model: &str, context_limit: u64) -> Self {
        let large = context_limit >= Self::LARGE_CONTEXT;
        Self {
            id,
            provider_id: ProviderId(uuid::Uuid::nil()),
            kind,
            provider: kind.as_str().to_owned(),
            api,
            model: model.to_owned(),
            display_name: model.to_owned(),
            enabled: true,
            is_default: false,
            context_limit,
            compaction_threshold: if large {
                Self::COMPACTION_THRESHOLD_LARGE
            } else {
                Self::COMPACTION_THRESHOLD
            },
            options: ModelOptions::default(),
            cost: None,
        }
    }

    /// Returns the most tokens of one answer, for a provider that must be told and for what has to leave room for it.
    ///
    /// Where nothing is said, it is no more than a quarter of the window: servers of small models refuse a limit that
    /// does not fit beside the prompt.
    #[must_use]
    pub fn max_output_tokens(&self) -> u64 {
        let fits = Self::MAX_OUTPUT_TOKENS.min(self.context_limit / 4).max(1);
        self.options.max_output_tokens.unwrap_or(fits)
    }

    /// Returns how hard the model shall think, by what was chosen: clamped to its ceiling, and none where it has no
    /// such setting.
    #[must_use]
    pub fn effort(&self, chosen: Option<Effort>) -> Option<Effort> {
        let range = self.options.reasoning_effort.as_ref()?;
        let wanted = chosen.or(range.default)?;
        Some(range.max.map_or(wanted, |max| wanted.min(max)))
    }
}

/// How hard a model thinks, where nothing is chosen and at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffortRange {
    /// Where nothing is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Effort>,
    /// Whatever is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Effort>,
}

/// How a model is asked. None leaves it to the provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelOptions {
    /// Most tokens of one answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// −2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// −2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Whether and how hard it thinks; none: it has no such setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<EffortRange>,
    /// Which of `OpenAI`'s wire formats; none: by what is known of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_responses_api: Option<bool>,
    /// What only this kind of provider knows; `llm::options` says what there is.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub provider_options: Map<String, Value>,
}

/// Millionths of a dollar per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Read.
    pub input: u64,
    /// Written, reasoning included.
    pub output: u64,
    /// Read from the provider's prompt cache; none: as what is read anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Written to it; none: a quarter more than what is read, as Anthropic takes for five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
}

impl Prices {
    /// Returns what a call cost, in millionths of a dollar, rounded up.
    #[must_use]
    pub fn cost_micros(&self, usage: &Usage) -> u64 {
        let of = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let millionths = of(usage.input_tokens, self.input)
            + of(usage.output_tokens, self.output)
            + of(usage.cache_read_tokens, self.cache_read.unwrap_or(self.input))
            + of(usage.cache_write_tokens, self.cache_write.unwrap_or(self.input.saturating_mul(5) / 4));
        u64::try_from(millionths.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelConfig {
        let id = ModelId(uuid::Uuid::nil());
        ModelConfig::plain(id, ProviderKind::Openai, Api::OpenaiResponses, "m", 100)
    }

    #[test]
    fn a_cost_is_rounded_up() {
        let prices =
            Prices { input: 3_000_000, output: 15_000_000, cache_read: Some(300_000), cache_write: None };
        let usage = Usage { input_tokens: 1, output_tokens: 1, cache_read_tokens: 1, ..Usage::default() };
        assert_eq!(prices.cost_micros(&usage), 19);
        assert_eq!(prices.cost_micros(&Usage::default()), 0);
        let written = Usage { cache_write_tokens: 1_000_000, ..Usage::default() };
        assert_eq!(prices.cost_micros(&written), 3_750_000, "what has no price of its own is not free");
        let read = Usage { cache_read_tokens: 1_000_000, ..Usage::default() };
        assert_eq!(Prices { cache_read: None, ..prices }.cost_micros(&read), 3_000_000);
        let most = Usage { input_tokens: u64::MAX, ..Usage::default() };
        assert_eq!(Prices { input: u64::MAX, ..prices }.cost_micros(&most), u64::MAX);
    }

    #[test]
    fn an_answer_leaves_room_for_its_prompt() {
        let limits = |context_limit| ModelConfig { context_limit, ..model() }.max_output_tokens();
        assert_eq!([limits(200_000), limits(16_384), limits(1)], [32_000, 4_096, 1]);
    }

    #[test]
    fn what_was_chosen_goes_before_the_default_and_stays_below_the_ceiling() {
        let mut model = model();
        assert_eq!(model.effort(Some(Effort::High)), None);
        let range = EffortRange { default: Some(Effort::Low), max: Some(Effort::Medium) };
        model.options.reasoning_effort = Some(range);
        assert_eq!(model.effort(None), Some(Effort::Low));
        assert_eq!(model.effort(Some(Effort::Minimal)), Some(Effort::Minimal));
        assert_eq!(model.effort(Some(Effort::Max)), Some(Effort::Medium));
    }

    #[test]
    fn a_large_window_is_compacted_earlier() {
        assert_eq!(model().compaction_threshold, 70);
        let id = ModelId(uuid::Uuid::nil());
        let large = ModelConfig::plain(id, ProviderKind::Openrouter, Api::OpenaiChat, "m", 1_000_000);
        assert_eq!(large.compaction_threshold, 30);
    }
}
