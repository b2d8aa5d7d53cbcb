//! What is said to a server and heard of it, one question at a time: it is offered nothing, so it has nothing to ask.

use std::{pin::pin, time::Duration};

use futures::{
    StreamExt as _,
    future::{BoxFuture, join},
    stream::FuturesUnordered,
};
use reqwest::header::HeaderMap;
use rmcp::model::{
    ClientCapabilities, ErrorCode, Implementation, InitializeRequestParams, ProtocolVersion,
    RequestMetaObject,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use tokio::time::timeout;

use crate::{
    message::{Message, Said, notification, reply, request},
    stateless,
    wire::{Failure, Wire},
};

/// How long a server may take for the answer to its own question, and how many it may be given at a time.
const REPLY: Duration = Duration::from_secs(2);
const REPLIES: usize = 8;
/// How long what comes after an answer is waited for.
const REST: Duration = Duration::from_millis(50);

/// A conversation with one server.
pub(crate) struct Conversation {
    wire: Wire,
    asked: u64,
    /// Who asks, where that is to be said each time.
    asker: Option<RequestMetaObject>,
    /// What the server is being answered. It may want to be heard before it takes that.
    replies: FuturesUnordered<BoxFuture<'static, ()>>,
}

/// What is needed of the answer to `initialize`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Initialized {
    protocol_version: ProtocolVersion,
}

/// What is needed of the answer to `server/discover`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discovered {
    supported_versions: Vec<ProtocolVersion>,
}

impl Conversation {
    pub(crate) fn over(wire: Wire) -> Self {
        Self { wire, asked: 0, asker: None, replies: FuturesUnordered::new() }
    }

    /// Begins it. The handshake comes first: a server that knows none says so, and is then asked as the newer version wants,
    /// while one that knows nothing newer is never asked that.
    pub(crate) async fn begin(&mut self) -> Result<(), Failure> {
        match self.initialize().await {
            Err(first) if self.wire.can_be_stateless() && knows_no_handshake(&first) => {
                let discovered = self.discover().await;
                discovered.map_err(|second| first.and("; without a session: ", second))
            }
            begun => begun,
        }
    }

    /// Asks, and waits for the answer and the end of what comes with it.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Result<Box<RawValue>, Failure> {
        let answer = self.answer(method, params, None).await;
        self.rest().await;
        answer
    }

    /// Asks, and waits for the answer. The schema is that of the tool that is called, where one is. What comes after the answer
    /// is still to be waited for: whoever has no time left for that has the answer all the same.
    pub(crate) async fn answer(
        &mut self,
        method: &str,
        mut params: Value,
        schema: Option<&Value>,
    ) -> Result<Box<RawValue>, Failure> {
        self.asked += 1;
        let mut headers = HeaderMap::new();
        if let Some(asker) = &self.asker {
            headers = stateless::headers(method, &params, schema);
            params["_meta"] = json!(asker);
        }
        self.wire.ask(&request(self.asked, method, &params), headers).await?;
        loop {
            match self.hear().await?.said(self.asked) {
                Said::Answer(answer) => return answer.map_err(Failure::Refused),
                Said::Request { id, method } => self.reply(&id, method),
                Said::Nothing => {}
            }
        }
    }

    /// Whether each request says for itself who asks and what.
    pub(crate) const fn is_stateless(&self) -> bool {
        self.asker.is_some()
    }

    /// Tells the server that nobody waits for the newest answer any more. A request without a session ends with its stream.
    pub(crate) async fn give_up(&mut self) -> Result<(), Failure> {
        if self.is_stateless() {
            return Ok(());
        }
        let params = json!({ "requestId": self.asked, "reason": "nobody waits for it any more" });
        self.wire.tell(&notification("notifications/cancelled", Some(&params))).await
    }

    /// Says goodbye.
    pub(crate) async fn close(&mut self) -> Result<(), Failure> {
        self.wire.end().await
    }

    async fn initialize(&mut self) -> Result<(), Failure> {
        let mut introduction = InitializeRequestParams::new(ClientCapabilities::default(), ourselves());
        introduction.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        let answer = self.ask("initialize", json!(introduction)).await?;
        let version = read::<Initialized>(&answer)?.protocol_version;
        if !ProtocolVersion::KNOWN_VERSIONS.contains(&version) {
            return Err(Failure::Unusable(format!("it speaks version {version}, which is not known here")));
        }
        self.wire.agree(&version).await;
        if !version.has_initialize() {
            self.asker = Some(stateless::asker(ourselves()));
            return Ok(());
        }
        self.wire.tell(&notification("notifications/initialized", None)).await
    }

    async fn discover(&mut self) -> Result<(), Failure> {
        self.wire.agree(&stateless::VERSION).await;
        self.asker = Some(stateless::asker(ourselves()));
        let answer = self.ask("server/discover", json!({})).await?;
        let supported = read::<Discovered>(&answer)?.supported_versions;
        if supported.contains(&stateless::VERSION) {
            return Ok(());
        }
        Err(Failure::Unusable("it speaks no version that is known here".to_owned()))
    }

    async fn hear(&mut self) -> Result<Message, Failure> {
        let Self { wire, replies, .. } = self;
        let mut said = pin!(wire.hear());
        loop {
            tokio::select! {
                biased;
                said = &mut said => return said,
                Some(()) = replies.next() => {}
            }
        }
    }

    /// Waits a moment for what comes after an answer: a connection whose answer was read to its end is used again.
    pub(crate) async fn rest(&mut self) {
        let Self { wire, replies, .. } = self;
        let replied = async { while replies.next().await.is_some() {} };
        // What has not come by then is left.
        let _ = timeout(REST, join(wire.finish(), replied)).await;
        self.replies.clear();
    }

    /// A server that does not take the answer to its own question may answer ours all the same.
    fn reply(&self, id: &Value, method: String) {
        if self.replies.len() >= REPLIES {
            return;
        }
        let told = timeout(REPLY, self.wire.tell(&reply(id, &method)));
        self.replies.push(Box::pin(async move {
            if !matches!(told.await, Ok(Ok(()))) {
                tracing::debug!(method, "a server did not take the answer to its own question");
            }
        }));
    }
}

/// Reads an answer as what it is to be. What serde says would quote it.
pub(crate) fn read<T: DeserializeOwned>(answer: &RawValue) -> Result<T, Failure> {
    serde_json::from_str(answer.get()).map_err(|error| {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        Failure::Unusable(format!(
            "its answer is not what was asked for: {kind:?} error at line {line}, column {column}"
        ))
    })
}

fn ourselves() -> Implementation {
    Implementation::new("quickstep", env!("CARGO_PKG_VERSION"))
}

/// A server without a handshake misses what each request is to say, or does not know the method or its version.
fn knows_no_handshake(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(error) => matches!(
            error.code,
            ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
                | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
                | ErrorCode::HEADER_MISMATCH
                | ErrorCode::METHOD_NOT_FOUND
                | ErrorCode::INVALID_REQUEST
                | ErrorCode::INVALID_PARAMS
        ),
        Failure::Status(status) => matches!(status.as_u16(), 400 | 404 | 405),
        Failure::Unusable(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_an_answer_cannot_be_read_is_said_without_quoting_it() {
        let answer: Box<RawValue> = serde_json::from_str(r#"{"protocolVersion": {"secret": 1}}"#).unwrap();
        let failure = read::<Initialized>(&answer).err().unwrap().to_string();
        assert_eq!(failure, "its answer is not what was asked for: Data error at line 1, column 20");
    }
}
