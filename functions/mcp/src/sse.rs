//! The older transport, of protocol version 2024-11-05: a stream of what the server says, whose first event names where to
//! post. The SDK has none for it any more.

use std::sync::Arc;

use futures::{StreamExt as _, stream::BoxStream};
use reqwest::{
    Client,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap},
};
use rmcp::{
    RoleClient,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use sse_stream::SseStream;
use url::Url;

use crate::{auth::Headers, trouble::Trouble};

/// Most bytes that one stream may bring.
const STREAM_BYTES: usize = 16 * 1024 * 1024;

/// A server's stream, and where to post.
pub(crate) struct Sse {
    client: Client,
    headers: HeaderMap,
    post_url: Arc<Url>,
    events: BoxStream<'static, sse_stream::Sse>,
}

/// A message that the server did not take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// It was not reached.
    #[error(transparent)]
    Failed(#[from] reqwest::Error),
    /// It refuses.
    #[error("the server answered {0}")]
    Refused(reqwest::StatusCode),
    /// Our own message is not JSON.
    #[error(transparent)]
    Unsayable(#[from] serde_json::Error),
}

impl Sse {
    /// Opens the stream, and waits for the server to say where to post.
    pub(crate) async fn connect(client: &Client, url: &Url, headers: Headers) -> Result<Self, Trouble> {
        let headers: HeaderMap = headers.into_iter().collect();
        let stream = client.get(url.clone()).headers(headers.clone()).header(ACCEPT, "text/event-stream");
        let stream = stream.send().await.map_err(|error| Trouble::unreached(&error))?;
        let stream = stream.error_for_status().map_err(|error| Trouble::unreached(&error))?;
        let bounded = stream.bytes_stream().scan(0, |read, bytes| {
            *read += bytes.as_ref().map_or(0, |bytes| bytes.len());
            std::future::ready((*read <= STREAM_BYTES).then_some(bytes))
        });
        let events = SseStream::from_bytes_stream(bounded).filter_map(|event| std::future::ready(event.ok()));
        let mut events = events.boxed();
        let post_url = Arc::new(post_url(url, &mut events).await?);
        Ok(Self { client: client.clone(), headers, post_url, events })
    }
}

/// A server may name no other server: it would be shown the secrets of this one.
async fn post_url(url: &Url, events: &mut BoxStream<'static, sse_stream::Sse>) -> Result<Url, Trouble> {
    let unreached = |why: &str| Trouble::Unreached(why.to_owned());
    while let Some(event) = events.next().await {
        if event.event.as_deref() != Some("endpoint") {
            continue;
        }
        let named = url.join(event.data.unwrap_or_default().trim());
        let named = named.map_err(|_| unreached("it names no address to post to"))?;
        if named.origin() != url.origin() {
            return Err(unreached("it names an address to post to that is another server's"));
        }
        return Ok(named);
    }
    Err(unreached("its stream ended before it named an address to post to"))
}

impl Transport<RoleClient> for Sse {
    type Error = NotTaken;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), NotTaken>> + Send + 'static {
        let post = self.client.post(Url::clone(&self.post_url)).headers(self.headers.clone());
        async move {
            let body = serde_json::to_string(&item)?;
            let answer = post.header(CONTENT_TYPE, "application/json").body(body).send().await?;
            let status = answer.status();
            if status.is_success() { Ok(()) } else { Err(NotTaken::Refused(status)) }
        }
    }

    /// What is no message is passed over, as unknown events are to be.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let event = self.events.next().await?;
            let is_message = event.event.as_deref().is_none_or(|name| name == "message");
            let message = event.data.filter(|_| is_message).and_then(|data| serde_json::from_str(&data).ok());
            if message.is_some() {
                return message;
            }
        }
    }

    async fn close(&mut self) -> Result<(), NotTaken> {
        self.events = futures::stream::empty().boxed();
        Ok(())
    }
}
