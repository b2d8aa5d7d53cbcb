//! The socket: connected again, for as long as somebody listens.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    net::TcpStream,
    sync::mpsc::{Receiver, Sender},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::header::AUTHORIZATION},
};

use crate::stack::Finder;

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
pub async fn keep(finder: Finder, mut actions: Receiver<String>, signals: Sender<Signal>) {
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
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "no answer in time".to_owned(),
        };
        if actions.is_closed() || signals.send(Signal::Lost(reason)).await.is_err() {
            return;
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}

async fn connect(finder: &Finder) -> anyhow::Result<Stream> {
    let stack = finder.find()?;
    let mut request = stack.socket_url.as_str().into_client_request()?;
    request.headers_mut().insert(AUTHORIZATION, format!("Bearer {}", stack.token).parse()?);
    let (stream, _) = connect_async(request).await?;
    Ok(stream)
}

/// Returns why the connection ended.
async fn serve(
    mut stream: Stream,
    actions: &mut Receiver<String>,
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
                let Some(action) = action else { return "nobody listens".into() };
                if let Err(reason) = tell(&mut stream, action).await {
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

type Received =
    Result<Option<Result<Message, tokio_tungstenite::tungstenite::Error>>, tokio::time::error::Elapsed>;

fn frame(received: Received) -> Result<Option<String>, String> {
    match received {
        Err(_) => Err("the connection went silent".into()),
        Ok(None | Some(Ok(Message::Close(_)))) => Err("the stack closed the connection".into()),
        Ok(Some(Err(error))) => Err(error.to_string()),
        Ok(Some(Ok(Message::Text(text)))) => Ok(Some(text.to_string())),
        Ok(Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => {
            Ok(None)
        }
    }
}

async fn tell(stream: &mut Stream, action: String) -> Result<(), String> {
    match timeout(SEND, stream.send(Message::text(action))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the connection does not take anything".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::StackArgs;
    use tokio::{net::TcpListener, sync::mpsc};
    use tokio_tungstenite::accept_async;

    fn finder(port: u16) -> Finder {
        let args = StackArgs {
            url: Some("http://unused".into()),
            socket_url: Some(format!("ws://127.0.0.1:{port}")),
            token: Some("t".into()),
            data: None,
        };
        Finder { args, directory: "/".into() }
    }

    #[tokio::test]
    async fn a_dropped_connection_is_made_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            for frame in ["[1]", "[2]"] {
                let (stream, _) = listener.accept().await.unwrap();
                let mut socket = accept_async(stream).await.unwrap();
                let asked = socket.next().await.unwrap().unwrap();
                assert_eq!(asked.to_text().unwrap(), "subscribe");
                socket.send(Message::text(frame)).await.unwrap();
            }
        });
        let (actions, to_socket) = mpsc::channel(8);
        let (from_socket, mut signals) = mpsc::channel(8);
        tokio::spawn(keep(finder(port), to_socket, from_socket));
        let mut frames = Vec::new();
        while frames.len() < 2 {
            match signals.recv().await.unwrap() {
                Signal::Connected => actions.send("subscribe".into()).await.unwrap(),
                Signal::Frame(frame) => frames.push(frame),
                Signal::Lost(_) => {}
            }
        }
        assert_eq!(frames, ["[1]", "[2]"]);
        server.await.unwrap();
    }

    #[test]
    fn waits_double_to_five_seconds() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.next_delay().as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    }
}
