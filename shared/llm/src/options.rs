//! What may be set about how a model is asked, and where each setting goes in each wire format.
//!
//! One table has all options of all kinds of providers (`table`). An option of a configured model is either found in
//! the request or refused by name when the model is configured; nothing is dropped in silence.

mod apply;
mod shape;
mod table;

use chat::{
    catalogue::ProviderKind,
    model::{Api, ModelConfig, ModelOptions},
};
use serde_json::{Map, Value};

use crate::effort::{LEAST_BUDGET, gemini_version};

pub(crate) use apply::{apply, own_tool};
use table::{GENERAL, Spec};

/// What is refused: the field's path within the options, and why.
pub type Refused = (String, String);

/// The field of [`ModelOptions`] that only one kind of provider understands.
const OF_PROVIDER: &str = "provider_options";
/// How many tokens a Claude may think for.
const BUDGET: &str = "thinking.budget_tokens";
/// What says nothing unless the search is on.
const OF_SEARCH: [&str; 3] = ["search_context_size", "allowed_domains", "blocked_domains"];
/// What a body has from the conversation, which an option must not replace.
const RESERVED: [&str; 6] = ["messages", "model", "stream", "stream_options", "tool_choice", "tools"];

/// Returns what a provider of this kind does not know, what has the wrong type, and what this wire format or this model
/// cannot honour, each by the path of its field.
#[must_use]
pub fn check(model: &ModelConfig) -> Vec<Refused> {
    let ModelConfig { kind, api, ref options, .. } = *model;
    let mut refused = Vec::new();
    for (name, value) in &general(options) {
        judge(kind, api, GENERAL, name, name, value, &mut refused);
    }
    walk(kind, api, &options.provider_options, "", &mut refused);
    refused.extend(together(api, options));
    refused.extend(budget(model));
    refused.extend(search(model));
    if options.use_responses_api.is_some()
        && !matches!(kind, ProviderKind::Openai | ProviderKind::OpenaiCompat)
    {
        let why = format!("{} decides by itself how its models are asked", kind.subject());
        refused.push(("use_responses_api".to_owned(), why));
    }
    refused
}

/// Returns how many tokens the model is set to think for, where its answer has room for them.
pub(crate) fn thinking_budget(model: &ModelConfig) -> Option<u64> {
    let budget = of_provider(model, BUDGET).and_then(Value::as_u64)?;
    (LEAST_BUDGET..model.max_output_tokens()).contains(&budget).then_some(budget)
}

/// Returns an option that only the provider understands.
pub(crate) fn of_provider<'a>(model: &'a ModelConfig, name: &str) -> Option<&'a Value> {
    find(&model.options.provider_options, name)
}

/// Returns whether the provider shall search the web.
pub(crate) fn searches(options: &ModelOptions) -> bool {
    find(&options.provider_options, "web_search_enabled").and_then(Value::as_bool).unwrap_or_default()
}

fn find<'a>(options: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    match name.split_once('.') {
        Some((first, rest)) => find(options.get(first)?.as_object()?, rest),
        None => options.get(name).filter(|value| !value.is_null()),
    }
}

/// Returns the options that every kind of provider has, by name.
fn general(options: &ModelOptions) -> Map<String, Value> {
    let said = serde_json::to_value(options).unwrap_or_default();
    let mut said = said.as_object().cloned().unwrap_or_default();
    said.retain(|name, _| GENERAL.iter().any(|spec| spec.name == name));
    said
}

fn walk(kind: ProviderKind, api: Api, options: &Map<String, Value>, above: &str, refused: &mut Vec<Refused>) {
    let specs = table::of(kind, api);
    for (name, value) in options.iter().filter(|(_, value)| !value.is_null()) {
        let name = format!("{above}{name}");
        let inner = format!("{name}.");
        match value.as_object() {
            Some(fields) if specs.iter().any(|spec| spec.name.starts_with(&inner)) => {
                walk(kind, api, fields, &inner, refused);
            }
            Some(_) | None => {
                judge(kind, api, specs, &name, &format!("{OF_PROVIDER}.{name}"), value, refused);
            }
        }
    }
}

fn judge(
    kind: ProviderKind,
    api: Api,
    specs: &[Spec],
    name: &str,
    path: &str,
    value: &Value,
    refused: &mut Vec<Refused>,
) {
    let mut named = specs.iter().filter(|spec| spec.name == name).peekable();
    let why = if named.peek().is_none() {
        Some(format!("there is no such option for {}", kind.subject()))
    } else if let Some(spec) = named.find(|spec| spec.place(api).is_some() && spec.is_for(kind)) {
        spec.shape.refuses(value)
    } else {
        Some(format!("{} cannot honour it", wire(kind, api)))
    };
    refused.extend(why.map(|why| (path.to_owned(), why)));
}

/// Returns what cannot be said beside something else.
fn together(api: Api, options: &ModelOptions) -> Vec<Refused> {
    let of_provider = |name: &str| find(&options.provider_options, name);
    let mut refused = Vec::new();
    let mut refuse = |path: &str, why: &str| refused.push((path.to_owned(), why.to_owned()));
    if api == Api::AnthropicMessages {
        let thinks = options.reasoning_effort.is_some() || of_provider(BUDGET).is_some();
        for (name, said) in
            [("temperature", options.temperature.is_some()), ("top_k", options.top_k.is_some())]
        {
            if thinks && said {
                refuse(name, "a model that thinks does not take it");
            }
        }
        if of_provider("allowed_domains").is_some() && of_provider("blocked_domains").is_some() {
            refuse("provider_options.blocked_domains", "cannot be set beside allowed_domains");
        }
    }
    for name in OF_SEARCH {
        if of_provider(name).is_some() && !searches(options) {
            refuse(&format!("{OF_PROVIDER}.{name}"), "says nothing unless web_search_enabled is true");
        }
    }
    for name in of_provider("extra_body").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        if RESERVED.contains(&name.as_str()) {
            refuse(&format!("{OF_PROVIDER}.extra_body.{name}"), "is said by the conversation");
        }
    }
    refused
}

/// What is spent on thoughts is part of the answer's limit.
fn budget(model: &ModelConfig) -> Option<Refused> {
    let wish = of_provider(model, BUDGET).and_then(Value::as_u64)?;
    let most = model.max_output_tokens();
    let why = format!("must be below max_output_tokens, which is {most}");
    (model.api == Api::AnthropicMessages && wish >= most).then(|| (format!("{OF_PROVIDER}.{BUDGET}"), why))
}

/// Before Gemini 3 one request may search or call functions, not both, and which tools a chat brings is not known here.
/// <https://ai.google.dev/gemini-api/docs/tool-combination>
fn search(model: &ModelConfig) -> Option<Refused> {
    let either = model.api == Api::GoogleGenerate && gemini_version(&model.model) < (3, 0);
    let why =
        format!("{} cannot search beside the tools of a chat; models from Gemini 3 on can", model.model);
    (either && searches(&model.options)).then(|| (format!("{OF_PROVIDER}.web_search_enabled"), why))
}

fn wire(kind: ProviderKind, api: Api) -> String {
    let api = match api {
        Api::AnthropicMessages => "Anthropic Messages",
        Api::OpenaiResponses => "OpenAI Responses",
        Api::OpenaiChat => "OpenAI Chat Completions",
        Api::GoogleGenerate => "Google Generate Content",
    };
    format!("{api} at {}", kind.subject())
}

#[cfg(test)]
mod tests;
