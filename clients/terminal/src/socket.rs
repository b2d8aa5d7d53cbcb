//! The socket: connected again, for as long as somebody listens.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    net::TcpStream,
    sync::mpsc::{Receiver, Sender},
    time::{Instant, MissedTickBehavior, error::Elapsed, interval_at, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        error::ProtocolError,
        http::{HeaderValue, StatusCode, header::AUTHORIZATION},
    },
};

use crate::stack::Finder;

/// What is said where sockets are needed and only the HTTP API was named.
pub(crate) const NO_SOCKET: &str = "no socket was named; name one with --socket-url";
const CONNECT: Duration = Duration::from_secs(10);
const SEND: Duration = Duration::from_secs(10);
const PING: Duration = Duration::from_secs(45);
/// Two pings without any answer.
const SILENCE: Duration = Duration::from_secs(100);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What happens on the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It is open, and nothing is subscribed on it.
    Connected,
    /// A frame.
    Frame(String),
    /// It is closed, or could not be opened; it will be tried again.
    Lost(String),
    /// The stack does not want it; it will not be tried again.
    Refused(String),
}

/// What is wanted of the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sends this.
    Send(String),
    /// Leaves the connection for another one.
    Renew,
}

enum Trouble {
    Passing(String),
    Lasting(String),
}

/// Waits between attempts: 100 ms doubling to 5 s.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the next wait.
    pub fn next_delay(&mut self) -> Duration {
        let delay = Duration::from_millis(100 << self.failures.min(6));
        self.failures += 1;
        delay.min(Duration::from_secs(5))
    }
}

/// Keeps a socket open until nobody listens to `signals` or nobody holds `actions` any more.
///
/// Actions that were meant for a lost connection are dropped: whoever is told [`Signal::Connected`]
/// subscribes again.
pub async fn keep(finder: Finder, mut actions: Receiver<Action>, signals: Sender<Signal>) {
    let mut backoff = Backoff::default();
    loop {
        let reason = match timeout(CONNECT, connect(&finder)).await {
            Ok(Ok(stream)) => {
                while actions.try_recv().is_ok() {}
                if signals.send(Signal::Connected).await.is_err() {
                    return;
                }
                serve(stream, &mut actions, &signals, &mut backoff).await
            }
            Ok(Err(Trouble::Lasting(reason))) => return drop(signals.send(Signal::Refused(reason)).await),
            Ok(Err(Trouble::Passing(reason))) => reason,
            Err(_) => "no answer in time".to_owned(),
        };
        if actions.is_closed() || signals.send(Signal::Lost(reason)).await.is_err() {
            return;
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}

async fn connect(finder: &Finder) -> Result<Stream, Trouble> {
    let stack = finder.find().map_err(|error| Trouble::Passing(error.to_string()))?;
    let unnamed = || Trouble::Lasting(NO_SOCKET.to_owned());
    let url = stack.socket_url.as_deref().ok_or_else(unnamed)?;
    let lasting = |reason: String| Trouble::Lasting(format!("{url}: {reason}"));
    let mut request = url.into_client_request().map_err(|error| lasting(error.to_string()))?;
    let token = HeaderValue::try_from(format!("Bearer {}", stack.token));
    let token = token.map_err(|_| Trouble::Lasting("the token has characters that none has".into()))?;
    request.headers_mut().insert(AUTHORIZATION, token);
    match connect_async(request).await {
        Ok((stream, _)) => Ok(stream),
        Err(Error::Http(response)) => Err(refused(url, response.status())),
        Err(Error::Url(error)) => Err(lasting(error.to_string())),
        Err(error) => Err(Trouble::Passing(reason(&error))),
    }
}

fn refused(url: &str, status: StatusCode) -> Trouble {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Trouble::Lasting(format!("the stack does not accept the token ({status})"))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Trouble::Passing(format!("the stack answered {status}"))
        }
        status if status.is_client_error() => Trouble::Lasting(format!("{url} is not a socket ({status})")),
        status => Trouble::Passing(format!("the stack answered {status}")),
    }
}

/// The library's words name the layer before the cause.
fn reason(error: &Error) -> String {
    if let Error::Io(error) = error {
        return error.to_string();
    }
    if let Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) = error {
        return "the connection broke".into();
    }
    error.to_string()
}

/// Returns why the connection ended.
async fn serve(
    mut stream: Stream,
    actions: &mut Receiver<Action>,
    signals: &Sender<Signal>,
    backoff: &mut Backoff,
) -> String {
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            message = timeout(SILENCE.saturating_sub(heard.elapsed()), stream.next()) => {
                heard = Instant::now();
                match frame(message) {
                    Ok(Some(text)) => {
                        *backoff = Backoff::default();
                        if signals.send(Signal::Frame(text)).await.is_err() {
                            return "nobody listens".into();
                        }
                    }
                    Ok(None) => {}
                    Err(reason) => return reason,
                }
            }
            action = actions.recv() => {
                let text = match action {
                    None => return "nobody listens".into(),
                    Some(Action::Renew) => return "no answer in time".into(),
                    Some(Action::Send(text)) => text,
                };
                if let Err(reason) = tell(&mut stream, text).await {
                    return reason;
                }
            }
            _ = ping.tick() => {
                if let Err(reason) = tell(&mut stream, r#"{"action":"ping"}"#.into()).await {
                    return reason;
                }
            }
        }
    }
}

type Received = Result<Option<Result<Message, Error>>, Elapsed>;

fn frame(received: Received) -> Result<Option<String>, String> {
    match received {
        Err(_) => Err("the connection went silent".into()),
        Ok(None | Some(Ok(Message::Close(_)))) => Err("the stack closed the connection".into()),
        Ok(Some(Err(error))) => Err(reason(&error)),
        Ok(Some(Ok(Message::Text(text)))) => Ok(Some(text.to_string())),
        Ok(Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => {
            Ok(None)
        }
    }
}

async fn tell(stream: &mut Stream, text: String) -> Result<(), String> {
    match timeout(SEND, stream.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(reason(&error)),
        Err(_) => Err("the connection does not take anything".into()),
    }
}

#[cfg(test)]
mod tests;
