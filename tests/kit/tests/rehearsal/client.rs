use kit::rehearsal::Rehearsal;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// The formats, for what is the same in each.
pub(crate) const FORMATS: [Format; 4] =
    [Format::Messages, Format::Responses, Format::Completions, Format::Generate];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Messages,
    Responses,
    Completions,
    Generate,
}

pub(crate) async fn start() -> Rehearsal {
    Rehearsal::start(([127, 0, 0, 1], 0).into()).await.unwrap()
}

impl Format {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Messages => "/v1/messages",
            Self::Responses => "/v1/responses",
            Self::Completions => "/v1/chat/completions",
            Self::Generate => "/v1beta/models/gemini-x:generateContent",
        }
    }

    /// A request with one user text.
    pub(crate) fn body(self, text: &str) -> Value {
        let messages = json!([{"role": "user", "content": text}]);
        match self {
            Self::Messages => json!({"model": "claude-x", "max_tokens": 4096, "messages": messages}),
            Self::Responses => json!({"model": "gpt-x", "input": messages}),
            Self::Completions => json!({"model": "gpt-x", "messages": messages}),
            Self::Generate => json!({"contents": [{"role": "user", "parts": [{"text": text}]}]}),
        }
    }

    pub(crate) fn post(self, rehearsal: &Rehearsal, body: &Value) -> RequestBuilder {
        let request = Client::new().post(rehearsal.url() + self.path()).json(body);
        match self {
            Self::Messages => request.header("x-api-key", "any").header("anthropic-version", "2023-06-01"),
            Self::Responses | Self::Completions => request.bearer_auth("any"),
            Self::Generate => request.header("x-goog-api-key", "any"),
        }
    }

    pub(crate) async fn send(self, rehearsal: &Rehearsal, body: &Value) -> Response {
        self.post(rehearsal, body).send().await.unwrap()
    }

    pub(crate) async fn ask(self, rehearsal: &Rehearsal, text: &str) -> (StatusCode, Value) {
        let response = self.send(rehearsal, &self.body(text)).await;
        (response.status(), response.json().await.unwrap())
    }

    /// The text of an answer that was not streamed.
    pub(crate) fn text(self, answer: &Value) -> String {
        let text = match self {
            Self::Messages => answer.pointer("/content/0/text"),
            Self::Responses => answer.pointer("/output/0/content/0/text"),
            Self::Completions => answer.pointer("/choices/0/message/content"),
            Self::Generate => answer.pointer("/candidates/0/content/parts/0/text"),
        };
        text.and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// Starts a stream.
pub(crate) async fn stream(rehearsal: &Rehearsal, format: Format, text: &str) -> Response {
    let mut body = format.body(text);
    if format == Format::Generate {
        let address = format!("{}/v1beta/models/gemini-x:streamGenerateContent?alt=sse", rehearsal.url());
        let request = Client::new().post(address).json(&body).header("x-goog-api-key", "any");
        return request.send().await.unwrap();
    }
    body["stream"] = json!(true);
    format.send(rehearsal, &body).await
}

/// The payloads of a stream, without `[DONE]`.
pub(crate) fn payloads(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}
