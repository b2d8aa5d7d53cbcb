//! A workspace's machine: the agent that is deployed, but for its network, its disk and its tools, which are the world's.

mod hands;
mod road;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context as _, Result};
use chat::{agent::FromAgent, id::WorkspaceId, port::Clock as _, time::Timestamp};
use edge::Secret;
use kit::clock::ManualClock;
use tempfile::TempDir;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
    time::sleep,
};
use workspace::{
    http::Api,
    journal::{Journal, Paper},
    link::{Ended, Incoming, Link},
    run::{Runner, Running, Spool},
};

use self::{hands::Hands, road::Road};
use crate::{
    fault::Kind,
    plan::OnceIn,
    world::{Defect, World, lock, signal::Signal},
};

/// What the agent itself is made with.
const PING: Duration = Duration::from_secs(4 * 60);
const DOUBT: Duration = Duration::from_secs(5 * 60);
/// How long a network is cut: API Gateway closes a socket after ten minutes of silence.
const CUT_MS: (u64, u64) = (11 * 60_000, 14 * 60_000);

/// A machine, and what outlives its agent.
pub(crate) struct Machine {
    world: Arc<World>,
    workspace_id: WorkspaceId,
    secret: Secret,
    journal: Paper,
    /// Where the agent keeps what calls put out.
    output: TempDir,
    /// Raised when what runs on it ends at once.
    deaths: Signal,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Until when nothing gets through.
    cut_until: Timestamp,
    /// How long it is down after a death.
    down_ms: u64,
    /// Whether what it was connected by stays open when it ends, as nobody says goodbye.
    goes_silently: bool,
}

impl Machine {
    /// Starts a machine, whose agent knows `secret`.
    pub(crate) fn start(world: &Arc<World>, workspace_id: WorkspaceId, secret: Secret) -> Result<()> {
        let machine = Arc::new(Self {
            world: Arc::clone(world),
            workspace_id,
            secret,
            journal: Paper::default(),
            output: tempfile::tempdir().context("a folder for output")?,
            deaths: Signal::default(),
            state: Mutex::default(),
        });
        tokio::spawn(machine.live());
        Ok(())
    }

    /// Runs the agent again whenever it ends.
    async fn live(self: Arc<Self>) {
        loop {
            match self.agent().await {
                Ok(None) => {}
                // The deployment knows it: whatever it heard, it may not give up.
                Ok(Some(ended)) => self.world.violated(format!("the agent gave up: {ended}")),
                Err(error) => self.world.violated(format!("no agent: {error:#}")),
            }
            let down_ms = lock(&self.state).down_ms.max(1_000);
            sleep(Duration::from_millis(down_ms)).await;
        }
    }

    /// Runs the agent until it dies, or ends by itself.
    async fn agent(self: &Arc<Self>) -> Result<Option<Ended>> {
        let deaths = self.deaths.count();
        lock(&self.state).goes_silently = false;
        let (outgoing, said) = unbounded_channel();
        let (heard, mut incoming) = unbounded_channel();
        let journal = Journal::on(self.paper(), self.world.now());
        let spool = Spool::open(self.output.path(), &journal.unanswered())?;
        let runner = Arc::new(Runner {
            journal,
            tools: Hands::of(self),
            outgoing,
            spool,
            api: Api::new("http://nobody.invalid")?,
            secret: self.secret.reveal().to_owned(),
            clock: self.world.clock.clone(),
            call_ended: Arc::default(),
            running: Running::default(),
        });
        self.world.note(|| "the agent starts".to_owned());
        runner.recover().await;
        let mut link = tokio::spawn(self.link().keep(said, heard));
        let ended = tokio::select! {
            biased;
            () = self.deaths.beyond(deaths) => None,
            ended = listen(&runner, &mut incoming, &mut link) => Some(ended?),
        };
        runner.stop_all();
        link.abort();
        Ok(ended)
    }

    fn paper(&self) -> Paper {
        match self.world.ground.defect {
            Some(Defect::BlankJournal) => Paper::default(),
            Some(Defect::DeafQueue | Defect::BlindWrites) | None => self.journal.clone(),
        }
    }

    fn link(self: &Arc<Self>) -> Link<Road> {
        let hello = FromAgent::Hello {
            run_id: self.world.clock.new_id(),
            version: "1".to_owned(),
            os: "linux".to_owned(),
            folder: "/work".to_owned(),
        };
        let deployment = Road::of(self);
        Link { deployment, workspace_id: self.workspace_id, hello, ping: PING, doubt: DOUBT }
    }

    /// Lets something befall the machine. Returns whether it ended what runs there.
    fn suffers(&self) -> bool {
        let offered = [Kind::AgentKilled, Kind::AgentCut, Kind::MachineRestarted];
        let Some(kind) = self.world.strikes(&offered, OnceIn(40)) else { return false };
        self.world.disturb(kind.name());
        if kind == Kind::AgentCut {
            let cut_ms = self.world.roll(CUT_MS.0, CUT_MS.1);
            lock(&self.state).cut_until = self.world.now().plus_ms(cut_ms);
            return false;
        }
        let silently = kind == Kind::MachineRestarted;
        let (least, most) = if silently { (15_000, 90_000) } else { (500, 5_000) };
        self.die(self.world.roll(least, most), silently);
        true
    }

    fn die(&self, down_ms: u64, goes_silently: bool) {
        let mut state = lock(&self.state);
        (state.down_ms, state.goes_silently) = (down_ms, goes_silently);
        drop(state);
        self.deaths.raise();
    }

    fn is_cut(&self) -> bool {
        lock(&self.state).cut_until > self.world.now()
    }

    /// Whether the other end of a socket hears nothing of it when it ends.
    fn goes_silently(&self) -> bool {
        self.is_cut() || lock(&self.state).goes_silently
    }
}

async fn listen(
    runner: &Arc<Runner<ManualClock, Hands>>,
    incoming: &mut UnboundedReceiver<Incoming>,
    link: &mut JoinHandle<Ended>,
) -> Result<Ended> {
    loop {
        tokio::select! {
            biased;
            Some(event) = incoming.recv() => runner.hear(event).await,
            ended = &mut *link => return Ok(ended?),
        }
    }
}
