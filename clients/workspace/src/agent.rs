//! The agent: link, journal, tools and report, put together.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use chat::{agent::FromAgent, port::Clock as _};
use tokio::{
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinHandle,
};

use crate::{
    args::Args,
    clock::SystemClock,
    enrol,
    folder::Folder,
    home::{Home, Identity},
    http::Api,
    journal::Journal,
    link::{Deployment, Ended, Incoming, Link, Outgoing},
    process::{self, Bounds, Processes},
    report,
    run::{Runner, Running, Spool},
    tools::Tools,
};

/// API Gateway closes sockets that say nothing for ten minutes.
const PING: Duration = Duration::from_secs(4 * 60);

/// Whoever the deployment does not know for as long is not known.
const DOUBT: Duration = Duration::from_secs(5 * 60);

/// Runs the agent until `stop` completes or the deployment does not want it any more.
///
/// # Errors
/// It cannot begin, or is not wanted.
pub async fn run(args: Args, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    run_on(args, stop, Arc::default()).await
}

/// Runs the agent as [`run`] does, on a machine that sleeps: each time it has slept, `woken` is to be told.
///
/// # Errors
/// As [`run`].
pub async fn run_on(args: Args, stop: impl Future<Output = ()>, woken: Arc<Notify>) -> anyhow::Result<()> {
    let folder = Folder::open(&args.folder).with_context(|| args.folder.display().to_string())?;
    let home = open_home(&args, &folder)?;
    let identity = enrol::identity(&home, &args).await?;
    let leftovers = process::end_leftovers(&identity.workspace_id.to_string());
    if leftovers > 0 {
        tracing::warn!(leftovers, "processes of an earlier run of this agent were ended");
    }
    let ended = serve(&args, &home, identity, Arc::new(folder), (stop, woken)).await?;
    match ended {
        None | Some(Ended::Unheard) => Ok(()),
        Some(Ended::Refused(reason)) => anyhow::bail!(reason),
    }
}

/// Whatever tools may read, no tool may read the agent's secret.
fn open_home(args: &Args, folder: &Folder) -> anyhow::Result<Home> {
    let beneath_home = || std::env::home_dir().map(|home| home.join(".quickstep-workspace"));
    let path: PathBuf = args.state.clone().or_else(beneath_home).context("give a --state folder")?;
    let home = Home::open(&path)?;
    let kept = home.path("");
    anyhow::ensure!(
        !kept.starts_with(folder.root()),
        "the state folder {} is inside the folder {} that tools work in; give another --state",
        kept.display(),
        folder.root().display(),
    );
    Ok(home)
}

/// Returns why the link ended, none where the agent was stopped.
async fn serve(
    args: &Args,
    home: &Home,
    identity: Identity,
    folder: Arc<Folder>,
    (stop, woken): (impl Future<Output = ()>, Arc<Notify>),
) -> anyhow::Result<Option<Ended>> {
    let (secret, api) = (home.secret(&identity.secret_file)?, Api::new(&identity.url)?);
    let (outgoing, said) = unbounded_channel();
    let (heard, mut incoming) = unbounded_channel();
    let processes = Arc::new(Processes::new(folder.root().to_owned(), bounds(args, &identity)));
    tokio::spawn(Arc::clone(&processes).watch());
    let link = link(&identity, &secret, &api, folder.root());
    let call_ended = Arc::new(Notify::new());
    let journal = Journal::open(&home.path("journal"), SystemClock.now()).context("the journal")?;
    let spool = Spool::open(&home.path("output"), &journal.unanswered()).context("the folder for output")?;
    let runner = Arc::new(Runner {
        journal,
        tools: Tools { folder: Arc::clone(&folder), processes },
        outgoing: outgoing.clone(),
        spool,
        api,
        secret,
        clock: SystemClock,
        call_ended: Arc::clone(&call_ended),
        running: Running::default(),
    });
    runner.recover().await;
    tokio::spawn(wake(woken, outgoing.clone()));
    tokio::spawn(report::watch(folder, call_ended, outgoing));
    let mut link = tokio::spawn(link.keep(said, heard));
    let ended = listen(&runner, &mut incoming, &mut link, stop).await;
    runner.stop_all();
    drop(incoming);
    if matches!(ended, Ok(None)) {
        drop(tokio::time::timeout(Duration::from_secs(2), link).await);
    }
    process::end_leftovers(&identity.workspace_id.to_string());
    ended
}

/// Ends when nobody listens.
async fn wake(woken: Arc<Notify>, outgoing: UnboundedSender<Outgoing>) {
    loop {
        tokio::select! {
            () = woken.notified() => drop(outgoing.send(Outgoing::Awake)),
            () = outgoing.closed() => return,
        }
    }
}

async fn listen(
    runner: &Arc<Runner<SystemClock>>,
    incoming: &mut UnboundedReceiver<Incoming>,
    link: &mut JoinHandle<Ended>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Option<Ended>> {
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(None),
            Some(event) = incoming.recv() => runner.hear(event).await,
            ended = &mut *link => return Ok(Some(ended?)),
        }
    }
}

fn link(identity: &Identity, secret: &str, api: &Api, folder: &Path) -> Link {
    let hello = FromAgent::Hello {
        run_id: SystemClock.new_id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        os: std::env::consts::OS.to_owned(),
        folder: folder.display().to_string(),
    };
    let deployment =
        Deployment { socket_url: identity.socket_url.clone(), secret: secret.to_owned(), api: api.clone() };
    Link { deployment, workspace_id: identity.workspace_id, hello, ping: PING, doubt: DOUBT }
}

fn bounds(args: &Args, identity: &Identity) -> Bounds {
    let memory_bytes = args.memory_mb.map_or_else(default_memory, |mib| mib << 20);
    Bounds { workspace: identity.workspace_id.to_string(), memory_bytes, processes: args.processes }
}

/// Three quarters of the machine's memory; where that is not known, 8 GiB.
fn default_memory() -> u64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.map_or(8 << 30, |kib| kib * 1024 / 4 * 3)
}
