//! One connection, from hello to its end.

use std::time::Duration;

use bytes::Bytes;
use chat::{
    agent::{AgentAnswer, CallToken, FromAgent, ToAgent},
    limit::FRAME_BYTES,
};
use futures::{Sink, SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::{
    Incoming, Link, Outgoing,
    dial::{Dial, Trouble},
    outbox::{Outbox, Refusal},
};
use crate::http::Failed;

const SEND: Duration = Duration::from_secs(20);
/// How long the answer to a hello or a ping may take.
const ANSWER: Duration = Duration::from_secs(30);

/// What is known of a connection.
struct Connection<'a, D: Dial> {
    link: &'a Link<D>,
    stream: D::Socket,
    outbox: &'a mut Outbox,
    incoming: &'a UnboundedSender<Incoming>,
    /// What became of answers that went over HTTP.
    arrived: UnboundedSender<Posted>,
    is_welcome: bool,
    /// Until when something must be heard.
    patience: Option<Instant>,
}

/// What became of an answer that went over HTTP.
enum Posted {
    Acknowledged(Vec<CallToken>),
    /// It is taken as it is now never.
    Refused(CallToken, String),
}

impl<D: Dial> Link<D> {
    /// Returns why the connection ended.
    pub(super) async fn serve(
        &self,
        stream: D::Socket,
        outgoing: &mut UnboundedReceiver<Outgoing>,
        outbox: &mut Outbox,
        incoming: &UnboundedSender<Incoming>,
    ) -> Trouble {
        let (arrived, mut arrivals) = unbounded_channel();
        let patience = Some(Instant::now() + ANSWER);
        let is_welcome = false;
        let mut connection =
            Connection { link: self, stream, outbox, incoming, arrived, is_welcome, patience };
        let ended = connection.run(outgoing, &mut arrivals).await;
        match ended {
            Ok(()) => {
                drop(timeout(Duration::from_secs(1), connection.stream.close()).await);
                Trouble::Unheard
            }
            Err(trouble) => trouble,
        }
    }
}

impl<D: Dial> Connection<'_, D> {
    async fn run(
        &mut self,
        outgoing: &mut UnboundedReceiver<Outgoing>,
        arrivals: &mut UnboundedReceiver<Posted>,
    ) -> Result<(), Trouble> {
        self.tell(&self.link.hello.clone()).await?;
        let mut ping = interval_at(Instant::now() + self.link.ping, self.link.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.outbox.due().filter(|_| self.is_welcome);
            // What is due goes first, so that nothing that keeps coming holds it back.
            tokio::select! {
                biased;
                () = self.incoming.closed() => return Ok(()),
                Some(posted) = arrivals.recv() => self.note(posted)?,
                () = at(due) => self.flush().await?,
                _ = ping.tick() => {
                    self.tell(&FromAgent::Ping {}).await?;
                    self.patience.get_or_insert(Instant::now() + ANSWER);
                }
                message = self.stream.next() => self.hear(message)?,
                said = outgoing.recv() => match said {
                    Some(Outgoing::Awake) => return Err(Trouble::Passing("the machine was asleep".into())),
                    Some(said) => self.outbox.put(said, Instant::now()),
                    None => return Ok(()),
                },
                () = at(self.patience) => return Err(Trouble::Passing("the deployment is silent".into())),
            }
        }
    }

    fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Trouble> {
        let text = match message {
            None | Some(Ok(Message::Close(_))) => {
                return Err(Trouble::Passing("the deployment closed the connection".into()));
            }
            Some(Err(error)) => return Err(Trouble::Passing(error.to_string())),
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                return Ok(());
            }
        };
        if self.is_welcome {
            self.patience = None;
        }
        let events: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
        for event in events {
            match serde_json::from_value(event) {
                Ok(event) => self.take(event)?,
                Err(error) => tracing::warn!(%error, "the deployment said what this agent does not know"),
            }
        }
        Ok(())
    }

    fn take(&mut self, event: ToAgent) -> Result<(), Trouble> {
        match event {
            ToAgent::Welcome { workspace_id } if workspace_id != self.link.workspace_id => Err(
                Trouble::Refused(format!("the deployment takes this machine for workspace {workspace_id}")),
            ),
            ToAgent::Welcome { .. } => {
                tracing::info!("connected");
                (self.is_welcome, self.patience) = (true, None);
                self.outbox.renew(Instant::now());
                Ok(())
            }
            ToAgent::Call(call) => self.pass(Incoming::Call(call)),
            ToAgent::Acknowledged { tokens } => self.acknowledge(tokens),
            ToAgent::Cancelled { tokens } => {
                self.outbox.acknowledge(&tokens, Instant::now());
                self.pass(Incoming::Cancelled(tokens))
            }
            ToAgent::Pong {} => Ok(()),
            ToAgent::Refused { action, code, message } => {
                tracing::warn!(%action, code, message, "the deployment refused what the agent said");
                match (self.is_welcome, code.as_str()) {
                    (true, _) => Ok(()),
                    (false, "gone") => Err(Trouble::Hopeless(message)),
                    (false, _) => Err(Trouble::Passing(message)),
                }
            }
        }
    }

    fn acknowledge(&mut self, tokens: Vec<CallToken>) -> Result<(), Trouble> {
        self.outbox.acknowledge(&tokens, Instant::now());
        self.pass(Incoming::Acknowledged(tokens))
    }

    fn note(&mut self, posted: Posted) -> Result<(), Trouble> {
        match posted {
            Posted::Acknowledged(tokens) => self.acknowledge(tokens),
            Posted::Refused(token, reason) => match self.outbox.refuse(&token, &reason, Instant::now()) {
                Refusal::Replaced => Ok(()),
                // Nobody will ever take it.
                Refusal::Final => self.acknowledge(vec![token]),
            },
        }
    }

    fn pass(&self, incoming: Incoming) -> Result<(), Trouble> {
        self.incoming.send(incoming).map_err(|_| Trouble::Unheard)
    }

    async fn flush(&mut self) -> Result<(), Trouble> {
        let batch = self.outbox.take(Instant::now());
        for message in &batch.messages {
            self.tell(message).await?;
        }
        for answer in batch.alone {
            self.post(answer);
        }
        Ok(())
    }

    /// An answer that does not arrive is sent again with the others.
    fn post(&self, answer: AgentAnswer) {
        let (deployment, arrived) = (self.link.deployment.clone(), self.arrived.clone());
        tokio::spawn(async move {
            let token = answer.token.clone();
            let posted = match deployment.hand_in(&[answer]).await {
                Ok(tokens) => Posted::Acknowledged(tokens),
                Err(Failed::Lasting(reason)) => {
                    tracing::warn!(reason, %token, "an answer is not taken");
                    Posted::Refused(token, reason)
                }
                Err(Failed::Passing(reason) | Failed::Unknown(reason)) => {
                    tracing::warn!(reason, %token, "an answer did not arrive");
                    return;
                }
            };
            // Nobody listens where the connection is another one by now.
            drop(arrived.send(posted));
        });
    }

    async fn tell(&mut self, message: &FromAgent) -> Result<(), Trouble> {
        let text = serde_json::to_string(message).map_err(|error| Trouble::Passing(error.to_string()))?;
        match timeout(SEND, send(&mut self.stream, text)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Trouble::Passing(error.to_string())),
            Err(_) => Err(Trouble::Passing("the connection does not take anything".into())),
        }
    }
}

/// Sends a message in frames that API Gateway takes.
async fn send<S: Sink<Message, Error = Error> + Unpin>(stream: &mut S, text: String) -> Result<(), Error> {
    if text.len() <= FRAME_BYTES {
        return stream.send(Message::text(text)).await;
    }
    let mut rest = Bytes::from(text);
    let mut code = OpCode::Data(Data::Text);
    while !rest.is_empty() {
        let piece = rest.split_to(rest.len().min(FRAME_BYTES));
        stream.feed(Message::Frame(Frame::message(piece, code, rest.is_empty()))).await?;
        code = OpCode::Data(Data::Continue);
    }
    stream.flush().await
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
