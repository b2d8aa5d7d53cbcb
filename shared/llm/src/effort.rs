//! How hard a model thinks, in the words of each model family.
//!
//! Anthropic: <https://platform.claude.com/docs/en/build-with-claude/effort> and `adaptive-thinking`.
//! OpenAI: <https://platform.openai.com/docs/guides/reasoning>.
//! Google: <https://ai.google.dev/gemini-api/docs/thinking>.

use chat::{
    catalogue::ProviderKind,
    model::{Effort, ModelConfig},
};
use serde_json::{Value, json};

use crate::options;

/// The least budget that Anthropic takes.
pub(crate) const LEAST_BUDGET: u64 = 1_024;

/// How a family of Claude models is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thinking {
    /// By effort; the model decides when. `xhigh` came later, and some cannot be told to stop.
    Adaptive { has_xhigh: bool, can_stop: bool },
    /// By a number of tokens.
    Budget,
    /// Not at all.
    Never,
}

/// What an Anthropic request says about thinking.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AnthropicThinking {
    pub(crate) thinking: Option<Value>,
    pub(crate) output_config: Option<Value>,
    /// Whether the last answer in an open run of tools must begin with a thought.
    pub(crate) needs_thought_first: bool,
}

/// Returns what to say about thinking to a model that speaks Anthropic's wire format.
pub(crate) fn anthropic(model: &ModelConfig, effort: Option<Effort>) -> AnthropicThinking {
    let Some(effort) = effort else {
        return options::thinking_budget(model).map_or_else(AnthropicThinking::default, enabled);
    };
    match thinking(&model.model) {
        Thinking::Adaptive { can_stop, .. } if effort == Effort::None => AnthropicThinking {
            thinking: can_stop.then(|| json!({"type": "disabled"})),
            output_config: (!can_stop).then(|| json!({"effort": "low"})),
            needs_thought_first: false,
        },
        Thinking::Adaptive { has_xhigh, .. } => AnthropicThinking {
            thinking: Some(json!({"type": "adaptive", "display": "summarized"})),
            output_config: Some(json!({"effort": adaptive(effort, has_xhigh)})),
            needs_thought_first: false,
        },
        Thinking::Budget => budget(effort, model.max_output_tokens()),
        Thinking::Never => AnthropicThinking::default(),
    }
}

const fn adaptive(effort: Effort, has_xhigh: bool) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::Xhigh if has_xhigh => "xhigh",
        Effort::High | Effort::Xhigh => "high",
        Effort::Max => "max",
    }
}

fn budget(effort: Effort, max_output_tokens: u64) -> AnthropicThinking {
    let wish = match effort {
        Effort::None => return AnthropicThinking::default(),
        Effort::Minimal => LEAST_BUDGET,
        Effort::Low => 4_096,
        Effort::Medium => 10_240,
        Effort::High => 20_480,
        Effort::Xhigh => 32_000,
        Effort::Max => 63_999,
    };
    spend(wish, max_output_tokens)
}

/// The budget is part of the answer's limit, so the answer itself keeps at least as much as the least budget.
fn spend(wish: u64, max_output_tokens: u64) -> AnthropicThinking {
    let tokens = wish.min(max_output_tokens.saturating_sub(LEAST_BUDGET));
    if tokens < LEAST_BUDGET { AnthropicThinking::default() } else { enabled(tokens) }
}

fn enabled(tokens: u64) -> AnthropicThinking {
    let thinking = Some(json!({"type": "enabled", "budget_tokens": tokens}));
    AnthropicThinking { thinking, output_config: None, needs_thought_first: true }
}

/// Budgets ended with 4.6; a Claude without a number is taken for the newest, and other makers' models
/// that speak this wire format know budgets.
fn thinking(model: &str) -> Thinking {
    let Some((_, name)) = model.split_once("claude") else {
        return Thinking::Budget;
    };
    let can_stop = !name.contains("fable") && !name.contains("mythos");
    match version(name) {
        Some(version) if version < (3, 7) => Thinking::Never,
        Some(version) if version < (4, 6) => Thinking::Budget,
        Some(version) if version < (4, 7) => Thinking::Adaptive { has_xhigh: false, can_stop },
        Some(_) | None => Thinking::Adaptive { has_xhigh: true, can_stop },
    }
}

/// Reads `4-6` out of `-opus-4-6-20260101`: short numbers are versions, long ones are dates.
fn version(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .skip_while(|word| word.parse::<u32>().is_err())
        .map_while(|word| word.parse::<u32>().ok())
        .take_while(|number| *number < 100);
    let major = numbers.next()?;
    Some((major, numbers.next().unwrap_or(0)))
}

/// Returns the effort for a model of OpenAI, or none where it does not think.
pub(crate) fn openai(model: &str, effort: Option<Effort>) -> Option<&'static str> {
    let effort = effort.filter(|_| openai_thinks(model))?;
    let Some((_, rest)) = model.split_once("gpt-") else {
        return Some(of_three(effort));
    };
    if rest.starts_with("oss") {
        return Some(of_three(effort));
    }
    let version = version(rest).unwrap_or((u32::MAX, 0));
    let codex = rest.contains("codex");
    Some(match effort {
        Effort::None if version >= (5, 1) && !codex => "none",
        Effort::None | Effort::Minimal if version == (5, 0) && !codex => "minimal",
        Effort::Xhigh | Effort::Max if version >= (5, 2) || rest.contains("max") => "xhigh",
        Effort::None
        | Effort::Minimal
        | Effort::Low
        | Effort::Medium
        | Effort::High
        | Effort::Xhigh
        | Effort::Max => of_three(effort),
    })
}

const fn of_three(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::Xhigh | Effort::Max => "high",
    }
}

/// Returns whether a model of OpenAI thinks; those that do not refuse to be asked for it.
pub(crate) fn openai_thinks(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let mute = ["gpt-3", "gpt-4", "chatgpt-"].iter().any(|prefix| name.starts_with(prefix));
    !mute && !name.contains("-chat")
}

/// Returns whether a model behind a chat-format server is one of OpenAI's, which take newer words.
pub(crate) fn is_openai(kind: ProviderKind, model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let numbered = name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    matches!(kind, ProviderKind::Openai | ProviderKind::Azure)
        || numbered
        || name.starts_with("gpt-")
        || name.starts_with("chatgpt-")
}

/// Returns the effort for a server that speaks OpenAI's chat format; most know three words.
pub(crate) fn compatible(kind: ProviderKind, model: &str, effort: Option<Effort>) -> Option<&'static str> {
    if is_openai(kind, model) {
        return openai(model, effort);
    }
    effort.filter(|effort| *effort != Effort::None).map(of_three)
}

/// Returns what a Gemini is told: levels since 3, before it only that its thoughts are wanted, before 2.5 nothing.
pub(crate) fn google(model: &str, effort: Option<Effort>) -> Option<Value> {
    let (effort, version) = (effort?, gemini_version(model));
    if version < (2, 5) {
        return None;
    }
    let mut config = json!({"includeThoughts": effort != Effort::None});
    if version >= (3, 0) {
        config["thinkingLevel"] = json!(level(model, version, effort));
    }
    Some(config)
}

/// Only the small ones know `minimal`, and the first of the large ones no `medium`; other words are refused.
fn level(model: &str, version: (u32, u32), effort: Effort) -> &'static str {
    let is_pro = model.contains("pro");
    match effort {
        Effort::None | Effort::Minimal if !is_pro => "minimal",
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium if !is_pro || version > (3, 0) => "medium",
        Effort::Medium | Effort::High | Effort::Xhigh | Effort::Max => "high",
    }
}

/// Returns the generation of a Gemini; one without a number is taken for the newest.
pub(crate) fn gemini_version(model: &str) -> (u32, u32) {
    let name = model.split_once("gemini").map_or("", |(_, name)| name);
    version(name).unwrap_or((u32::MAX, 0))
}

#[cfg(test)]
mod tests;
