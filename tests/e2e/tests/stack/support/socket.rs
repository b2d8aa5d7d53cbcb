//! The socket API, as a client speaks it.

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::CloseFrame},
};

use super::within;

/// An open socket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn connect(url: &str, token: &str) -> Self {
        Self::with_headers(url, &[("authorization", &format!("Bearer {token}"))]).await.unwrap()
    }

    /// The status, where the handshake is refused.
    pub(crate) async fn with_headers(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match within("a handshake", connect_async(request)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    pub(crate) async fn send(&mut self, action: &Value) {
        self.send_raw(Message::text(action.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// The next frame's text. Cancelling it loses nothing.
    pub(crate) async fn frame(&mut self) -> String {
        loop {
            match within("a frame", self.0.next()).await {
                Some(Ok(Message::Text(text))) => return text.as_str().to_owned(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no frame but {other:?}"),
            }
        }
    }

    /// The next frame's entries.
    pub(crate) async fn entries(&mut self) -> Vec<Value> {
        let frame = self.frame().await;
        serde_json::from_str(&frame).unwrap_or_else(|_| panic!("a frame is a bare array: {frame}"))
    }

    /// Waits for an entry of this type, passing over others.
    pub(crate) async fn hear(&mut self, kind: &str) -> Value {
        loop {
            let mut entries = self.entries().await.into_iter();
            if let Some(found) = entries.find(|entry| entry["type"] == kind) {
                return found;
            }
        }
    }

    /// Sends an action and returns the next entry, which must be the only one of its frame.
    pub(crate) async fn ask(&mut self, action: &Value) -> Value {
        self.send(action).await;
        self.only().await
    }

    pub(crate) async fn only(&mut self) -> Value {
        let entries = self.entries().await;
        let [entry] = <[Value; 1]>::try_from(entries).unwrap();
        entry
    }

    /// Waits for the other side to close, passing over frames.
    pub(crate) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match within("the end", self.0.next()).await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
