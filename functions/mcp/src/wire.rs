//! The two transports behind one face: ask, hear, tell.

use reqwest::{StatusCode, header::HeaderMap};
use rmcp::model::{ErrorData, ProtocolVersion};
use serde_json::Value;

use crate::{message::Message, sse::Sse, streamable::Streamable, trouble::words};

/// How a server is reached.
pub(crate) enum Wire {
    /// Every message is a request of HTTP, and is answered there.
    Streamable(Box<Streamable>),
    /// Messages are posted; answers come on one stream.
    Sse(Box<Sse>),
}

/// Why nothing came of what was said to a server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It refuses, in the words of the protocol.
    #[error("{}", .0.message)]
    Refused(ErrorData),
    /// It refuses, in the words of HTTP.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// It was not reached, or what it says cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Unusable(words(&error.without_url()))
    }
}

impl Wire {
    /// Sends a request; what is heard from here on may be its answer.
    pub(crate) async fn ask(&mut self, request: &Value, headers: HeaderMap) -> Result<(), Failure> {
        match self {
            Self::Streamable(streamable) => streamable.ask(request, headers).await,
            Self::Sse(sse) => {
                sse.ask(request);
                Ok(())
            }
        }
    }

    /// Returns what the server says next.
    pub(crate) async fn hear(&mut self) -> Result<Message, Failure> {
        match self {
            Self::Streamable(streamable) => streamable.hear().await,
            Self::Sse(sse) => sse.hear().await,
        }
    }

    /// Leaves what comes after an answer.
    pub(crate) async fn finish(&mut self) {
        match self {
            Self::Streamable(streamable) => streamable.finish().await,
            // Its stream is for all answers.
            Self::Sse(_) => {}
        }
    }

    /// Sends what wants no answer.
    pub(crate) async fn tell(&mut self, message: &Value) -> Result<(), Failure> {
        match self {
            Self::Streamable(streamable) => streamable.tell(message).await,
            Self::Sse(sse) => sse.tell(message).await,
        }
    }

    /// Takes the version that is spoken from here on.
    pub(crate) fn agree(&mut self, version: &ProtocolVersion) {
        match self {
            Self::Streamable(streamable) => streamable.agree(version),
            // It is older than the header that says a version.
            Self::Sse(_) => {}
        }
    }

    /// Whether a server of the versions without sessions can be at its other end.
    pub(crate) fn can_be_stateless(&self) -> bool {
        matches!(self, Self::Streamable(_))
    }

    /// Ends the session that the server keeps.
    pub(crate) async fn end(&mut self) -> Result<(), Failure> {
        match self {
            Self::Streamable(streamable) => streamable.end().await,
            // It ends with its stream.
            Self::Sse(_) => Ok(()),
        }
    }
}
