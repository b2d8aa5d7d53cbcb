//! Streamable HTTP: each message is posted, and its answer is a message or a stream of them.
//!
//! The rules: <https://modelcontextprotocol.io/specification/2025-11-25/basic/transports>.

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use rmcp::model::ProtocolVersion;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use url::Url;

use crate::{
    events::{Events, message},
    message::Message,
    web::{self, JSON},
    wire::{Failure, Told},
};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
const STREAM: &str = "text/event-stream";
const EITHER: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
/// Most bytes of an answer, as many as one event may have; and of one that is an error.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
const ERROR_BYTES: usize = 64 * 1024;
/// How often in a row a stream that ended too early may not be had again. One that is had and ends anew is a server that wants
/// to be asked now and then: how long that goes on is for who waits.
const TRIES: u32 = 6;
/// How long after its end a stream is taken up again, where the server does not say; and how soon at the earliest.
const PAUSE: Duration = Duration::from_secs(1);
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// How long the end of a session that is not wanted may take.
const END: Duration = Duration::from_secs(2);

/// A server behind one address.
#[derive(Debug)]
pub(crate) struct Streamable {
    client: Client,
    url: Url,
    headers: HeaderMap,
    version: Option<HeaderValue>,
    session: Option<HeaderValue>,
    answer: Answer,
}

/// Where the answer to the newest request is to be heard.
#[derive(Debug)]
enum Answer {
    None,
    Message(Box<Message>),
    Stream(Box<Stream>),
}

/// A stream that may be taken up again.
#[derive(Debug)]
struct Stream {
    events: Events,
    last_id: Option<HeaderValue>,
    pause: Duration,
}

impl Stream {
    fn of(answer: Response) -> Self {
        Self { events: Events::of(answer), last_id: None, pause: PAUSE }
    }
}

impl Streamable {
    pub(crate) fn new(client: &Client, url: Url, headers: HeaderMap) -> Self {
        Self { client: client.clone(), url, headers, version: None, session: None, answer: Answer::None }
    }

    pub(crate) async fn ask(&mut self, request: &Value, headers: HeaderMap) -> Result<(), Failure> {
        self.answer = Answer::None;
        let answer = self.post(request).headers(headers).send().await?;
        if !answer.status().is_success() {
            self.answer = Answer::Message(Box::new(self.refusal(answer).await?));
            return Ok(());
        }
        if self.version.is_none() {
            self.session = answer.headers().get(SESSION).cloned();
        }
        self.answer = match media_type(&answer) {
            Some(STREAM) => Answer::Stream(Box::new(Stream::of(answer))),
            Some(JSON) => Answer::Message(Box::new(read(answer, ANSWER_BYTES).await?.answering())),
            Some(_) | None => {
                return Err(Failure::Unusable("it answered neither JSON nor a stream of events".to_owned()));
            }
        };
        Ok(())
    }

    pub(crate) async fn hear(&mut self) -> Result<Message, Failure> {
        loop {
            match std::mem::replace(&mut self.answer, Answer::None) {
                Answer::None => {
                    return Err(Failure::Unusable("it did not answer what it was asked".to_owned()));
                }
                Answer::Message(message) => return Ok(*message),
                Answer::Stream(mut stream) => {
                    let heard = match stream.events.next().await? {
                        Some(event) => message(&event),
                        None => {
                            self.resume(&mut stream).await?;
                            None
                        }
                    };
                    self.answer = Answer::Stream(stream);
                    if let Some(message) = heard {
                        return Ok(message);
                    }
                }
            }
        }
    }

    /// Who stops waiting for the end of a stream leaves it.
    pub(crate) async fn finish(&mut self) {
        if let Answer::Stream(mut stream) = std::mem::replace(&mut self.answer, Answer::None) {
            while let Ok(Some(_)) = stream.events.next().await {}
        }
    }

    pub(crate) fn tell(&self, message: &Value) -> Told {
        let post = self.post(message);
        Box::pin(async move {
            let status = post.send().await?.status();
            if status.is_success() { Ok(()) } else { Err(Failure::Status(status)) }
        })
    }

    /// A version without sessions ends the one that the handshake may have begun.
    pub(crate) async fn agree(&mut self, version: &ProtocolVersion) {
        if !version.has_initialize() {
            if !matches!(timeout(END, self.end()).await, Ok(Ok(()))) {
                tracing::debug!("a session that is not wanted did not end well");
            }
            self.session = None;
        }
        self.version = HeaderValue::from_str(version.as_str()).ok();
    }

    /// A server need not let clients end its sessions.
    pub(crate) async fn end(&mut self) -> Result<(), Failure> {
        self.answer = Answer::None;
        if self.session.is_none() {
            return Ok(());
        }
        let status = self.with_headers(self.client.delete(self.url.clone())).send().await?.status();
        let is_fine = status.is_success() || status == StatusCode::METHOD_NOT_ALLOWED;
        if is_fine { Ok(()) } else { Err(Failure::Status(status)) }
    }

    /// Takes a stream up again that ended before the answer, if the server has said from where.
    async fn resume(&self, stream: &mut Stream) -> Result<(), Failure> {
        let ended = || Failure::Unusable("its stream ended before it answered".to_owned());
        if let Some(newest) = stream.events.last_id() {
            stream.last_id = header(newest);
        }
        let last_id = stream.last_id.clone().ok_or_else(ended)?;
        stream.pause = stream.events.retry().unwrap_or(stream.pause).max(LEAST_PAUSE);
        for _ in 0..TRIES {
            sleep(stream.pause).await;
            match self.stream_after(&last_id).await {
                Ok(events) => {
                    stream.events = events;
                    return Ok(());
                }
                Err(Failure::Status(status)) if !may_pass(status) => return Err(Failure::Status(status)),
                Err(error) => tracing::debug!(%error, "a stream was not taken up again"),
            }
        }
        Err(ended())
    }

    async fn stream_after(&self, last_id: &HeaderValue) -> Result<Events, Failure> {
        let get = self.with_headers(self.client.get(self.url.clone()));
        let answer = get.header(ACCEPT, STREAM).header(LAST_EVENT, last_id).send().await?;
        match (answer.status(), media_type(&answer)) {
            (StatusCode::OK, Some(STREAM)) => Ok(Events::of(answer)),
            (StatusCode::OK, _) => Err(Failure::Unusable("it answered no stream of events".to_owned())),
            (status, _) => Err(Failure::Status(status)),
        }
    }

    /// An error of HTTP may bring one of the protocol, which says more. Who may not come in is told so by HTTP alone.
    async fn refusal(&self, answer: Response) -> Result<Message, Failure> {
        let status = answer.status();
        if status == StatusCode::NOT_FOUND && self.session.is_some() {
            return Err(Failure::Unusable("it has ended the session".to_owned()));
        }
        let says_more = !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && media_type(&answer) == Some(JSON);
        let said = if says_more { read(answer, ERROR_BYTES).await.ok() } else { None };
        said.and_then(Message::into_refusal).ok_or(Failure::Status(status))
    }

    fn post(&self, message: &Value) -> RequestBuilder {
        let post = self.client.post(self.url.clone()).body(message.to_string());
        self.with_headers(post).header(ACCEPT, EITHER).header(CONTENT_TYPE, JSON)
    }

    /// What the protocol says of itself stands above what somebody has had sent along.
    fn with_headers(&self, request: RequestBuilder) -> RequestBuilder {
        let mut headers = self.headers.clone();
        for name in [ACCEPT, CONTENT_TYPE, LAST_EVENT, SESSION, VERSION] {
            headers.remove(name);
        }
        headers.extend(self.session.clone().map(|session| (SESSION, session)));
        headers.extend(self.version.clone().map(|version| (VERSION, version)));
        request.headers(headers)
    }
}

/// Returns an event's id as it is said to the server: whatever its bytes are. An empty one takes back those before it.
fn header(id: &str) -> Option<HeaderValue> {
    let id = HeaderValue::from_bytes(id.as_bytes()).ok()?;
    (!id.is_empty()).then_some(id)
}

/// Whether a server that answers this may answer otherwise later.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

fn media_type(answer: &Response) -> Option<&'static str> {
    let said = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let said = said.split(';').next().unwrap_or_default().trim();
    [JSON, STREAM].into_iter().find(|known| said.eq_ignore_ascii_case(known))
}

async fn read(answer: Response, most_bytes: usize) -> Result<Message, Failure> {
    let unusable = |why: &str| Failure::Unusable(why.to_owned());
    let body = web::body(answer, most_bytes).await?.ok_or_else(|| unusable("it answered too much"))?;
    serde_json::from_slice(&body).map_err(|_| unusable("its answer is no message of the protocol"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_id_goes_back_as_it_came() {
        let check = |id: &str, expect: Option<&str>| {
            assert_eq!(header(id).as_ref().map(HeaderValue::as_bytes), expect.map(str::as_bytes), "{id:?}");
        };
        check("1-a", Some("1-a"));
        check("Zürich", Some("Zürich"));
        check("", None);
        check("a\u{7f}", None);
    }

    #[test]
    fn only_who_may_answer_otherwise_later_is_asked_again() {
        let passes = |status: &u16| may_pass(StatusCode::from_u16(*status).unwrap());
        assert!([408, 425, 429, 500, 502, 503, 504].iter().all(passes));
        assert!(![302, 400, 401, 403, 404, 405, 410].iter().any(passes));
    }
}
