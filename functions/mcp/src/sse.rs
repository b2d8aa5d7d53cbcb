//! The older transport, of protocol version 2024-11-05: a stream of what the server says, whose first event names where to
//! post.

use std::time::Duration;

use futures::future::pending;
use reqwest::{
    Client, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;
use tokio::time::sleep;
use url::Url;

use crate::{
    events::{Events, message},
    message::Message,
    web::JSON,
    wire::{Failure, Told},
};

/// How long a stream is still read once what was posted was not taken.
const REST: Duration = Duration::from_millis(50);

/// A server's stream, and where to post.
pub(crate) struct Sse {
    client: Client,
    headers: HeaderMap,
    post_url: Url,
    events: Events,
    posting: Option<Told>,
}

impl Sse {
    /// Opens the stream, and waits for the server to say where to post.
    pub(crate) async fn connect(client: &Client, url: &Url, headers: HeaderMap) -> Result<Self, Failure> {
        let stream = client.get(url.clone()).headers(headers.clone()).header(ACCEPT, "text/event-stream");
        let stream = stream.send().await?;
        if stream.status() != StatusCode::OK {
            return Err(Failure::Status(stream.status()));
        }
        let mut events = Events::of(stream);
        let post_url = post_url(url, &mut events).await?;
        Ok(Self { client: client.clone(), headers, post_url, events, posting: None })
    }

    /// A server may answer on its stream before it has taken what was posted, so both are listened to; and one that says that
    /// it did not take it may have answered all the same.
    pub(crate) fn ask(&mut self, request: &Value) {
        let told = self.tell(request);
        self.posting = Some(Box::pin(async move {
            let told = told.await;
            if told.is_err() {
                sleep(REST).await;
            }
            told
        }));
    }

    pub(crate) async fn hear(&mut self) -> Result<Message, Failure> {
        loop {
            tokio::select! {
                biased;
                event = self.events.next() => {
                    let ended = || Failure::Unusable("its stream ended before it answered".to_owned());
                    if let Some(message) = message(&event?.ok_or_else(ended)?) {
                        return Ok(message);
                    }
                }
                posted = taken(&mut self.posting) => posted?,
            }
        }
    }

    pub(crate) fn tell(&self, message: &Value) -> Told {
        let post = self.client.post(self.post_url.clone()).headers(self.headers.clone());
        let post = post.header(CONTENT_TYPE, JSON).body(message.to_string());
        Box::pin(async move {
            let status = post.send().await?.status();
            if status.is_success() { Ok(()) } else { Err(Failure::Status(status)) }
        })
    }
}

/// Waits for the server to take what is being posted; for ever, where nothing is.
async fn taken(posting: &mut Option<Told>) -> Result<(), Failure> {
    let Some(post) = posting else { return pending().await };
    let posted = post.await;
    *posting = None;
    posted
}

/// A server may name no other server: it would be shown the secrets of this one.
async fn post_url(url: &Url, events: &mut Events) -> Result<Url, Failure> {
    let unusable = |why: &str| Failure::Unusable(why.to_owned());
    while let Some(event) = events.next().await? {
        if event.name != "endpoint" {
            continue;
        }
        let named = url.join(event.data.trim());
        let named = named.map_err(|_| unusable("it names no address to post to"))?;
        if named.origin() != url.origin() {
            return Err(unusable("it names an address to post to that is another server's"));
        }
        return Ok(named);
    }
    Err(unusable("its stream ended before it named an address to post to"))
}
