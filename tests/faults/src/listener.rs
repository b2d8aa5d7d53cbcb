//! A client on a socket: it follows the cursor's rules, and nothing else.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, bail};
use chat::id::ChatId;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};
use view::{Incoming, Verdict, View, decode};

use crate::{
    dice::Dice,
    person::authorizer,
    world::{
        World,
        caller::{Caller, Ended},
        gateway::Socket,
    },
};

/// How long a subscription may take before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_secs(1);
/// How long an answer may be on its way at most.
const QUIET: Duration = Duration::from_secs(30);
/// How long a client may take until it shows what the server has, once nothing goes wrong any more.
const LAST: Duration = Duration::from_secs(300);

/// How a client listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// All the time.
    Steady,
    /// It drops out and comes back.
    Restless,
}

/// A client that listens.
pub(crate) struct Listener {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<Ears>>,
}

/// What a client has in its hands.
pub(crate) struct Ears {
    world: Arc<World>,
    view: View,
    habit: Habit,
    dice: Dice,
    socket: Option<(String, Arc<Socket>)>,
    subscribes: bool,
    /// Until when `caught_up` is waited for.
    patience: Option<Instant>,
    leaves_at: Option<Instant>,
    /// How often it came; it stays longer each time.
    visits: u32,
    /// The chat is not there any more.
    pub(crate) gone: bool,
}

impl Listener {
    /// Lets a client listen from now on.
    pub(crate) fn start(ears: Ears) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(ears.follow(stopped)) }
    }

    /// Returns the client as it is now; it listens no more.
    pub(crate) async fn stop(self) -> Result<Ears> {
        self.stop.send_replace(true);
        self.task.await?
    }
}

impl Ears {
    pub(crate) fn new(world: &Arc<World>, chat: &str, habit: Habit, dice: Dice) -> Result<Self> {
        let chat_id: ChatId = chat.parse()?;
        Ok(Self {
            world: Arc::clone(world),
            view: View::new(chat_id),
            habit,
            dice,
            socket: None,
            subscribes: true,
            patience: None,
            leaves_at: None,
            visits: 0,
            gone: false,
        })
    }

    pub(crate) const fn view(&self) -> &View {
        &self.view
    }

    async fn follow(mut self, mut stopped: watch::Receiver<bool>) -> Result<Self> {
        loop {
            let turn = self.turn();
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => {}
                ended = turn => {
                    ended?;
                    continue;
                }
            }
            self.hear_all()?;
            return Ok(self);
        }
    }

    /// Subscribes once more, and listens until nothing comes that it lacks: also nothing that was on its way.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        self.habit = Habit::Steady;
        self.leaves_at = None;
        if self.view.is_catching_up() {
            self.hang_up();
        }
        self.subscribes = true;
        let end = Instant::now() + LAST;
        while !self.gone {
            if Instant::now() > end {
                bail!("a client never stops subscribing");
            }
            if self.subscribes || self.view.is_catching_up() {
                self.turn().await?;
                continue;
            }
            sleep(QUIET).await;
            self.hear_all()?;
            if !self.subscribes && !self.view.is_catching_up() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Does what is due, then waits for news.
    async fn turn(&mut self) -> Result<()> {
        if self.gone {
            return std::future::pending().await;
        }
        let Some(socket) = self.connected().await else { return Ok(()) };
        if std::mem::take(&mut self.subscribes) {
            self.subscribe();
        }
        let until = [self.patience, self.leaves_at].into_iter().flatten().min();
        let until = until.unwrap_or_else(|| Instant::now() + LAST);
        let _ = timeout_at(until, socket.news.notified()).await;
        self.hear_all()?;
        self.look_at_the_clock().await;
        Ok(())
    }

    /// Returns the open socket; none where it could not be opened yet.
    async fn connected(&mut self) -> Option<Arc<Socket>> {
        if let Some((_, socket)) = self.socket.as_ref().filter(|(_, socket)| !socket.is_closed()) {
            return Some(Arc::clone(socket));
        }
        if let Some((id, _)) = self.socket.take() {
            // It takes a while until a client notices, and until the gateway says so to the function.
            let ms = self.dice.between(0, 3_000);
            sleep(Duration::from_millis(ms)).await;
            tokio::spawn(tell(Arc::clone(&self.world), event("DISCONNECT", &id, None)));
        }
        let (id, socket) = self.world.gateway.open();
        if !tell(Arc::clone(&self.world), event("CONNECT", &id, None)).await {
            self.world.gateway.close(&id);
            sleep(AGAIN).await;
            return None;
        }
        if self.habit == Habit::Restless {
            let ms = self.dice.between(100, 5_000) << self.visits.min(6);
            self.leaves_at = Some(Instant::now() + Duration::from_millis(ms));
            self.visits += 1;
        }
        self.subscribes = true;
        self.socket = Some((id, Arc::clone(&socket)));
        Some(socket)
    }

    fn subscribe(&mut self) {
        let Some((id, _)) = &self.socket else { return };
        let mut said = json!({"action": "subscribe", "chat_id": self.view.chat_id()});
        if let Some(cursor) = self.view.cursor() {
            said["cursor"] = json!(cursor);
        }
        self.view.subscribing();
        self.patience = Some(Instant::now() + PATIENCE);
        tokio::spawn(tell(Arc::clone(&self.world), event("MESSAGE", id, Some(&said))));
    }

    fn hear_all(&mut self) -> Result<()> {
        let Some((_, socket)) = self.socket.clone() else { return Ok(()) };
        while let Some(frame) = socket.next() {
            for incoming in decode(&frame)? {
                self.hear(incoming);
            }
        }
        if !self.view.is_catching_up() {
            self.patience = None;
        }
        Ok(())
    }

    fn hear(&mut self, incoming: Incoming) {
        self.note(&incoming);
        let verdict = match incoming {
            Incoming::Event(event) => self.view.apply(*event),
            Incoming::Unknown(envelope) => self.view.pass(&envelope),
            Incoming::Refused(refused) => {
                self.gone |= refused.code == "not_found";
                self.patience = Some(Instant::now() + AGAIN);
                return;
            }
            Incoming::Other(_) => return,
        };
        self.subscribes |= verdict == Verdict::Resubscribe;
    }

    /// Leaves the socket; the next turn opens another, and subscribes there.
    fn hang_up(&self) {
        if let Some((id, _)) = &self.socket {
            self.world.gateway.close(id);
        }
    }

    fn note(&self, incoming: &Incoming) {
        self.world.note(|| {
            let socket = self.socket.as_ref().map_or("", |(id, _)| id.as_str());
            let version = self.view.cursor().map_or(0, |cursor| cursor.snapshot_version);
            format!("      {socket} at version {version} hears {}", shortly(incoming))
        });
    }

    async fn look_at_the_clock(&mut self) {
        let now = Instant::now();
        if self.patience.is_some_and(|until| until <= now) {
            // On the same socket a late answer to the first request could be taken for one to the second.
            self.patience = None;
            self.hang_up();
        }
        if self.leaves_at.is_some_and(|until| until <= now) {
            self.leaves_at = None;
            self.hang_up();
            let ms = self.dice.between(0, 6_000);
            sleep(Duration::from_millis(ms)).await;
        }
    }
}

/// Events that a trace shows are cut to this.
const SHOWN_CHARS: usize = 160;

fn shortly(incoming: &Incoming) -> String {
    match incoming {
        Incoming::Event(event) => json!(event).to_string().chars().take(SHOWN_CHARS).collect(),
        Incoming::Unknown(_) | Incoming::Refused(_) | Incoming::Other(_) => "something else".to_owned(),
    }
}

/// Invokes the function of sockets. Returns whether it is content.
async fn tell(world: Arc<World>, event: Value) -> bool {
    match world.invoke(Caller::of("Socket"), event).await {
        Ended::Answered(reply) => reply["statusCode"] == 200,
        Ended::Failed(_) | Ended::Died => false,
    }
}

fn event(kind: &str, connection: &str, said: Option<&Value>) -> Value {
    let context = json!({"connectionId": connection, "eventType": kind, "authorizer": authorizer()});
    let mut event = json!({"requestContext": context, "isBase64Encoded": false});
    if let Some(said) = said {
        event["body"] = said.to_string().into();
    }
    event
}
