use std::sync::Arc;

use serde_json::json;

use super::{
    shape::Shape,
    table::{self, Place},
    *,
};
use crate::{
    testing::{model, rich},
    transport::apis,
    wire,
};

const KINDS: [ProviderKind; 9] = [
    ProviderKind::Anthropic,
    ProviderKind::Openai,
    ProviderKind::OpenaiCompat,
    ProviderKind::Azure,
    ProviderKind::Bedrock,
    ProviderKind::Google,
    ProviderKind::Openrouter,
    ProviderKind::Vercel,
    ProviderKind::Rehearsal,
];

/// A value that no request has by itself.
fn sample(shape: Shape) -> Value {
    match shape {
        Shape::Flag => json!(true),
        Shape::Text => json!("sentinel"),
        Shape::Texts => json!(["sentinel"]),
        Shape::Word(words) => json!(words[1]),
        Shape::Whole { least, most } => json!((least + 7).min(most)),
        Shape::Number { most, .. } => json!(most / 4.0 + 0.125),
        Shape::Object => json!({"sentinel": 7}),
        Shape::Numbers => json!({"sentinel": 7}),
        Shape::TextsByName => json!({"sentinel": "7"}),
        Shape::Safety => json!([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "sentinel"}]),
    }
}

/// Returns the options with one set; what says nothing alone comes with what it needs.
fn with(name: &str, value: Value, is_general: bool) -> ModelOptions {
    let mut options = json!({"provider_options": {}});
    let path = if is_general { name.to_owned() } else { format!("provider_options.{name}") };
    let slot = path.split('.').fold(&mut options, |json, name| &mut json[name]);
    *slot = value;
    if OF_SEARCH.contains(&name) {
        options["provider_options"]["web_search_enabled"] = json!(true);
    }
    serde_json::from_value(options).unwrap()
}

fn encoded(kind: ProviderKind, api: Api, options: ModelOptions) -> Value {
    let mut request = rich(api, json!({"type": "thinking", "signature": "s", "thoughtSignature": "s"}));
    request.effort = None;
    request.model = Arc::new(ModelConfig { kind, options, ..model(api) });
    wire::encode(&request)
}

/// Returns whether a value is anywhere in a request: a text within another, the items of a list among others.
fn has(json: &Value, wanted: &Value) -> bool {
    let within = |inner: &Value| has(inner, wanted);
    let held = match (json, wanted) {
        (Value::String(text), Value::String(wanted)) => text.contains(wanted.as_str()),
        (Value::Array(list), Value::Array(wanted)) => wanted.iter().all(|item| list.contains(item)),
        _ => json == wanted,
    };
    held || json.as_array().is_some_and(|list| list.iter().any(within))
        || json.as_object().is_some_and(|fields| fields.values().any(within))
}

fn is_honoured(
    kind: ProviderKind,
    api: Api,
    options: ModelOptions,
    value: &Value,
    place: Option<Place>,
) -> bool {
    let body = encoded(kind, api, options);
    let is_there = match value.as_object().filter(|_| place == Some(Place::Body)) {
        Some(fields) => fields.iter().all(|(name, value)| &body[name] == value),
        None => value.is_boolean() || has(&body, value),
    };
    is_there && body != encoded(kind, api, ModelOptions::default())
}

#[test]
fn every_option_of_every_provider_is_in_the_request_or_refused_by_name() {
    let mut refused = Vec::new();
    for kind in KINDS {
        for api in apis(kind).iter().copied() {
            let specs = table::of(kind, api).iter().map(|spec| (spec, false));
            for (spec, is_general) in specs.chain(GENERAL.iter().map(|spec| (spec, true))) {
                // What is on already is switched off.
                let value = if spec.name == "send_reasoning" { json!(false) } else { sample(spec.shape) };
                let options = with(spec.name, value.clone(), is_general);
                let path =
                    if is_general { spec.name.to_owned() } else { format!("{OF_PROVIDER}.{}", spec.name) };
                let why = checked(kind, api, options.clone());
                let is_refused = why.iter().any(|(field, _)| *field == path);
                let is_honoured = is_honoured(kind, api, options, &value, spec.place(api));
                assert_ne!(is_refused, is_honoured, "{kind:?} {api:?} {} {why:?}", spec.name);
                if is_refused {
                    refused.push(format!("{} {api:?} {}", kind.as_str(), spec.name));
                }
            }
        }
    }
    refused.dedup();
    insta::assert_snapshot!(refused.join("\n"));
}

#[test]
fn no_value_of_another_type_is_taken() {
    for kind in KINDS {
        for api in apis(kind).iter().copied() {
            for spec in table::of(kind, api) {
                for wrong in [json!([[]]), json!({"a": []}), json!(-1), json!("")] {
                    let options = with(spec.name, wrong.clone(), false);
                    let takes_any_object = spec.shape == Shape::Object && wrong.is_object();
                    assert!(
                        !checked(kind, api, options.clone()).is_empty() || takes_any_object,
                        "{kind:?} {} {wrong}",
                        spec.name
                    );
                }
            }
        }
    }
}

fn checked(kind: ProviderKind, api: Api, options: ModelOptions) -> Vec<Refused> {
    check(&ModelConfig { kind, options, ..model(api) })
}

fn refused(kind: ProviderKind, api: Api, options: Value) -> Vec<Refused> {
    checked(kind, api, serde_json::from_value(options).unwrap())
}

#[test]
fn refusals_name_the_field_and_the_reason() {
    let openai =
        json!({"top_k": 1, "provider_options": {"max_tool_calls": "x", "nonsense": 1, "logit_bias": {}}});
    let expect = [
        ("top_k", "OpenAI Responses at OpenAI cannot honour it"),
        ("provider_options.logit_bias", "OpenAI Responses at OpenAI cannot honour it"),
        ("provider_options.max_tool_calls", "must be a whole number from 1 to 10000000"),
        ("provider_options.nonsense", "there is no such option for OpenAI"),
    ];
    let refused = refused(ProviderKind::Openai, Api::OpenaiResponses, openai);
    assert_eq!(refused, expect.map(|(path, why)| (path.to_owned(), why.to_owned())));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let anthropic = json!({"temperature": 0.5, "reasoning_effort": {},
        "provider_options": {"web_search_enabled": true, "allowed_domains": ["a"], "blocked_domains": ["b"]}});
    let named = |refused: Vec<Refused>| refused.into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    let refused_there = refused(ProviderKind::Anthropic, Api::AnthropicMessages, anthropic);
    assert_eq!(named(refused_there), ["temperature", "provider_options.blocked_domains"]);
    let alone = json!({"provider_options": {"allowed_domains": ["a"]}});
    assert_eq!(
        named(refused(ProviderKind::Openai, Api::OpenaiResponses, alone)),
        ["provider_options.allowed_domains"]
    );
    let body = json!({"provider_options": {"extra_body": {"messages": [], "seed": 1}}});
    assert_eq!(
        named(refused(ProviderKind::Openrouter, Api::OpenaiChat, body)),
        ["provider_options.extra_body.messages"]
    );
    let azure = json!({"use_responses_api": true});
    assert_eq!(named(refused(ProviderKind::Azure, Api::OpenaiResponses, azure)), ["use_responses_api"]);
}

#[test]
fn a_budget_that_the_answer_has_no_room_for_is_refused_by_name() {
    let anthropic = |options| refused(ProviderKind::Anthropic, Api::AnthropicMessages, options);
    let of = |budget: u64| json!({"thinking": {"budget_tokens": budget}});
    let limited = |budget| json!({"max_output_tokens": 4_096, "provider_options": of(budget)});
    let path = "provider_options.thinking.budget_tokens".to_owned();
    assert_eq!(anthropic(limited(4_095)), []);
    let why = "must be below max_output_tokens, which is 4096".to_owned();
    assert_eq!(anthropic(limited(4_096)), [(path.clone(), why)]);
    assert_eq!(anthropic(json!({"provider_options": of(31_999)})), []);
    let why = "must be below max_output_tokens, which is 32000".to_owned();
    assert_eq!(anthropic(json!({"provider_options": of(32_000)})), [(path.clone(), why)]);
    let why = "must be a whole number from 1024 to 1000000".to_owned();
    assert_eq!(anthropic(limited(1_023)), [(path, why)]);
}

#[test]
fn a_gemini_that_cannot_search_beside_tools_is_not_set_to() {
    let options: ModelOptions =
        serde_json::from_value(json!({"provider_options": {"web_search_enabled": true}})).unwrap();
    let refused = |api, name: &str| {
        check(&ModelConfig { model: name.to_owned(), options: options.clone(), ..model(api) })
    };
    assert_eq!(refused(Api::GoogleGenerate, "gemini-3-pro-preview"), []);
    let why = "gemini-2.5-flash cannot search beside the tools of a chat; models from Gemini 3 on can";
    let expect = [("provider_options.web_search_enabled".to_owned(), why.to_owned())];
    assert_eq!(refused(Api::GoogleGenerate, "gemini-2.5-flash"), expect);
    assert_eq!(refused(Api::OpenaiResponses, "gemini-2.5-flash"), []);
}

#[test]
fn searches_are_offered_in_each_wires_words() {
    let search = |kind, api, options: Value| {
        encoded(
            kind,
            api,
            ModelOptions {
                provider_options: options.as_object().unwrap().clone(),
                ..ModelOptions::default()
            },
        )
    };
    let last = |body: &Value| body["tools"].as_array().unwrap().last().cloned().unwrap();
    let on = json!({"web_search_enabled": true, "allowed_domains": ["a.b"]});
    let body = search(ProviderKind::Anthropic, Api::AnthropicMessages, on.clone());
    let expect = json!({"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.b"]});
    assert_eq!(last(&body), expect);
    let body = search(ProviderKind::Openai, Api::OpenaiResponses, on);
    assert_eq!(last(&body), json!({"type": "web_search", "filters": {"allowed_domains": ["a.b"]}}));
    let body = search(ProviderKind::Google, Api::GoogleGenerate, json!({"web_search_enabled": true}));
    assert_eq!(last(&body), json!({"googleSearch": {}}));
    assert_eq!(body["toolConfig"]["includeServerSideToolInvocations"], true);
}

#[test]
fn a_tool_named_like_the_providers_own_gives_way_to_it() {
    let options: ModelOptions =
        serde_json::from_value(json!({"provider_options": {"web_search_enabled": true}})).unwrap();
    for (api, kind) in
        [(Api::AnthropicMessages, ProviderKind::Anthropic), (Api::OpenaiResponses, ProviderKind::Openai)]
    {
        let mut request = rich(api, json!({}));
        request.tools[0].name = "web_search".to_owned();
        let named = |request: &chat::model::ModelRequest| {
            let body = wire::encode(request);
            let is_it = |tool: &&Value| tool["name"] == "web_search" || tool["type"] == "web_search";
            body["tools"].as_array().unwrap().iter().filter(is_it).cloned().collect::<Vec<_>>()
        };
        assert_eq!(named(&request).len(), 1, "it is a tool like any other");
        request.model = Arc::new(ModelConfig { options: options.clone(), kind, ..model(api) });
        let tools = named(&request);
        assert_eq!(tools.len(), 1);
        assert!(tools[0]["type"].as_str().unwrap().starts_with("web_search"), "{tools:?}");
    }
}

#[test]
fn what_was_chosen_for_a_message_goes_before_an_option() {
    let mut request = rich(Api::OpenaiResponses, json!({}));
    let options = with("reasoning_effort", json!("low"), false);
    request.model = Arc::new(ModelConfig { options, ..model(Api::OpenaiResponses) });
    assert_eq!(wire::encode(&request)["reasoning"]["effort"], "high");
    request.effort = None;
    assert_eq!(wire::encode(&request)["reasoning"]["effort"], "low");
}
