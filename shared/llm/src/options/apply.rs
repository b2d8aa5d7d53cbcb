//! Puts the options into a request.

use chat::model::{Api, ModelConfig};
use serde_json::{Value, json};

use super::{
    find, general, searches,
    table::{self, GENERAL, Place, Spec},
};
use crate::effort::gemini_version;

/// The kinds of harm that Gemini can be told about.
const HARMS: [&str; 5] = [
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
];

/// What the search is called that a provider runs itself.
const WEB_SEARCH: &str = "web_search";

/// Puts the options of `model` into the body of a request. What [`super::check`] refuses has no effect.
pub(crate) fn apply(model: &ModelConfig, body: &mut Value) {
    let general = general(&model.options);
    for spec in GENERAL {
        place(model, spec, general.get(spec.name), body);
    }
    for spec in table::of(model.kind, model.api) {
        place(model, spec, find(&model.options.provider_options, spec.name), body);
    }
    if searches(&model.options) {
        search(model, body);
    }
}

fn place(model: &ModelConfig, spec: &Spec, value: Option<&Value>, body: &mut Value) {
    let (Some(value), Some(place)) = (value, spec.place(model.api)) else {
        return;
    };
    if !spec.is_for(model.kind) || spec.shape.refuses(value).is_some() {
        return;
    }
    let is_true = value.as_bool().unwrap_or_default();
    let has_tools = body.get("tools").is_some();
    match place {
        Place::At(path) => *at(body, path) = value.clone(),
        Place::Unless(path) => {
            let held = at(body, path);
            if held.is_null() {
                *held = value.clone();
            }
        }
        Place::Instead(path, other) => {
            *at(body, path) = value.clone();
            remove(body, other);
        }
        Place::WithTools(path) if has_tools => *at(body, path) = value.clone(),
        Place::EachTool(path) => {
            let tools = body.get_mut("tools").and_then(Value::as_array_mut);
            tools.into_iter().flatten().for_each(|tool| *at(tool, path) = value.clone());
        }
        Place::Before(path) => {
            let held = at(body, path);
            let texts = [value.as_str(), held.as_str()];
            *held = json!(texts.into_iter().flatten().collect::<Vec<_>>().join("\n\n"));
        }
        Place::Among(path) => value.as_array().into_iter().flatten().for_each(|item| add(body, path, item)),
        Place::Adds(path, word) if is_true => add(body, path, &json!(word)),
        Place::OneAtATime if is_true && has_tools => {
            body["tool_choice"] = json!({"type": "auto", "disable_parallel_tool_use": true});
        }
        Place::EveryHarm => every_harm(body, value),
        Place::Body => {
            let fields = value.as_object().into_iter().flatten();
            fields.for_each(|(name, value)| body[name.as_str()] = value.clone());
        }
        Place::WithTools(_) | Place::Adds(..) | Place::OneAtATime | Place::Search | Place::Encoder => {}
    }
}

/// Returns the name of the tool that the provider runs itself, if it is offered and has a name that a call can be of.
pub(crate) fn own_tool(model: &ModelConfig) -> Option<&'static str> {
    let is_named = match model.api {
        Api::AnthropicMessages | Api::OpenaiResponses => true,
        Api::OpenaiChat | Api::GoogleGenerate => false,
    };
    (is_named && searches(&model.options) && can_search(model)).then_some(WEB_SEARCH)
}

fn can_search(model: &ModelConfig) -> bool {
    table::of(model.kind, model.api).iter().any(|spec| {
        spec.name == "web_search_enabled" && spec.place(model.api).is_some() && spec.is_for(model.kind)
    })
}

/// Offers the search that the provider runs itself.
fn search(model: &ModelConfig, body: &mut Value) {
    if !can_search(model) {
        return;
    }
    let said = |name: &str| find(&model.options.provider_options, name).cloned();
    let mut tool = match model.api {
        Api::AnthropicMessages => json!({"type": "web_search_20250305", "name": WEB_SEARCH}),
        Api::OpenaiResponses => json!({"type": WEB_SEARCH}),
        Api::OpenaiChat => return,
        Api::GoogleGenerate => return google_search(model, body),
    };
    match model.api {
        Api::AnthropicMessages => {
            for name in ["allowed_domains", "blocked_domains"] {
                said(name).into_iter().for_each(|domains| tool[name] = domains);
            }
        }
        Api::OpenaiResponses => {
            said("search_context_size").into_iter().for_each(|size| tool["search_context_size"] = size);
            said("allowed_domains")
                .into_iter()
                .for_each(|domains| tool["filters"] = json!({"allowed_domains": domains}));
        }
        Api::OpenaiChat | Api::GoogleGenerate => {}
    }
    add(body, "tools", &tool);
}

/// What `check` refuses for a model before Gemini 3 is left out where it would spoil the request.
fn google_search(model: &ModelConfig, body: &mut Value) {
    let calls_functions = body.get("tools").is_some();
    if calls_functions && gemini_version(&model.model) < (3, 0) {
        return;
    }
    if calls_functions {
        *at(body, "toolConfig.includeServerSideToolInvocations") = json!(true);
    }
    add(body, "tools", &json!({"googleSearch": {}}));
}

/// A setting of its own goes before what is said of every harm.
fn every_harm(body: &mut Value, threshold: &Value) {
    let held = body.get("safetySettings").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_set = |harm: &str| held.iter().any(|setting| setting["category"] == harm);
    let others = HARMS.into_iter().filter(|harm| !is_set(harm));
    let others = others.map(|harm| json!({"category": harm, "threshold": threshold}));
    body["safetySettings"] = held.iter().cloned().chain(others).collect();
}

/// Returns the place at a path, making what is not there.
fn at<'a>(body: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(body, |json, name| {
        if !json.is_object() {
            *json = json!({});
        }
        &mut json[name]
    })
}

fn remove(body: &mut Value, path: &str) {
    let Some((above, name)) = path.rsplit_once('.') else {
        body.as_object_mut().map(|fields| fields.remove(path));
        return;
    };
    at(body, above).as_object_mut().map(|fields| fields.remove(name));
}

fn add(body: &mut Value, path: &str, item: &Value) {
    let held = at(body, path);
    if !held.is_array() {
        *held = json!([]);
    }
    if let Some(list) = held.as_array_mut().filter(|list| !list.contains(item)) {
        list.push(item.clone());
    }
}
