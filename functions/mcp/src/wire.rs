//! The two transports behind one face: ask, hear, tell.

use futures::future::BoxFuture;
use reqwest::{StatusCode, header::HeaderMap};
use rmcp::model::{ErrorData, ProtocolVersion};
use serde_json::Value;

use crate::{
    message::Message,
    sse::Sse,
    streamable::Streamable,
    trouble::{Trouble, words},
};

/// What is being sent, which goes on whatever is heard meanwhile.
pub(crate) type Told = BoxFuture<'static, Result<(), Failure>>;

/// How a server is reached.
pub(crate) enum Wire {
    /// Every message is a request of HTTP, and is answered there.
    Streamable(Box<Streamable>),
    /// Messages are posted; answers come on one stream.
    Sse(Box<Sse>),
}

/// Why nothing came of what was said to a server. As text it may stand in a log: the server's own words are not in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It refuses, in the words of the protocol.
    #[error("it refused with code {}", .0.code.0)]
    Refused(ErrorData),
    /// It refuses, in the words of HTTP.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// It was not reached, or what it says cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl Failure {
    /// Returns it as what came of trying to begin or to list.
    pub(crate) fn unreached(self) -> Trouble {
        match self {
            Self::Refused(error) => Trouble::Unwelcome(error.into()),
            Self::Status(_) | Self::Unusable(_) => Trouble::unreached(&self),
        }
    }

    /// Returns it as what came of a call.
    pub(crate) fn unheard(self) -> Trouble {
        match self {
            Self::Refused(error) => Trouble::Refused(error.into()),
            Self::Status(_) | Self::Unusable(_) => Trouble::Unheard(words(&self)),
        }
    }

    /// Returns one that says both, in the server's own words where it has any.
    pub(crate) fn and(self, then: &str, second: Self) -> Self {
        let said = format!("{}{then}{}", self.said(), second.said());
        match (self, second) {
            (Self::Refused(error), _) | (_, Self::Refused(error)) => {
                Self::Refused(ErrorData { message: said.into(), ..error })
            }
            (Self::Status(_) | Self::Unusable(_), _) => Self::Unusable(said),
        }
    }

    fn said(&self) -> String {
        match self {
            Self::Refused(error) => error.message.to_string(),
            Self::Status(_) | Self::Unusable(_) => self.to_string(),
        }
    }
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

    /// Reads what comes after an answer.
    pub(crate) async fn finish(&mut self) {
        match self {
            Self::Streamable(streamable) => streamable.finish().await,
            // Its stream is for all answers.
            Self::Sse(_) => {}
        }
    }

    /// Sends what wants no answer.
    pub(crate) fn tell(&self, message: &Value) -> Told {
        match self {
            Self::Streamable(streamable) => streamable.tell(message),
            Self::Sse(sse) => sse.tell(message),
        }
    }

    /// Takes the version that is spoken from here on.
    pub(crate) async fn agree(&mut self, version: &ProtocolVersion) {
        match self {
            Self::Streamable(streamable) => streamable.agree(version).await,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_are_for_who_is_told_and_not_for_the_log() {
        let refused = || Failure::Refused(ErrorData::invalid_params("secret", None));
        let both = refused().and("; then: ", Failure::Status(StatusCode::NOT_FOUND));
        assert_eq!(both.to_string(), "it refused with code -32602");
        let (unwelcome, refused) = (both.unreached(), refused().unheard());
        assert_eq!(unwelcome.told(), "secret; then: the server answered 404 Not Found");
        assert_eq!(refused.told(), "secret");
        assert_eq!(unwelcome.to_string(), "it refused with code -32602");
        assert_eq!(refused.to_string(), "it refused with code -32602");
    }
}
