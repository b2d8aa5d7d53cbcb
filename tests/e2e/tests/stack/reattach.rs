//! Sockets are cut at every event of a turn, and clients come back from every cursor: each ends with exactly
//! what the server has.

mod scenes;
mod wire;

use std::sync::Arc;

use chat::id::ChatId;
use futures::future::join_all;
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn},
};
use view::{Incoming, View};

use crate::support::{Follower, Truth, World, within};

/// Clients whose socket is cut, the first at the first event, the second at the second, and so on.
const CUT_CLIENTS: usize = 24;

/// Follows a chat while something happens in it.
struct Audience {
    world: Arc<World>,
    /// Never cut; what it has seen are the cursors to come back from.
    lead: Follower,
    seen: Vec<View>,
    /// The version that ends the scene, once it is known.
    goal: watch::Sender<Option<u64>>,
    clients: Vec<JoinHandle<View>>,
}

impl Audience {
    async fn of(world: &Arc<World>, chat_id: ChatId) -> Self {
        let goal = watch::Sender::new(None);
        let clients = (0..CUT_CLIENTS).map(|cut| Client { cut, again: cut == 0 });
        let started = clients.map(|client| client.start(world, chat_id, goal.subscribe()));
        let clients = join_all(started).await;
        let lead = Follower::of(world, chat_id).await;
        let seen = vec![View::new(chat_id), lead.view.clone()];
        Self { world: Arc::clone(world), lead, seen, goal, clients }
    }

    /// Follows until the view is such, and notes every cursor on the way.
    async fn until(&mut self, what: &str, done: impl Fn(&View) -> bool) {
        let follow = async {
            while !done(&self.lead.view) {
                for entry in self.lead.incoming().await {
                    self.lead.take(entry).await;
                    if self.seen.last().and_then(View::cursor) != self.lead.view.cursor() {
                        self.seen.push(self.lead.view.clone());
                    }
                }
            }
        };
        within(what, follow).await;
    }

    async fn until_rest(&mut self, messages: usize) {
        let what = format!("rest with {messages} messages");
        self.until(&what, |view| {
            let content = view.content();
            content.is_at_rest() && content.queue.is_empty() && content.history.len() >= messages
        })
        .await;
    }

    async fn until_streams(&mut self) {
        self.until("a preview", |view| !view.preview().is_empty()).await;
    }

    /// Everybody ends with what the server has.
    async fn agrees(self) -> Truth {
        let truth = Truth::of(&self.world.api, self.lead.view.chat_id()).await;
        truth.is_shown_by(&self.lead.view, "the one that was never cut");
        wire::keeps_the_contract(&self.lead.heard);
        self.goal.send_replace(self.lead.view.cursor().map(|cursor| cursor.snapshot_version));
        for (cut, client) in self.clients.into_iter().enumerate() {
            truth.is_shown_by(&client.await.unwrap(), &format!("the client cut at event {cut}"));
        }
        let mut socket = self.world.socket().await;
        for seen in self.seen {
            let from = format!("the client that comes back from {:?}", seen.cursor());
            let mut late = Follower::subscribing(socket, seen).await;
            late.until(&from, |view| !view.is_catching_up()).await;
            truth.is_shown_by(&late.view, &from);
            socket = late.into_socket();
        }
        truth
    }
}

/// A client whose socket is cut.
#[derive(Clone, Copy)]
struct Client {
    /// After this many events that are not catching up.
    cut: usize,
    /// Whether it is cut again and again, after each event.
    again: bool,
}

impl Client {
    async fn start(
        self,
        world: &Arc<World>,
        chat_id: ChatId,
        goal: watch::Receiver<Option<u64>>,
    ) -> JoinHandle<View> {
        let follower = Follower::of(world, chat_id).await;
        spawn(self.run(Arc::clone(world), follower, goal))
    }

    async fn run(
        self,
        world: Arc<World>,
        mut follower: Follower,
        mut goal: watch::Receiver<Option<u64>>,
    ) -> View {
        let mut left = Some(self.cut);
        while !reached(&follower.view, *goal.borrow_and_update()) {
            let entries = tokio::select! {
                entries = follower.incoming() => entries,
                changed = goal.changed() => {
                    changed.unwrap();
                    continue;
                }
            };
            if follower.take_until_cut(entries, &mut left).await {
                // What is left of the frame is lost with the socket.
                let (socket, view) = follower.into_parts();
                drop(socket);
                follower = Follower::subscribing(world.socket().await, view).await;
                left = self.again.then_some(0);
            }
        }
        follower.into_parts().1
    }
}

impl Follower {
    /// Takes entries in, up to the one at which the socket is cut, if that is among them.
    async fn take_until_cut(&mut self, entries: Vec<Incoming>, left: &mut Option<usize>) -> bool {
        for entry in entries {
            let counts = matches!(&entry, Incoming::Event(event) if !event.catch_up);
            self.take(entry).await;
            if !counts || self.view.is_catching_up() {
                continue;
            }
            match left {
                Some(0) => return true,
                Some(count) => *count -= 1,
                None => {}
            }
        }
        false
    }

    fn into_socket(self) -> crate::support::Socket {
        self.into_parts().0
    }
}

fn reached(view: &View, goal: Option<u64>) -> bool {
    let version = view.cursor().map_or(0, |cursor| cursor.snapshot_version);
    goal.is_some_and(|goal| version >= goal) && !view.is_catching_up()
}
