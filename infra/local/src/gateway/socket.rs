//! One connection, from its handshake to its end.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{
        ConnectInfo, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use http::{StatusCode, request::Parts};
use serde_json::{Map, Value, json};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::{sleep_until, timeout},
};

use super::{
    event::{Connection, request_id},
    http::Gateway,
    reply::{Refusal, status_of},
    sockets::{Line, Outgoing},
};
use crate::{clock::millis, host::random, template::RouteSpec};

const MESSAGE_BYTES: usize = 128 * 1024;
const FRAME_BYTES: usize = 32 * 1024;
/// Small, because hundreds of idle sockets each have one; a frame may be larger.
const BUFFER_BYTES: usize = 4 * 1024;
/// Invocations of one socket at once; its next message waits, and so does its sender.
const INVOCATIONS: usize = 16;

type Sink = SplitSink<WebSocket, Message>;
/// How a connection ended.
type End = (u16, &'static str);

pub(super) async fn handshake(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
    request: http::Request<axum::body::Body>,
) -> Response {
    let (parts, _) = request.into_parts();
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    match gateway.connect(&parts, peer).await {
        Ok(connection) => accept(gateway, upgrade, connection),
        Err(refusal) => refusal,
    }
}

fn accept(gateway: Arc<Gateway>, upgrade: WebSocketUpgrade, connection: Connection) -> Response {
    let (failed, lost) = (Arc::clone(&gateway), connection.clone());
    upgrade
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(FRAME_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .on_failed_upgrade(move |_| {
            tokio::spawn(async move { failed.disconnected(&lost, (1006, "")).await });
        })
        .on_upgrade(move |socket| async move { gateway.serve(socket, connection).await })
}

impl Gateway {
    /// Asks the authorizer, then `$connect`. A refusal ends the handshake with its status.
    async fn connect(&self, parts: &Parts, peer: SocketAddr) -> Result<Connection, Response> {
        let clock = self.host.clock();
        let mut connection = Connection::new(connection_id(), &self.socket, parts, peer, clock);
        let Some(route) = self.socket_route("$connect") else { return Ok(connection) };
        let event = connection.connect(parts, clock);
        if let Some(authorizer) = &route.authorizer {
            let allowed = self.allow(authorizer, connection.authorize(&event)).await;
            connection.authorizer = allowed.map_err(IntoResponse::into_response)?;
        }
        let event = connection.connect(parts, clock);
        let reply = self.invoke(&route.function, event, route.timeout).await;
        match status_of(&reply.map_err(IntoResponse::into_response)?) {
            Some(status) if (200..300).contains(&status) => Ok(connection),
            Some(status) => Err(refused(status)),
            None => Err(Refusal::Failed.into_response()),
        }
    }

    /// Answers the context of a policy that allows.
    async fn allow(&self, authorizer: &str, event: Value) -> Result<Map<String, Value>, Refusal> {
        let reply = self.host.invoke(authorizer, event).await.map_err(|_| Refusal::Failed)?;
        let statements = reply["policyDocument"]["Statement"].as_array().ok_or(Refusal::Failed)?;
        let is_allowed = !statements.is_empty() && statements.iter().all(|one| one["Effect"] == "Allow");
        if !is_allowed {
            return Err(Refusal::Forbidden);
        }
        let mut context = reply["context"].as_object().cloned().unwrap_or_default();
        context.insert("principalId".to_owned(), reply["principalId"].clone());
        Ok(context)
    }

    async fn serve(self: Arc<Self>, socket: WebSocket, connection: Connection) {
        let attended = self.sockets.attend();
        let (line, outgoing) = Line::new(connection);
        let connection = Arc::clone(&line.connection);
        let (sink, stream) = socket.split();
        let writer = Writer { waiting_bytes: Arc::clone(&line.waiting_bytes), limit: self.limits.write };
        self.sockets.add(line.clone());
        let end = self.attend(stream, line, tokio::spawn(writer.run(sink, outgoing))).await;
        self.sockets.remove(&connection.id);
        self.disconnected(&connection, end).await;
        drop(attended);
    }

    /// Reads until the client, the writer or a limit ends the connection.
    async fn attend(
        self: &Arc<Self>,
        stream: SplitStream<WebSocket>,
        line: Line,
        mut writer: JoinHandle<End>,
    ) -> End {
        let end = tokio::select! {
            end = self.read(stream, &line) => end,
            end = self.expire(&line) => end,
            () = line.cut.notified() => {
                writer.abort();
                return (1008, "the reader is too slow");
            }
            end = &mut writer => return end.unwrap_or((1006, "")),
        };
        self.sockets.remove(&line.connection.id);
        line.close(end.0, end.1);
        // The writer says goodbye; a reader that does not take even that is left.
        if timeout(self.limits.write, &mut writer).await.is_err() {
            writer.abort();
        }
        end
    }

    async fn read(self: &Arc<Self>, mut stream: SplitStream<WebSocket>, line: &Line) -> End {
        let slots = Arc::new(Semaphore::new(INVOCATIONS));
        loop {
            let Some(message) = stream.next().await else { return (1006, "") };
            line.touch(self.host.clock().now_ms());
            match message {
                Ok(Message::Text(text)) => self.take(text.as_str(), line, &slots).await,
                Ok(Message::Binary(_)) => return (1003, "binary frames are not supported"),
                Ok(Message::Close(frame)) => return (frame.map_or(1005, |frame| frame.code), ""),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Err(error) => return ending(error),
            }
        }
    }

    async fn take(self: &Arc<Self>, text: &str, line: &Line, slots: &Arc<Semaphore>) {
        self.host.meter().socket_message(text.len());
        let Some(route) = self.route_of(text).cloned() else { return };
        // Never closed.
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else { return };
        let event = line.connection.message(&route.key, text, self.host.clock());
        let (gateway, line) = (Arc::clone(self), line.clone());
        tokio::spawn(async move {
            if gateway.invoke(&route.function, event, route.timeout).await.is_err() {
                line.post(failure(&line.connection.id));
            }
            drop(slot);
        });
    }

    /// The route that the body's action names, or `$default`.
    fn route_of(&self, text: &str) -> Option<&RouteSpec> {
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let named = body["action"].as_str().filter(|action| !action.starts_with('$'));
        named.and_then(|action| self.socket_route(action)).or_else(|| self.socket_route("$default"))
    }

    fn socket_route(&self, key: &str) -> Option<&RouteSpec> {
        self.socket.routes.iter().find(|route| route.key == key)
    }

    async fn expire(&self, line: &Line) -> End {
        let (clock, connected) = (self.host.clock(), line.connection.connected_ms);
        let (idle, end_of_life) = (millis(self.limits.idle), connected + millis(self.limits.lifetime));
        loop {
            let next = (line.active_ms() + idle).min(end_of_life);
            if clock.now_ms() >= end_of_life {
                return (1001, "Connection duration limit exceeded");
            }
            if clock.now_ms() >= next {
                return (1001, "Going away");
            }
            sleep_until(clock.instant(next)).await;
        }
    }

    async fn disconnected(&self, connection: &Connection, (code, reason): End) {
        let Some(route) = self.socket_route("$disconnect") else { return };
        let event = connection.disconnect(code, reason, self.host.clock());
        // The host logs a failure, and nobody is left to be told.
        let _ = self.invoke(&route.function, event, route.timeout).await;
    }
}

/// Writes what is posted, in order.
struct Writer {
    waiting_bytes: Arc<AtomicUsize>,
    limit: Duration,
}

impl Writer {
    async fn run(self, mut sink: Sink, mut outgoing: mpsc::Receiver<Outgoing>) -> End {
        while let Some(next) = outgoing.recv().await {
            match next {
                Outgoing::Text(text) => {
                    let size = text.len();
                    if let Err(end) = self.write(&mut sink, Message::Text(text.into())).await {
                        return end;
                    }
                    self.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
                }
                Outgoing::Close(code, reason) => {
                    // The connection ends either way.
                    let _ = self.write(&mut sink, close(code, reason)).await;
                    return (code, reason);
                }
            }
        }
        (1006, "")
    }

    async fn write(&self, sink: &mut Sink, message: Message) -> Result<(), End> {
        match timeout(self.limit, sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err((1006, "")),
            Err(_) => Err((1008, "the reader is too slow")),
        }
    }
}

fn close(code: u16, reason: &'static str) -> Message {
    // 1005 and 1006 are never on the wire.
    let code = if (1005..=1006).contains(&code) { 1000 } else { code };
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

fn ending(error: axum::Error) -> End {
    // Its type belongs to a crate that only axum sees; this is how that names a capacity error.
    let is_too_long = error.into_inner().to_string().starts_with("Space limit exceeded");
    if is_too_long { (1009, "Message too long") } else { (1006, "") }
}

/// What API Gateway tells a client whose message a function failed on.
fn failure(connection_id: &str) -> String {
    json!({"message": "Internal server error", "connectionId": connection_id, "requestId": request_id()})
        .to_string()
}

fn refused(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Fifteen characters and an equals sign, as API Gateway's: clients of `@connections` must encode it.
fn connection_id() -> String {
    URL_SAFE.encode(&random().to_ne_bytes()[..11])
}
