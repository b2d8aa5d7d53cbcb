//! The way between a machine's agent and the deployment.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use chat::agent::{AgentAnswer, CallToken};
use futures::{Sink, Stream};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::sleep,
};
use tokio_tungstenite::tungstenite::{Error, Message};
use workspace::{
    http::Failed,
    link::{Dial, Trouble},
};

use super::Machine;
use crate::world::{
    caller::{Caller, Ended},
    gateway::Socket,
};

/// How long it takes until nobody answers.
const UNANSWERED: Duration = Duration::from_secs(15);
/// After how long of silence API Gateway closes a socket.
const IDLE: Duration = Duration::from_secs(600);

/// The way to the deployment.
#[derive(Clone)]
pub(super) struct Road(Arc<Machine>);

/// A socket in the agent's hands.
pub(super) struct Wire {
    frames: UnboundedReceiver<String>,
    says: UnboundedSender<String>,
}

impl Road {
    pub(super) fn of(machine: &Arc<Machine>) -> Self {
        Self(Arc::clone(machine))
    }

    /// Returns what the authorizer says of the agent.
    async fn authorize(&self, event: Value) -> Option<Value> {
        let ended = self.0.world.invoke(Caller::of("Authorize"), event).await;
        let Ended::Answered(mut answer) = ended else { return None };
        Some(answer["context"].take())
    }

    fn headers(&self) -> Value {
        json!({ "authorization": format!("Bearer {}", self.0.secret.reveal()) })
    }

    async fn get_through(&self) -> Result<(), &'static str> {
        self.0.world.pause(1, 6).await;
        if self.0.is_cut() {
            sleep(UNANSWERED).await;
            return Err("nobody answers");
        }
        Ok(())
    }
}

impl Dial for Road {
    type Socket = Wire;

    async fn dial(&self) -> Result<Wire, Trouble> {
        let passing = |why: &str| Trouble::Passing(why.to_owned());
        self.get_through().await.map_err(passing)?;
        let asked = json!({ "methodArn": "arn:aws:execute-api:here", "headers": self.headers() });
        let context = self.authorize(asked).await.ok_or_else(|| passing("500"))?;
        let (id, socket) = self.0.world.gateway.open();
        let line = Line { machine: Arc::clone(&self.0), id, context, socket };
        match line.tell("Socket", "CONNECT", None).await {
            Some(200) => Ok(line.open()),
            status => {
                line.machine.world.gateway.close(&line.id);
                Err(match status {
                    Some(401 | 403) => Trouble::Refused("the agent is not known".to_owned()),
                    Some(_) | None => passing("the socket was not opened"),
                })
            }
        }
    }

    async fn hand_in(&self, answers: &[AgentAnswer]) -> Result<Vec<CallToken>, Failed> {
        let passing = |why: &str| Failed::Passing(why.to_owned());
        self.get_through().await.map_err(passing)?;
        let context = self.authorize(json!({ "headers": self.headers() })).await;
        let context = context.ok_or_else(|| passing("500"))?;
        let event = json!({
            "version": "2.0", "routeKey": "POST /v1/agent/answers", "rawPath": "/v1/agent/answers",
            "rawQueryString": "", "headers": { "content-type": "application/json" },
            "requestContext": { "authorizer": { "lambda": context }, "http": {} },
            "body": json!({ "answers": answers }).to_string(), "isBase64Encoded": false,
        });
        let Ended::Answered(reply) = self.0.world.invoke(Caller::of("Agent"), event).await else {
            return Err(passing("500"));
        };
        match reply["statusCode"].as_u64() {
            Some(200..300) => Ok(answers.iter().map(|answer| answer.token.clone()).collect()),
            Some(409 | 429 | 500..) | None => Err(passing("later")),
            Some(status) => Err(Failed::Lasting(format!("{status} {}", reply["body"]))),
        }
    }
}

/// An open socket, between its two ends.
#[derive(Clone)]
struct Line {
    machine: Arc<Machine>,
    id: String,
    /// What the authorizer said.
    context: Value,
    socket: Arc<Socket>,
}

impl Line {
    fn open(self) -> Wire {
        let (arrives, frames) = unbounded_channel();
        let (says, said) = unbounded_channel();
        tokio::spawn(self.clone().carry_in(arrives));
        tokio::spawn(self.carry_out(said));
        Wire { frames, says }
    }

    /// Carries frames to the agent, up to the socket's end.
    async fn carry_in(self, arrives: UnboundedSender<String>) {
        while !self.socket.is_closed() && !arrives.is_closed() {
            while let Some(frame) = self.socket.next() {
                // Its sender believes that it arrived.
                if !self.machine.is_cut() && !self.machine.suffers() {
                    drop(arrives.send(frame));
                }
            }
            if self.socket.is_closed() {
                break;
            }
            tokio::select! {
                biased;
                () = self.socket.news.notified() => {}
                () = arrives.closed() => {}
            }
        }
        if !self.socket.is_closed() && self.machine.goes_silently() {
            sleep(IDLE).await;
        }
        self.machine.world.gateway.close(&self.id);
        self.tell("Socket", "DISCONNECT", None).await;
        // It takes a while until the agent notices.
        self.machine.world.pause(0, 3_000).await;
    }

    /// Carries what the agent says to the functions, up to its end.
    async fn carry_out(self, mut said: UnboundedReceiver<String>) {
        while let Some(text) = said.recv().await {
            self.machine.world.pause(1, 6).await;
            let is_lost =
                self.machine.is_cut() || (self.machine.suffers() && self.machine.world.roll(0, 1) == 0);
            if is_lost || self.socket.is_closed() {
                continue;
            }
            let line = self.clone();
            let action: Value = serde_json::from_str(&text).unwrap_or_default();
            let function = if action["action"] == "ping" { "Socket" } else { "Agent" };
            tokio::spawn(async move { line.tell(function, "MESSAGE", Some(&text)).await });
        }
    }

    /// Invokes a function with what happened here, and returns its status.
    async fn tell(&self, function: &'static str, kind: &str, text: Option<&str>) -> Option<u64> {
        let context = json!({ "connectionId": self.id, "eventType": kind, "authorizer": self.context });
        let mut event = json!({ "requestContext": context, "isBase64Encoded": false });
        if let Some(text) = text {
            event["body"] = text.into();
        }
        match self.machine.world.invoke(Caller::of(function), event).await {
            Ended::Answered(reply) => reply["statusCode"].as_u64(),
            Ended::Failed(_) | Ended::Died => None,
        }
    }
}

impl Stream for Wire {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.frames.poll_recv(context).map(|frame| frame.map(|frame| Ok(Message::text(frame))))
    }
}

impl Sink<Message> for Wire {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let text = message.into_text()?;
        self.says.send(text.as_str().to_owned()).map_err(|_| Error::ConnectionClosed)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}
