//! Opening a socket.

use std::time::Duration;

use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error,
        client::IntoClientRequest as _,
        http::{HeaderValue, StatusCode, header::AUTHORIZATION},
    },
};

use super::Link;

const CONNECT: Duration = Duration::from_secs(15);

pub(super) type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why there is no connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It will be tried again.
    Passing(String),
    /// The deployment does not want it, now.
    Refused(String),
    /// It can never be.
    Hopeless(String),
    /// Nobody in the agent listens.
    Unheard,
}

impl Link {
    pub(super) async fn dial(&self) -> Result<Stream, Trouble> {
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
