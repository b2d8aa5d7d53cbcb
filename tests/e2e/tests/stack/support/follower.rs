//! A client that follows one chat.

use chat::{id::ChatId, record::Status};
use serde_json::json;
use view::{Incoming, Verdict, View, decode};

use super::{Socket, World, within};

/// A client that follows one chat by the reducer's rules.
pub(crate) struct Follower {
    pub(crate) view: View,
    /// Every frame, as it came.
    pub(crate) heard: Vec<String>,
    socket: Socket,
}

impl Follower {
    /// Follows a chat that it knows nothing of, and is up to date.
    pub(crate) async fn of(world: &World, chat_id: ChatId) -> Self {
        Self::resuming(world, View::new(chat_id)).await
    }

    /// Goes on where another left off, and is up to date.
    pub(crate) async fn resuming(world: &World, view: View) -> Self {
        let mut follower = Self::subscribing(world.socket().await, view).await;
        follower.until("caught_up", |view| !view.is_catching_up()).await;
        follower
    }

    /// Goes on where another left off, and is not up to date yet.
    pub(crate) async fn subscribing(socket: Socket, view: View) -> Self {
        let mut follower = Self { view, heard: Vec::new(), socket };
        follower.subscribe().await;
        follower
    }

    async fn subscribe(&mut self) {
        self.view.subscribing();
        let mut action = json!({"action": "subscribe", "chat_id": self.view.chat_id()});
        if let Some(cursor) = self.view.cursor() {
            action["cursor"] = json!(cursor);
        }
        self.socket.send(&action).await;
    }

    /// Takes in the next frame.
    pub(crate) async fn frame(&mut self) {
        for entry in self.incoming().await {
            self.take(entry).await;
        }
    }

    /// The entries of the next frame, not taken in.
    pub(crate) async fn incoming(&mut self) -> Vec<Incoming> {
        let frame = self.socket.frame().await;
        let entries = decode(&frame).unwrap();
        self.heard.push(frame);
        entries
    }

    pub(crate) async fn take(&mut self, entry: Incoming) {
        let verdict = match entry {
            Incoming::Event(event) => self.view.apply(*event),
            Incoming::Unknown(envelope) => panic!("unknown event {envelope:?}"),
            Incoming::Refused(refused) => panic!("refused {refused:?}"),
            Incoming::Other(_) => Verdict::Ignored,
        };
        if verdict == Verdict::Resubscribe {
            self.subscribe().await;
        }
    }

    /// Follows until the view is such.
    pub(crate) async fn until(&mut self, what: &str, done: impl Fn(&View) -> bool) {
        let follow = async {
            while !done(&self.view) {
                self.frame().await;
            }
        };
        within(what, follow).await;
    }

    pub(crate) async fn until_status(&mut self, status: Status) {
        self.until(status.as_str(), |view| view.content().status == Some(status)).await;
    }

    /// Follows until `messages` are there and the chat is at rest, with nothing queued.
    pub(crate) async fn until_rest(&mut self, messages: usize) {
        let what = format!("rest with {messages} messages");
        let rests = |view: &View| {
            let content = view.content();
            content.is_at_rest() && content.queue.is_empty() && content.history.len() >= messages
        };
        self.until(&what, |view| rests(view) && !view.is_catching_up()).await;
    }

    /// Follows until something streams.
    pub(crate) async fn until_streams(&mut self) {
        self.until("a preview", |view| !view.preview().is_empty()).await;
    }

    /// The socket, for others to use; the view goes on elsewhere.
    pub(crate) fn into_parts(self) -> (Socket, View) {
        (self.socket, self.view)
    }
}
