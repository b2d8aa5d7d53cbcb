//! Opening a socket.

use std::time::Duration;

use chat::agent::{AgentAnswer, CallToken};
use futures::{Sink, Stream};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, StatusCode, header::AUTHORIZATION},
    },
};

use crate::http::{Api, Failed};

const CONNECT: Duration = Duration::from_secs(15);

/// Reaches a deployment.
pub trait Dial: Clone + Send + Sync + 'static {
    /// A socket that is open.
    type Socket: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Send + Unpin;
    /// Opens a socket.
    fn dial(&self) -> impl Future<Output = Result<Self::Socket, Trouble>> + Send;
    /// Hands in answers that are too large for the socket, or do not arrive there; returns which need not be kept.
    fn hand_in(&self, answers: &[AgentAnswer])
    -> impl Future<Output = Result<Vec<CallToken>, Failed>> + Send;
}

/// A deployment, and the token that it knows the agent by.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The socket's address.
    pub socket_url: String,
    /// The agent's own token.
    pub secret: String,
    /// Where large answers go.
    pub api: Api,
}

/// Why there is no connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It will be tried again.
    Passing(String),
    /// The deployment does not want it, now.
    Refused(String),
    /// It can never be.
    Hopeless(String),
    /// Nobody in the agent listens.
    Unheard,
}

impl Dial for Deployment {
    type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

    async fn dial(&self) -> Result<Self::Socket, Trouble> {
        let url = self.socket_url.as_str();
        let lasting = |reason: &str| Trouble::Hopeless(format!("{url}: {reason}"));
        let mut request = url.into_client_request().map_err(|error| lasting(&error.to_string()))?;
        let token = HeaderValue::try_from(format!("Bearer {}", self.secret));
        let mut token = token.map_err(|_| lasting("the token has characters that none has"))?;
        token.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, token);
        match timeout(CONNECT, connect_async(request)).await {
            Ok(Ok((stream, _))) => Ok(stream),
            Ok(Err(Error::Http(response))) => Err(refused(url, response.status())),
            Ok(Err(error)) => Err(Trouble::Passing(error.to_string())),
            Err(_) => Err(Trouble::Passing("no answer in time".into())),
        }
    }

    async fn hand_in(&self, answers: &[AgentAnswer]) -> Result<Vec<CallToken>, Failed> {
        self.api.answer(&self.secret, answers).await
    }
}

fn refused(url: &str, status: StatusCode) -> Trouble {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Trouble::Refused(format!("the deployment does not accept this agent ({status}); enrol it again"))
        }
        StatusCode::GONE | StatusCode::NOT_FOUND => {
            Trouble::Refused(format!("{url} is not a deployment's socket ({status})"))
        }
        status => Trouble::Passing(format!("the deployment answered {status}")),
    }
}
