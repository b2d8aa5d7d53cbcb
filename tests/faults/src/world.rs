//! One world: the functions, what they stand on, and whatever goes wrong between.
//!
//! Everything runs on one thread under a paused clock, and all chance comes from the seed: a world that is
//! made again goes through exactly the same.

pub(crate) mod caller;
mod cloud;
pub(crate) mod gateway;
mod ground;
mod journal;
mod model;
mod queues;
mod request;
pub(crate) mod row;
pub(crate) mod signal;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use chat::{agent::CallToken, port::Clock as _, time::Timestamp};
use dynamo::Dynamo;
use edge::{Config, Function, SharedClock};
use kit::{clock::ManualClock, replies::Replies};

use crate::{
    dice::Dice,
    fault::Kind,
    plan::{OnceIn, Plan},
};
use gateway::Gateway;
pub use ground::Defect;
pub(crate) use ground::Ground;
pub(crate) use journal::{Journal, Recovery};
use queues::Queues;
use signal::Signal;

/// The functions that take part: all that a chat, its agents and its machine meet.
const FUNCTIONS: [&str; 10] =
    ["Chats", "Messages", "Socket", "Step", "Sweep", "Agent", "Authorize", "Provision", "Runs", "Workspaces"];

/// How far clocks may differ from the right time.
const SKEW_MS: u64 = 2_500;

/// The functions of one deployment: its code and its warm memory.
type Deployment = BTreeMap<&'static str, Function>;

pub(crate) struct World {
    pub(crate) ground: Arc<Ground>,
    pub(crate) clock: ManualClock,
    pub(crate) gateway: Gateway,
    pub(crate) queues: Queues,
    pub(crate) replies: Replies,
    began: Timestamp,
    dynamo: Dynamo,
    region: String,
    plan: Mutex<Plan>,
    dice: Mutex<Dice>,
    journal: Mutex<Journal>,
    deployments: Mutex<Vec<Deployment>>,
    /// Raised by each restart: who began before it is gone.
    restarts: Signal,
    /// Raised by each write of a chat.
    pub(crate) commits: Signal,
    /// The chats that were ever written.
    chats: Mutex<BTreeSet<String>>,
    /// Until when a service is away.
    outages: Mutex<BTreeMap<cloud::Service, Timestamp>>,
    /// How often each call's tool began on a machine.
    begun: Mutex<BTreeMap<CallToken, u32>>,
    working: AtomicUsize,
}

impl World {
    /// Makes a world in which the faults of `plan` strike.
    pub(crate) fn new(ground: &Arc<Ground>, replies: Replies, plan: Plan, dice: Dice) -> Result<Arc<Self>> {
        let clock = ManualClock::following_tokio();
        let dynamo = ground.database()?;
        let world = Arc::new(Self {
            began: clock.now(),
            gateway: Gateway::default(),
            queues: Queues::new(&ground.template.queues),
            replies,
            dynamo,
            region: Ground::region(),
            plan: Mutex::new(plan),
            dice: Mutex::new(dice),
            journal: Mutex::default(),
            deployments: Mutex::default(),
            restarts: Signal::default(),
            commits: Signal::default(),
            chats: Mutex::default(),
            outages: Mutex::default(),
            begun: Mutex::default(),
            working: AtomicUsize::new(0),
            ground: Arc::clone(ground),
            clock,
        });
        world.deploy()?;
        source::start(&world);
        Ok(world)
    }

    /// Starts the functions, with empty memories.
    fn deploy(self: &Arc<Self>) -> Result<()> {
        let skewed = self.strikes(&[Kind::ClockSkew], OnceIn(2)).is_some();
        let twice = self.strikes(&[Kind::TwoDeploys], OnceIn(2)).is_some();
        let count = if twice { 2 } else { 1 };
        let made = (0..count).map(|_| self.deployment(skewed)).collect::<Result<_>>()?;
        *lock(&self.deployments) = made;
        Ok(())
    }

    fn deployment(self: &Arc<Self>, skewed: bool) -> Result<Deployment> {
        let http_client = cloud::client(self);
        let mut functions = Deployment::new();
        for name in FUNCTIONS {
            let spec = self.ground.template.functions.get(name).context(name)?;
            let mut vars = spec.variables(name);
            // The SDK's budget of retries is kept by region, for the whole process: each world has its own.
            vars.insert("AWS_REGION".to_owned(), self.region.clone());
            let config = Config::hosted(&vars, http_client.clone(), edge::tls::nobody()?).context(name)?;
            let clock = SharedClock::new(self.function_clock(skewed));
            functions.insert(name, self.function(name, Config { clock, ..config }));
        }
        Ok(functions)
    }

    fn function(self: &Arc<Self>, name: &str, config: Config) -> Function {
        match name {
            "Chats" => chats::function(config),
            "Messages" => messages::function(config),
            "Socket" => socket::function(config),
            "Sweep" => sweep::function(config),
            "Agent" => agent::function(config),
            "Authorize" => authorize::function(config),
            "Provision" => provision::function(config),
            "Runs" => runs::function(config),
            "Workspaces" => workspaces::function(config),
            _ => step::serve(config, model::Model::new(self)),
        }
    }

    fn function_clock(&self, skewed: bool) -> ManualClock {
        let by = if skewed { self.roll(0, 2 * SKEW_MS) } else { SKEW_MS };
        self.clock.skewed_ms(by.cast_signed() - SKEW_MS.cast_signed())
    }

    /// Returns the function that the next invocation of this name gets to.
    fn pick(&self, name: &str) -> Option<Function> {
        let deployments = lock(&self.deployments);
        let last = deployments.len().saturating_sub(1) as u64;
        let index = if last == 0 { 0 } else { self.roll(0, last) };
        deployments.get(usize::try_from(index).unwrap_or_default())?.get(name).cloned()
    }

    /// Ends everything at once but what tables and queues keep, and starts again.
    pub(crate) fn restart(self: &Arc<Self>) {
        self.note(|| "everything ends, and starts again".to_owned());
        self.gateway.close_all();
        if let Err(error) = self.deploy() {
            self.violated(format!("no restart: {error:#}"));
        }
        self.restarts.raise();
    }

    /// Returns what strikes here, if anything does.
    pub(crate) fn strikes(&self, offered: &[Kind], rarity: OnceIn) -> Option<Kind> {
        let struck = lock(&self.plan).next(offered, rarity)?;
        self.note(|| format!("!! {}", struck.name()));
        Some(struck)
    }

    /// Nothing goes wrong any more.
    pub(crate) fn calm(&self) {
        lock(&self.plan).calm();
        lock(&self.outages).clear();
    }

    pub(crate) fn struck(&self) -> Vec<Kind> {
        lock(&self.plan).struck().to_vec()
    }

    pub(crate) fn places(&self) -> BTreeMap<Kind, u64> {
        lock(&self.plan).places().clone()
    }

    pub(crate) fn roll(&self, low: u64, high: u64) -> u64 {
        lock(&self.dice).between(low, high)
    }

    /// Lets some milliseconds pass, as many as chance will have.
    pub(crate) async fn pause(&self, low: u64, high: u64) {
        let ms = self.roll(low, high);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns how long the world has been there.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.now().since_ms(self.began)
    }

    /// Returns whether no step works.
    pub(crate) fn is_idle(&self) -> bool {
        self.working.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn chats(&self) -> Vec<String> {
        lock(&self.chats).iter().cloned().collect()
    }

    fn learn(&self, chat: &str) {
        if !lock(&self.chats).contains(chat) {
            lock(&self.chats).insert(chat.to_owned());
        }
    }

    /// A call's tool begins on a machine. Returns how often it has.
    pub(crate) fn begins(&self, token: &CallToken) -> u32 {
        let mut begun = lock(&self.begun);
        let times = begun.entry(token.clone()).or_default();
        *times += 1;
        *times
    }

    /// Returns how often a call's tool began on a machine.
    pub(crate) fn begun(&self, token: &CallToken) -> u32 {
        lock(&self.begun).get(token).copied().unwrap_or_default()
    }

    pub(crate) fn note(&self, words: impl FnOnce() -> String) {
        if self.ground.traces {
            let at_ms = self.elapsed_ms();
            lock(&self.journal).note(at_ms, &words());
        }
    }

    pub(crate) fn violated(&self, words: String) {
        self.note(|| format!("VIOLATED {words}"));
        lock(&self.journal).violations.push(words);
    }

    pub(crate) fn take_journal(&self) -> Journal {
        std::mem::take(&mut *lock(&self.journal))
    }

    /// Lets go of the functions, which hold on to the world.
    pub(crate) fn end(&self) {
        lock(&self.deployments).clear();
    }
}

/// What functions hold of the world, so that it can end.
type WeakWorld = Weak<World>;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
