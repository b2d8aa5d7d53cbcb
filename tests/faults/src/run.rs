//! One run: one scene, one seed, and what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, ensure};
use futures::FutureExt as _;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    check::{self, Shown},
    dice::Dice,
    fault::Kind,
    listener::{Ears, Habit, Listener},
    person::{Fate, Person},
    plan::Plan,
    scene::{self, Scene},
    world::{Ground, Recovery, World},
};

/// Seeds of single faults: `round`, `scene` and `place`, in digits that people can read.
const ROUND: u64 = 100_000_000;
const SCENE: u64 = 1_000_000;
/// How long wakes may be on their way after all is at rest.
const LATE_MINUTES: u64 = 40;
/// How long the items of a deleted chat may stay.
const ERASED_MINUTES: u64 = 5;

/// What one run was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) kind: Kind,
    pub(crate) seed: u64,
}

impl Run {
    /// Returns the run in which `kind` strikes at a place, counted from 0, of a scene. Rounds differ in how
    /// long everything takes.
    pub(crate) const fn once(kind: Kind, round: u64, scene: u64, place: u64) -> Self {
        Self { kind, seed: round * ROUND + scene * SCENE + place }
    }

    /// Returns the scene, the place, and the seed of everything else.
    const fn parts(self, scenes: u64) -> (u64, u64, u64) {
        if matches!(self.kind, Kind::Storm) {
            return (self.seed % scenes, self.seed, self.seed);
        }
        let scene = self.seed % ROUND / SCENE;
        (scene, self.seed % SCENE, self.seed / ROUND * 1_000 + scene)
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) run: Run,
    pub(crate) scene: &'static str,
    /// What struck.
    pub(crate) struck: Vec<Kind>,
    pub(crate) recoveries: Vec<Recovery>,
    /// How often each kind could have struck; counted where nothing did.
    pub(crate) places: BTreeMap<Kind, u64>,
    /// When the last answer was there.
    pub(crate) at_rest_ms: u64,
    pub(crate) violations: Vec<String>,
    pub(crate) trace: String,
}

/// What a function has on Lambda, as the process's first thread.
const STACK_BYTES: usize = 8 << 20;

/// Goes through one run, on a thread of its own.
pub(crate) fn go(ground: &Arc<Ground>, run: Run) -> Result<Outcome> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES);
        let running = thread.spawn_scoped(scope, || go_here(ground, run))?;
        running.join().map_err(|_| anyhow!("the runner panicked"))?
    })
}

fn go_here(ground: &Arc<Ground>, run: Run) -> Result<Outcome> {
    let scenes = scene::all();
    let (index, place, seed) = run.parts(scenes.len() as u64);
    let scene = usize::try_from(index).ok().and_then(|index| scenes.get(index));
    let scene = scene.with_context(|| format!("there is no scene {index}"))?;
    // The SDK's own chance: pauses before retries, and the tokens of transactions.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let plan = Plan::new(run.kind, place);
        let world = World::new(ground, (scene.replies)(), plan, Dice::new(seed))?;
        let lived = AssertUnwindSafe(live(&world, scene)).catch_unwind().await;
        let at_rest_ms = match lived {
            Ok(Ok(at_rest_ms)) => at_rest_ms,
            Ok(Err(error)) => {
                world.violated(format!("{error:#}"));
                world.elapsed_ms()
            }
            Err(_) => {
                world.violated("the runner panicked".to_owned());
                world.elapsed_ms()
            }
        };
        let (struck, places) = (world.struck(), world.places());
        let journal = world.take_journal();
        world.end();
        let mut violations = journal.violations;
        violations.extend(journal.recoveries.iter().filter_map(|recovery| recovery.complaint(run.kind)));
        let recoveries = journal.recoveries;
        Ok(Outcome {
            run,
            scene: scene.name,
            struck,
            places,
            recoveries,
            at_rest_ms,
            violations,
            trace: journal.trace,
        })
    })
}

impl Recovery {
    fn complaint(&self, kind: Kind) -> Option<String> {
        let bound_ms = if kind == Kind::Storm { 30 * 60_000 } else { bound_ms(self.fault) };
        let Self { fault, took_ms } = self;
        (*took_ms > bound_ms).then(|| format!("after {fault}, nothing went on for {took_ms} ms"))
    }
}

/// How long it may take until work goes on.
fn bound_ms(fault: &str) -> u64 {
    match fault {
        "kill" | "kill (wake not held yet)" | "wake-lost" => 40_000,
        // Ten minutes of silence are what an answer may take.
        "model-stalls" => 640_000,
        // A wake that is late may be so by a minute, and what holds a sweep up costs another.
        _ => 180_000,
    }
}

async fn live(world: &Arc<World>, scene: &Scene) -> Result<u64> {
    let mut person = Person::new(world);
    let listeners = tokio::spawn(listen(Arc::clone(world)));
    (scene.play)(&mut person).await?;
    let at_rest_ms = world.elapsed_ms();
    world.note(|| "the scene is over; nothing goes wrong any more".to_owned());
    world.calm();
    let shown = look_at_all(&mut person, scene).await?;
    follow_up(world, &mut person, listeners).await?;
    look_at_agents(world, &mut person).await?;
    drain(world).await?;
    for (chat, shown) in &shown {
        person.chat.clone_from(chat);
        let now = Shown::read(&mut person).await?;
        ensure!(now == *shown, "a late wake changed the chat from {shown:?} to {now:?}");
        if shown.is_none() {
            erased(world, chat).await?;
        } else {
            left_over(world, chat)?;
        }
    }
    Ok(at_rest_ms)
}

/// Checks every chat that was talked in, and returns them.
async fn look_at_all(person: &mut Person, scene: &Scene) -> Result<Vec<(String, Option<Shown>)>> {
    let chats = talked_in(person);
    let last = person.chat.clone();
    let mut all = Vec::new();
    for chat in chats {
        person.chat.clone_from(&chat);
        let said: Vec<_> =
            person.said.iter().filter(|(of, _)| *of == chat).map(|(_, said)| said.clone()).collect();
        let shown = Shown::read(person).await?;
        match &shown {
            Some(shown) => {
                check::chat(scene, &said, shown)?;
                check::begun(&person.world, shown)?;
            }
            None => ensure!(said.iter().all(|said| said.fate == Fate::Gone), "the chat is gone"),
        }
        all.push((chat, shown));
    }
    person.chat = last;
    Ok(all)
}

fn talked_in(person: &Person) -> BTreeSet<String> {
    person.said.iter().map(|(chat, _)| chat.clone()).collect()
}

/// Checks the chats that nobody talks in: agents that were given tasks, which may work on after whoever gave them.
async fn look_at_agents(world: &Arc<World>, person: &mut Person) -> Result<()> {
    let talked_in = talked_in(person);
    let last = person.chat.clone();
    for chat in world.chats().into_iter().filter(|chat| !talked_in.contains(chat)) {
        person.chat.clone_from(&chat);
        person.rest().await.context("an agent")?;
        if let Some(shown) = Shown::read(person).await? {
            check::paired(&shown.messages)?;
            check::begun(world, &shown)?;
            left_over(world, &chat)?;
        }
    }
    person.chat = last;
    Ok(())
}

/// Lets one client listen all the time and another drop in and out, from when there is a chat.
async fn listen(world: Arc<World>) -> Result<(String, [Listener; 2])> {
    let chat = loop {
        let seen = world.commits.count();
        match world.chats().into_iter().next() {
            Some(chat) => break chat,
            None => world.commits.beyond(seen).await,
        }
    };
    let ears = |habit| Ears::new(&world, &chat, habit, Dice::new(world.roll(0, u64::from(u32::MAX))));
    let listeners = [Listener::start(ears(Habit::Steady)?), Listener::start(ears(Habit::Restless)?)];
    Ok((chat, listeners))
}

/// What every client shows is what the server shows: those that listened, and one that comes late.
async fn follow_up(
    world: &Arc<World>,
    person: &mut Person,
    listeners: JoinHandle<Result<(String, [Listener; 2])>>,
) -> Result<()> {
    let (chat, listeners) = listeners.await??;
    person.chat.clone_from(&chat);
    let shown = Shown::read(person).await?;
    if world.struck().is_empty() {
        sleep(Duration::from_millis(500)).await;
    }
    let mut ears = Vec::new();
    for listener in listeners {
        ears.push(listener.stop().await?);
    }
    // Where nothing was lost, nothing may be lacking either.
    if let (true, Some(shown), Some(steady)) = (world.struck().is_empty(), &shown, ears.first()) {
        check::view(steady.view(), shown).context("a client that was there all the time")?;
    }
    ears.push(Ears::new(world, &chat, Habit::Steady, Dice::new(1))?);
    for mut ears in ears {
        ears.settle().await?;
        match &shown {
            Some(shown) => check::view(ears.view(), shown)?,
            None => ensure!(ears.gone, "a client still listens to a chat that is gone"),
        }
    }
    Ok(())
}

/// Lets every wake arrive that is on its way.
async fn drain(world: &Arc<World>) -> Result<()> {
    for _ in 0..LATE_MINUTES * 60 {
        if world.queues.len() == 0 && world.is_idle() {
            return Ok(());
        }
        sleep(Duration::from_secs(1)).await;
    }
    Err(anyhow!("{} wakes never come to an end", world.queues.len()))
}

/// A chat that is deleted leaves nothing; where its wake was lost, the sweep sees to it. A listener that was noted
/// meanwhile, by a subscription that heard nothing of it, expires by itself.
async fn erased(world: &World, chat: &str) -> Result<()> {
    for _ in 0..ERASED_MINUTES * 60 {
        if world.lasting(chat).is_empty() {
            return Ok(());
        }
        sleep(Duration::from_secs(1)).await;
    }
    Err(anyhow!("a deleted chat leaves {:?}", world.lasting(chat)))
}

/// A chat at rest leaves nothing to do.
fn left_over(world: &World, chat: &str) -> Result<()> {
    let items = world.items(chat);
    let row = world.row(chat).context("no row")?;
    ensure!(!row.is_due, "a chat at rest is due");
    let pending: Vec<_> =
        items.iter().filter(|item| item.starts_with("call#") || item.starts_with("queue#")).collect();
    ensure!(pending.is_empty(), "a chat at rest leaves {pending:?}");
    Ok(())
}

/// Returns how many scenes there are.
pub(crate) fn scenes() -> u64 {
    scene::all().len() as u64
}
