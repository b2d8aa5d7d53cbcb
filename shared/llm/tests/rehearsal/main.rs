//! The adapters against a server that refuses what the providers refuse.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::{net::SocketAddr, sync::Arc};

use chat::{
    catalogue::ProviderKind,
    failure::Kind,
    id::{ChatId, MessageId},
    message::{NewMessage, Role},
    model::{
        Api, Attachments, Effort, ModelConfig, ModelError, ModelEvent, ModelRequest, StopReason, ToolSpec,
    },
    part::{Part, StoredPart, ToolResult},
    time::Timestamp,
};
use kit::{
    rehearsal::{Rehearsal, Script},
    seed,
};
use llm::{Auth, Endpoint, Llm, Secret};
use serde_json::json;

mod files;
mod pauses;

const ALL: [Api; 4] = [Api::AnthropicMessages, Api::OpenaiResponses, Api::OpenaiChat, Api::GoogleGenerate];

struct Stage {
    rehearsal: Rehearsal,
    llm: Llm,
    endpoint: Endpoint,
    api: Api,
    history: Vec<(Role, Vec<StoredPart>)>,
    attachments: Attachments,
}

fn endpoint(base_url: &str, key: &str) -> Endpoint {
    Endpoint::of(ProviderKind::Rehearsal, Some(base_url), Auth::Key(Secret::new(key))).unwrap()
}

struct Heard {
    parts: Vec<StoredPart>,
    finish: Option<ModelEvent>,
    error: Option<ModelError>,
}

impl Stage {
    async fn of(api: Api, key: &str) -> Self {
        let rehearsal = Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let base_url = match api {
            Api::AnthropicMessages => rehearsal.url(),
            Api::OpenaiResponses | Api::OpenaiChat | Api::GoogleGenerate => rehearsal.openai_url(),
        };
        Self {
            rehearsal,
            llm: Llm::new(llm::reach::Reach::Anywhere, kit::tls::nobody()).unwrap(),
            endpoint: endpoint(&base_url, key),
            api,
            history: Vec::new(),
            attachments: Attachments::default(),
        }
    }

    fn request(&self) -> ModelRequest {
        let model = match self.api {
            Api::AnthropicMessages => "claude-opus-4-7",
            Api::OpenaiResponses | Api::OpenaiChat => "gpt-5.2",
            Api::GoogleGenerate => "gemini-3-pro-preview",
        };
        let placed = self.history.iter().cloned().zip(1..).map(|((role, content), id)| {
            Arc::new(NewMessage::of(role, content).placed(MessageId(id), Timestamp(0), id))
        });
        ModelRequest {
            model: Arc::new(ModelConfig { api: self.api, model: model.to_owned(), ..seed::model() }),
            access: seed::access(),
            chat_id: ChatId(uuid::Uuid::nil()),
            system: vec!["Be brief.".to_owned()],
            messages: placed.collect(),
            attachments: self.attachments.clone(),
            tools: vec![ToolSpec {
                name: "fs.read".to_owned(),
                description: Some("Reads a file.".to_owned()),
                input_schema: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
            }],
            effort: Some(Effort::High),
        }
    }

    async fn ask(&self) -> Heard {
        let mut heard = Heard { parts: Vec::new(), finish: None, error: None };
        let mut answer = match self.llm.ask_at(&self.endpoint, self.request()).await {
            Ok(answer) => answer,
            Err(error) => return Heard { error: Some(error), ..heard },
        };
        while let Some(next) = answer.next().await {
            match next {
                Ok(ModelEvent::Part(part)) => heard.parts.push(part),
                Ok(ModelEvent::Delta(_)) => {}
                Ok(finish @ ModelEvent::Finish { .. }) => heard.finish = Some(finish),
                Err(error) => heard.error = Some(error),
            }
        }
        heard
    }

    async fn say(&mut self, text: &str) -> Heard {
        self.history.push((Role::User, vec![Part::Text { text: text.to_owned() }.into()]));
        self.ask().await
    }

    fn answer_calls(&mut self, heard: &Heard) {
        self.history.push((Role::Assistant, heard.parts.clone()));
        for stored in &heard.parts {
            if let Part::ToolCall(call) = &stored.part {
                let result = ToolResult {
                    tool_call_id: call.tool_call_id.clone(),
                    tool_name: call.tool_name.clone(),
                    result: json!({"content": "x"}),
                    is_error: false,
                    provider_executed: false,
                    outcome: None,
                };
                self.history.push((Role::Tool, vec![Part::ToolResult(result).into()]));
            }
        }
    }
}

#[tokio::test]
async fn a_turn_with_thoughts_and_parallel_calls_is_played_to_its_end() {
    for api in ALL {
        let mut stage = Stage::of(api, "any-key").await;
        let first = stage
            .say("/pace 0\n/reason 4\n/say I look.\n/call fs_read {\"path\":\"a\"}\n/call fs_read {\"path\":\"b\"}\n/then\n/reason 3\n/say Done.")
            .await;
        assert_eq!(first.error, None, "{api:?}");
        let kinds: Vec<_> = first.parts.iter().map(kind).collect();
        assert_eq!(kinds, ["reasoning", "text", "call fs.read", "call fs.read"], "{api:?}");
        let finish = first.finish.as_ref();
        assert!(
            matches!(finish, Some(ModelEvent::Finish { reason: StopReason::ToolCalls, usage }) if usage.output_tokens > 0)
        );
        stage.answer_calls(&first);
        let second = stage.ask().await;
        assert_eq!(second.error, None, "{api:?}");
        assert_eq!(
            second.parts.last().map(|stored| &stored.part),
            Some(&Part::Text { text: "Done.".to_owned() })
        );
        stage.answer_calls(&second);
        let third = stage.say("/pace 0\n/say Bye.").await;
        assert_eq!(third.error, None, "{api:?}");
        assert!(stage.rehearsal.requests().iter().all(|request| request.refusal.is_none()));
    }
}

fn kind(stored: &StoredPart) -> String {
    match &stored.part {
        Part::Text { .. } => "text".to_owned(),
        Part::Reasoning { .. } => "reasoning".to_owned(),
        Part::ToolCall(call) => format!("call {}", call.tool_name),
        Part::ToolResult(_)
        | Part::Source { .. }
        | Part::File { .. }
        | Part::FileReference { .. }
        | Part::ContextFile { .. }
        | Part::Skill { .. } => "something else".to_owned(),
    }
}

#[tokio::test]
async fn a_chat_goes_on_with_another_providers_model() {
    for (from, to) in ALL.into_iter().flat_map(|from| ALL.map(|to| (from, to))) {
        let mut stage = Stage::of(from, "any-key").await;
        let first = stage.say("/pace 0\n/reason 4\n/call fs_read {\"path\":\"a\"}\n/then\n/say Done.").await;
        stage.answer_calls(&first);
        let history = std::mem::take(&mut stage.history);
        let stage = Stage { history, ..Stage::of(to, "any-key").await };
        assert_eq!(stage.ask().await.error, None, "{from:?} to {to:?}");
    }
}

#[tokio::test]
async fn refusals_are_understood() {
    for (directive, kind, retryable) in [
        ("overloaded", Kind::Overloaded, true),
        ("rate_limit", Kind::RateLimit, true),
        ("quota", Kind::UsageLimit, false),
        ("auth", Kind::Auth, false),
        ("forbidden", Kind::Auth, false),
        ("not_found", Kind::Config, false),
        ("too_large", Kind::Config, false),
        ("context", Kind::Config, false),
        ("timeout", Kind::Timeout, true),
        ("server", Kind::Generic, true),
        ("invalid", Kind::Generic, false),
        ("503", Kind::Overloaded, true),
        ("502", Kind::Timeout, true),
    ] {
        for api in ALL {
            let mut stage = Stage::of(api, "any-key").await;
            let error = stage.say(&format!("/fail {directive}")).await.error.unwrap();
            assert_eq!((error.kind, error.retryable), (kind, retryable), "{api:?} {error:?}");
        }
    }
}

#[tokio::test]
async fn the_wait_that_a_provider_asks_for_is_kept() {
    for (said, expect) in [("7", 7_000), ("0.3", 300)] {
        let mut stage = Stage::of(Api::AnthropicMessages, "any-key").await;
        let error = stage.say(&format!("/fail rate_limit retry-after={said}")).await.error.unwrap();
        assert_eq!(error.retry_after_ms, Some(expect));
    }
}

#[tokio::test]
async fn a_cut_stream_may_be_asked_again() {
    for api in ALL {
        let mut stage = Stage::of(api, "any-key").await;
        let error = stage.say("/pace 0\n/text 20\n/cut after=5").await.error.unwrap();
        assert_eq!((error.kind, error.retryable), (Kind::Timeout, true), "{api:?} {error:?}");
    }
}

#[tokio::test]
async fn an_error_in_mid_stream_is_understood() {
    for api in ALL {
        let mut stage = Stage::of(api, "any-key").await;
        let error = stage.say("/pace 0\n/text 20\n/error-event overloaded after=5").await.error.unwrap();
        assert_eq!((error.kind, error.retryable), (Kind::Overloaded, true), "{api:?} {error:?}");
    }
}

#[tokio::test]
async fn reasons_to_stop_are_told_apart() {
    for api in ALL {
        for (directive, expect) in [("length", StopReason::Length), ("refusal", StopReason::Filtered)] {
            let mut stage = Stage::of(api, "any-key").await;
            let heard = stage.say(&format!("/pace 0\n/say Well.\n/stop {directive}")).await;
            let finish = heard.finish.as_ref();
            let reason = matches!(finish, Some(ModelEvent::Finish { reason, .. }) if *reason == expect);
            assert!(reason, "{api:?} {directive} {finish:?} {:?}", heard.error);
        }
    }
}

#[tokio::test]
async fn a_wrong_key_and_no_key_are_told_apart() {
    for api in ALL {
        let wrong = Stage::of(api, "wrong").await.say("Hi").await.error.unwrap();
        let status = if api == Api::GoogleGenerate { 400 } else { 401 };
        assert_eq!((wrong.kind, wrong.status), (Kind::Auth, Some(status)), "{wrong:?}");
        let missing = Stage::of(api, " ").await.say("Hi").await.error.unwrap();
        assert_eq!((missing.kind, missing.retryable), (Kind::MissingKey, false), "{missing:?}");
    }
}

#[tokio::test]
async fn nobody_listening_may_be_asked_again() {
    let mut stage = Stage::of(Api::OpenaiChat, "any-key").await;
    stage.endpoint = endpoint("http://127.0.0.1:1", "any-key");
    let error = stage.say("Hi").await.error.unwrap();
    assert_eq!((error.kind, error.retryable), (Kind::Timeout, true), "{error:?}");
}

#[tokio::test]
async fn nothing_is_lost_when_a_wait_is_given_up() {
    for api in ALL {
        let mut stage = Stage::of(api, "any-key").await;
        let (script, hold) = Script::say("one two three four five").held();
        stage.rehearsal.enqueue(script);
        stage.history.push((Role::User, vec![Part::Text { text: "Hi".to_owned() }.into()]));
        let mut answer = stage.llm.ask_at(&stage.endpoint, stage.request()).await.unwrap();
        let mut text = None;
        loop {
            tokio::select! {
                biased;
                next = answer.next() => match next {
                    Some(Ok(ModelEvent::Part(part))) => text = Some(part.part),
                    Some(Ok(ModelEvent::Delta(_) | ModelEvent::Finish { .. })) => {}
                    Some(Err(error)) => panic!("{error}"),
                    None => break,
                },
                () = tokio::task::yield_now() => hold.release(1),
            }
        }
        assert_eq!(text, Some(Part::Text { text: "one two three four five".to_owned() }), "{api:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_no_providers_is_told() {
    let mut stage = Stage::of(Api::OpenaiChat, "any-key").await;
    stage.endpoint = endpoint(&(stage.rehearsal.url() + "/elsewhere"), "any-key");
    let error = stage.say("Hi").await.error.unwrap();
    assert_eq!((error.kind, error.status, error.retryable), (Kind::Config, Some(404), false), "{error:?}");
}

#[tokio::test]
async fn requests_say_who_asks_in_which_version() {
    let mut stage = Stage::of(Api::AnthropicMessages, "any-key").await;
    stage.say("/pace 0\n/say Hi.").await;
    let requests = stage.rehearsal.requests();
    assert_eq!(requests[0].header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(requests[0].header("user-agent"), Some(concat!("quickstep/", env!("CARGO_PKG_VERSION"))));
}
