//! The socket to the deployment: opened again for as long as the agent lives.

mod backoff;
mod dial;
mod outbox;
mod serve;

use std::time::Duration;

use chat::{
    agent::{AgentAnswer, AgentCall, CallToken, FromAgent, Report},
    id::WorkspaceId,
    time::Timestamp,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep},
};

pub use self::dial::{Deployment, Dial, Trouble};
use self::{backoff::Backoff, outbox::Outbox};

/// A connection that lasted as long was none of those that fail at once.
const LASTED: Duration = Duration::from_secs(30);

/// Where the deployment is, and who the agent is.
#[derive(Clone, Debug)]
pub struct Link<D = Deployment> {
    /// The deployment.
    pub deployment: D,
    /// The workspace that it is the agent of.
    pub workspace_id: WorkspaceId,
    /// What it says first.
    pub hello: FromAgent,
    /// How often it says that it is there. Sockets that say nothing for ten minutes are closed.
    pub ping: Duration,
    /// How long the deployment must refuse the agent until that is believed: a deployment that is being changed may, for
    /// a while.
    pub doubt: Duration,
}

/// What shall be said.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// This call runs, and takes its time.
    Accepted(CallToken),
    /// This call has put out something.
    Progress(CallToken, String),
    /// This call is done; said until it is acknowledged.
    Answer(Box<AgentAnswer>),
    /// This is what the machine is like; said again on each connection.
    Report(Box<Report>, Timestamp),
    /// The machine has slept: whatever the socket looks like, nobody is at its other end.
    Awake,
}

/// What was said.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// Run this.
    Call(Box<AgentCall>),
    /// These answers need not be kept.
    Acknowledged(Vec<CallToken>),
    /// Nobody wants these answered.
    Cancelled(Vec<CallToken>),
}

/// Why a link has ended for good.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// Nobody listens any more.
    #[error("the agent has ended")]
    Unheard,
    /// The deployment does not know the agent, or no longer.
    #[error("{0}")]
    Refused(String),
}

impl<D: Dial> Link<D> {
    /// Keeps a socket open until nobody listens or the deployment does not want it.
    pub async fn keep(
        self,
        mut outgoing: UnboundedReceiver<Outgoing>,
        incoming: UnboundedSender<Incoming>,
    ) -> Ended {
        let (mut backoff, mut refused_since) = (Backoff::default(), None);
        let mut outbox = Outbox::default();
        loop {
            let begun = Instant::now();
            match self.connect_and_serve(&mut outgoing, &mut outbox, &incoming).await {
                Trouble::Passing(reason) => {
                    refused_since = None;
                    tracing::info!(reason, "not connected");
                }
                Trouble::Refused(reason) => {
                    if refused_since.get_or_insert(begun).elapsed() >= self.doubt {
                        return Ended::Refused(reason);
                    }
                    tracing::warn!(reason, "not let in");
                }
                Trouble::Hopeless(reason) => return Ended::Refused(reason),
                Trouble::Unheard => return Ended::Unheard,
            }
            if begun.elapsed() > LASTED {
                backoff = Backoff::default();
            }
            let pause = meanwhile(&mut outgoing, &mut outbox, sleep(backoff.next_delay()));
            tokio::select! {
                biased;
                () = pause => {}
                () = incoming.closed() => return Ended::Unheard,
            }
        }
    }

    async fn connect_and_serve(
        &self,
        outgoing: &mut UnboundedReceiver<Outgoing>,
        outbox: &mut Outbox,
        incoming: &UnboundedSender<Incoming>,
    ) -> Trouble {
        match meanwhile(outgoing, outbox, self.deployment.dial()).await {
            Ok(stream) => self.serve(stream, outgoing, outbox, incoming).await,
            Err(trouble) => trouble,
        }
    }
}

/// Takes what shall be said while there is nobody to say it to.
async fn meanwhile<T>(
    outgoing: &mut UnboundedReceiver<Outgoing>,
    outbox: &mut Outbox,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            Some(said) = outgoing.recv() => outbox.put(said, Instant::now()),
        }
    }
}

#[cfg(test)]
mod tests;
