//! However an answer fails, all wire formats tell the same of it: what was said, what is kept, and what it means.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, mpsc},
    thread,
};

use chat::{
    catalogue::ProviderKind,
    failure::Kind,
    id::{ChatId, MessageId},
    message::{NewMessage, Role},
    model::{Api, Attachments, ModelConfig, ModelEvent, ModelRequest, StopReason},
    part::{Delta, Part},
    time::Timestamp,
};
use kit::seed;
use llm::{Auth, Endpoint, Llm, Secret};

const ALL: [Api; 4] = [Api::AnthropicMessages, Api::OpenaiResponses, Api::OpenaiChat, Api::GoogleGenerate];

#[derive(Debug, PartialEq)]
struct Told {
    /// What was shown.
    text: String,
    /// The whole calls.
    calls: usize,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Failed(Kind, bool),
    /// It ended, and what was shown is kept.
    Finished(StopReason),
    /// Nothing more came, and nobody hung up.
    Silent,
}

/// Each way to fail: its fixture, what is shown by then, and what comes of it.
const WAYS: [(&str, &str, End); 9] = [
    ("cut_in_text", "Half of it", failed(Kind::Timeout)),
    ("cut_in_call", "I look.", failed(Kind::Timeout)),
    ("error_event", "Half of it", failed(Kind::Overloaded)),
    ("server_error_event", "Half of it", failed(Kind::Generic)),
    ("overloaded", "", failed(Kind::Overloaded)),
    ("malformed_event", "Half of it", failed(Kind::Generic)),
    ("truncated_args", "I look.", failed(Kind::Generic)),
    ("silence", "Half of it", End::Silent),
    ("content_filter", "I would", End::Finished(StopReason::Filtered)),
];

const fn failed(kind: Kind) -> End {
    End::Failed(kind, true)
}

fn fixture(api: Api, way: &str) -> String {
    let api = serde_json::to_value(api).unwrap();
    let path = format!("{}/tests/fixtures/{}/{way}.http", env!("CARGO_MANIFEST_DIR"), api.as_str().unwrap());
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A provider that answers one request with what is given, and then hangs up once it may.
struct Provider {
    url: String,
    may_hang_up: mpsc::Sender<()>,
}

impl Provider {
    fn of(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (head, body) = answer.split_once("\n\n").unwrap();
        let answer = format!("{}\r\nconnection: close\r\n\r\n{body}", head.replace('\n', "\r\n"));
        let (may_hang_up, hang_up) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            swallow(&mut BufReader::new(stream.try_clone().unwrap()));
            stream.write_all(answer.as_bytes()).unwrap();
            // Dropped with the sender, if nobody says anything.
            let _ = hang_up.recv();
        });
        Self { url, may_hang_up }
    }
}

/// Reads a request to its end: a connection closed before would be reset.
fn swallow(request: &mut impl BufRead) {
    let mut length = 0;
    loop {
        let mut line = String::new();
        request.read_line(&mut line).unwrap();
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut request.take(length), &mut std::io::sink()).unwrap();
}

fn request(api: Api) -> ModelRequest {
    let said = NewMessage::of(Role::User, vec![Part::Text { text: "Hi".to_owned() }.into()]);
    ModelRequest {
        model: Arc::new(ModelConfig { api, ..seed::model() }),
        access: seed::access(),
        chat_id: ChatId(uuid::Uuid::nil()),
        system: Vec::new(),
        messages: vec![Arc::new(said.placed(MessageId(1), Timestamp(0), 1))],
        attachments: Attachments::default(),
        tools: Vec::new(),
        effort: None,
    }
}

/// Asks for an answer and takes it in, to its end or until all of `text` was shown and nothing follows.
async fn told(api: Api, way: &str, text: &str) -> Told {
    let provider = Provider::of(&fixture(api, way));
    let hangs_up = way != "silence";
    if hangs_up {
        provider.may_hang_up.send(()).unwrap();
    }
    let auth = Auth::Key(Secret::new("any-key"));
    let endpoint = Endpoint::of(ProviderKind::Rehearsal, Some(&provider.url), auth).unwrap();
    let mut told = Told { text: String::new(), calls: 0, end: End::Silent };
    let mut kept = String::new();
    let mut answer = match Llm::new(llm::reach::Reach::Anywhere, kit::tls::nobody())
        .unwrap()
        .ask_at(&endpoint, request(api))
        .await
    {
        Ok(answer) => answer,
        Err(error) => return Told { end: End::Failed(error.kind, error.retryable), ..told },
    };
    loop {
        let is_silent = !hangs_up && told.text == text;
        let next = tokio::select! {
            biased;
            next = answer.next() => next,
            () = tokio::task::yield_now(), if is_silent => return told,
        };
        match next.unwrap() {
            Ok(ModelEvent::Delta(Delta::Text { text })) => told.text.push_str(&text),
            Ok(ModelEvent::Delta(_)) => {}
            Ok(ModelEvent::Part(part)) => {
                told.calls += usize::from(matches!(part.part, Part::ToolCall(_)));
                if let Part::Text { text } = part.part {
                    kept.push_str(&text);
                }
            }
            Ok(ModelEvent::Finish { reason, .. }) => {
                assert_eq!(kept, told.text, "what was shown is kept");
                return Told { end: End::Finished(reason), ..told };
            }
            Err(error) => return Told { end: End::Failed(error.kind, error.retryable), ..told },
        }
    }
}

#[tokio::test]
async fn every_wire_format_tells_the_same_of_every_way_to_fail() {
    for (way, text, end) in WAYS {
        for api in ALL {
            let expect = Told { text: text.to_owned(), calls: 0, end };
            assert_eq!(told(api, way, text).await, expect, "{api:?} {way}");
        }
    }
}

#[test]
fn every_fixture_is_read() {
    for api in ALL {
        let folder = serde_json::to_value(api).unwrap();
        let path = format!("{}/tests/fixtures/{}", env!("CARGO_MANIFEST_DIR"), folder.as_str().unwrap());
        assert_eq!(std::fs::read_dir(path).unwrap().count(), WAYS.len(), "{api:?}");
    }
}
