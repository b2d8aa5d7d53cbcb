//! What only a provider may know is shown to nobody else.

use chat::{
    event::Body,
    id::{ChatId, MessageId},
    message::{NewMessage, Role},
    model::{Api, ModelError},
    time::Timestamp,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    anthropic, body,
    classify::classify,
    endpoint::Secret,
    fault::without,
    google_generate, openai_chat, openai_responses,
    stream::Stream,
    testing::{model, parts, read, request, stream},
};

const KEY: &str = "qs/key+of:nobody";
const WORDS: &str = "Item 'rs_68af0c9e11' of request req_011CSHoEeqs5C35K2U in org-Qk3xAbCd12 \
    (msg_01AbCdEfGh, Bearer abc123, sk-proj-1234, key qs/key+of:nobody)";
const CLEAN: &str = "Item '…' of request … in … (…, Bearer …, …, key …)";

fn failed(api: Api, event: &Value) -> ModelError {
    let mut reading = Stream::of(&request(api, Vec::new())).hiding(Secret::new(KEY));
    reading.feed(stream(std::slice::from_ref(event)).as_bytes());
    reading.next().unwrap().unwrap_err()
}

fn refused(body: &Value) -> ModelError {
    let fault = body::refusal(StatusCode::BAD_REQUEST, body.to_string().as_bytes(), None);
    without(classify(fault, "openai"), &Secret::new(KEY))
}

fn check(error: &ModelError) {
    assert_eq!(error.failure().detail.as_deref(), Some(CLEAN));
    let shown = serde_json::to_string(&error.failure()).unwrap() + &error.to_string();
    for secret in ["rs_", "req_", "org-", "msg_", "sk-", "abc123", KEY] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn failures_in_a_stream_name_no_ids() {
    let error = json!({"type": "server_error", "message": WORDS});
    let anthropic = json!({"type": "error", "error": error, "request_id": "req_011CSHoEeqs5C35K2U"});
    let response = json!({"id": "resp_68af0c9e11", "error": {"code": "server_error", "message": WORDS}});
    check(&failed(Api::AnthropicMessages, &anthropic));
    check(&failed(Api::OpenaiResponses, &json!({"type": "response.failed", "response": response})));
    check(&failed(Api::OpenaiResponses, &json!({"type": "error", "code": "x", "message": WORDS})));
    check(&failed(Api::OpenaiChat, &json!({"error": error})));
    check(&failed(Api::GoogleGenerate, &json!({"error": error})));
}

#[test]
fn refusals_name_no_ids() {
    check(&refused(&json!({"error": {"message": WORDS, "type": "invalid_request_error"}})));
    check(&refused(&json!({"type": "error", "error": {"message": WORDS}, "request_id": "req_011CSHoEeqs5"})));
    check(&refused(&json!({"detail": WORDS})));
}

#[test]
fn ids_do_not_hide_what_a_failure_means() {
    let words = "Item 'rs_68af0c9e11' of type 'reasoning' was provided without its required following item.";
    let error = failed(Api::OpenaiResponses, &json!({"type": "error", "message": words}));
    assert_eq!(error.message, words.replace("rs_68af0c9e11", "…"));
    assert!(!error.retryable);
}

#[test]
fn messages_are_shown_without_their_providers_items() {
    let chat_id = ChatId(uuid::Uuid::nil());
    for (api, answer) in [
        (Api::AnthropicMessages, anthropic::tests::full_answer()),
        (Api::OpenaiResponses, openai_responses::tests::full_answer()),
        (Api::OpenaiChat, openai_chat::tests::full_answer()),
        (Api::GoogleGenerate, google_generate::tests::full_answer()),
    ] {
        let mut parts = parts(&read(api, &stream(&answer)).0);
        let items: Vec<_> = parts.iter_mut().filter_map(|part| part.provider.as_mut()).collect();
        assert!(!items.is_empty(), "{api:?}");
        items.into_iter().for_each(|item| item.item = json!({"id": "for_nobody"}));
        let message = NewMessage::of(Role::Assistant, parts).placed(MessageId(1), Timestamp(0), 1);
        assert!(serde_json::to_string(&message).unwrap().contains("for_nobody"));
        let message = Box::new(message.view(chat_id).unwrap());
        let shown = serde_json::to_string(&Body::Message { message }).unwrap();
        assert!(
            !shown.contains("for_nobody") && !shown.contains(&crate::wire::origin_of(&model(api))),
            "{shown}"
        );
    }
}
