//! The whole system, running.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use axum::serve::ListenerExt;
use dynamo::Dynamo;
use edge::Secret;
use serde::Serialize;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{interval, timeout},
};

use crate::{
    clock::Clock,
    cloud::Cloud,
    folder::Folder,
    gateway::{Gateway, Sockets, router},
    host::{Functions, Host, Wiring},
    kms::Kms,
    meter::Meter,
    microvms::Microvms,
    migrating::migrate,
    options::Options,
    policy::{Permissions, Role},
    queue::Queues,
    schedule,
    source::Source,
    tables,
    template::{ScheduleSpec, SourceSpec, Template},
};

const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
/// Machines are told where sockets are before the template is read, which names its stage.
const STAGE: &str = "socket";
/// What workspaces are made from, where nothing else is said.
const TEMPLATES: &str = r#"[{"id": "local", "name": "local", "display_name": "Local", "kind": "microvm", "image": "local",
    "description": "A process on this machine, in a folder of its own below the data folder. It is no sandbox."}]"#;
const TTL_SWEEP: Duration = Duration::from_secs(60);
/// After the grace of the invocations: the server's own.
const SERVER_GRACE: Duration = Duration::from_secs(1);

/// A running stack. Serialised, it is what `--json` prints and `stack.json` holds.
#[derive(Debug, Serialize)]
pub struct Stack {
    /// The HTTP API, without a slash at the end.
    pub http_url: String,
    /// The socket API.
    pub socket_url: String,
    /// The first administrator's bearer token.
    pub token: String,
    /// The data folder.
    pub data: PathBuf,
    #[serde(skip)]
    running: Running,
}

#[derive(Debug)]
struct Running {
    folder: Folder,
    dynamo: Dynamo,
    host: Host,
    roles: BTreeMap<String, Role>,
    sockets: Sockets,
    stopping: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    tasks: JoinSet<()>,
    grace: Duration,
}

impl Stack {
    /// Starts the stack that `infra/template.yaml` describes with the functions that `wire` makes.
    pub async fn start(options: Options, wire: impl FnOnce(&Wiring) -> Result<Functions>) -> Result<Self> {
        let folder = Folder::open(&options.data)?;
        let mut parameters = options.parameters.clone();
        let token = folder.admin_token()?;
        parameters.insert("AdminTokenHash".to_owned(), Secret::new(&token).hash());
        // What is on this machine is whoever's who starts the stack.
        parameters.entry("AllowPrivateBaseUrls".to_owned()).or_insert_with(|| "true".to_owned());
        parameters.entry("WorkspaceTemplates".to_owned()).or_insert_with(|| TEMPLATES.to_owned());
        // Nor is anybody outside told what people here work on, unless they say so.
        parameters.entry("GitHubApiUrl".to_owned()).or_default();
        let listener = TcpListener::bind(SocketAddr::from((LOOPBACK, options.port)))
            .await
            .with_context(|| format!("port {} cannot be had; `--port 0` takes a free one", options.port))?;
        let address = listener.local_addr()?;
        let (http_url, socket_url) = (format!("http://{address}"), format!("ws://{address}/{STAGE}"));
        parameters.insert("PublicHttpUrl".to_owned(), http_url.clone());
        parameters.insert("PublicSocketUrl".to_owned(), socket_url.clone());
        let template = Template::read(&parameters)?;
        ensure!(template.socket.stage == STAGE, "the stage of sockets is not {STAGE}");
        let stack = Self {
            http_url,
            socket_url,
            token,
            data: options.data.clone(),
            running: Running::start(folder, template, listener, &options, wire).await?,
        };
        stack.running.folder.announce(&stack)?;
        Ok(stack)
    }

    /// Returns the counts of what AWS would bill for.
    pub fn meter(&self) -> &Meter {
        self.running.host.meter()
    }

    /// Invokes a function as `aws lambda invoke` does, and returns what it answers.
    ///
    /// # Errors
    /// It fails, or there is none of this name.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value> {
        self.running.host.invoke(function, event).await.with_context(|| function.to_owned())
    }

    /// Returns, by function, what the template's policies allow and what was asked of them so far.
    pub fn permissions(&self) -> BTreeMap<String, Permissions> {
        self.running.roles.iter().map(|(name, role)| (name.clone(), role.permissions())).collect()
    }

    /// Returns the bytes of everything stored, as `DynamoDB` would bill them.
    ///
    /// # Errors
    /// The database.
    pub async fn stored_bytes(&self) -> Result<u64> {
        tables::stored_bytes(&self.running.dynamo).await
    }

    /// Ends: accepts nothing new, closes sockets, lets invocations finish within the grace, closes the
    /// database. What was not finished is still queued at the next start.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

impl Running {
    async fn start(
        folder: Folder,
        template: Template,
        listener: TcpListener,
        options: &Options,
        wire: impl FnOnce(&Wiring) -> Result<Functions>,
    ) -> Result<Self> {
        let (clock, meter, roles) = (Clock::start(), Meter::default(), template.roles());
        let dynamo = Dynamo::open(folder.database())?;
        tables::create_all(&dynamo, &template.tables).await?;
        let queues = Queues::open(template.queues, &dynamo, clock).await?;
        let sockets = Sockets::new(meter.clone(), clock);
        let cloud = Cloud {
            dynamo: dynamo.clone(),
            kms: Kms::new(&folder.master_key()?)?,
            queues: queues.clone(),
            sockets: sockets.clone(),
            microvms: Microvms::new(folder.machines()?, options.agent.clone()),
            meter: meter.clone(),
        };
        let functions = wire(&Wiring::new(&cloud, &roles, &template.functions))?;
        let host = Host::new(template.functions, functions, clock, meter, &options.lines)?;
        migrate(&host).await?;
        let stopping = watch::Sender::new(false);
        let sources = attached(template.sources, &queues, &host, &roles)?;
        let mut tasks = triggers(sources, template.schedules, &host, &stopping);
        tasks.spawn(sweep_expired(dynamo.clone()));
        let gateway = Gateway {
            host: host.clone(),
            http: template.http,
            socket: template.socket,
            sockets: sockets.clone(),
            limits: options.sockets,
        };
        let server = tokio::spawn(serve(listener, gateway, stopping.subscribe()));
        Ok(Self { folder, dynamo, host, roles, sockets, stopping, server, tasks, grace: options.grace })
    }

    async fn stop(mut self) {
        self.folder.withdraw();
        self.stopping.send_replace(true);
        self.sockets.close_all();
        // Each closed socket still invokes `$disconnect`, so nothing runs only once they are gone.
        let finished = timeout(self.grace, async {
            self.sockets.gone().await;
            self.host.idle().await;
        });
        if finished.await.is_err() {
            tracing::warn!("invocations were abandoned; their wakes are still queued");
        }
        self.tasks.shutdown().await;
        if timeout(SERVER_GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
        self.dynamo.close().await;
    }
}

/// Makes the event sources, each with the role of its function.
fn attached(
    specs: Vec<SourceSpec>,
    queues: &Queues,
    host: &Host,
    roles: &BTreeMap<String, Role>,
) -> Result<Vec<Source>> {
    let source = |spec: SourceSpec| {
        let role = roles.get(&spec.function).with_context(|| format!("no function {}", spec.function))?;
        Source::new(spec, queues, host, role)
    };
    specs.into_iter().map(source).collect()
}

/// Starts what invokes functions by itself.
fn triggers(
    sources: Vec<Source>,
    schedules: Vec<ScheduleSpec>,
    host: &Host,
    stopping: &watch::Sender<bool>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for source in sources {
        tasks.spawn(source.run(stopping.subscribe()));
    }
    for rule in schedules {
        tasks.spawn(schedule::run(rule, host.clone()));
    }
    tasks
}

async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    mut stopping: watch::Receiver<bool>,
) -> std::io::Result<()> {
    // A frame must leave when it is written, not with the next one. Without the option it is only late.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let service = router(gateway).into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move {
        // An error means that the stack is gone, which is a reason to stop as well.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

async fn sweep_expired(dynamo: Dynamo) {
    let mut ticks = interval(TTL_SWEEP);
    loop {
        ticks.tick().await;
        match dynamo.sweep_ttl().await {
            Ok(expired) => tracing::debug!(expired, "expired items are removed"),
            Err(error) => tracing::warn!(%error, "expired items stay"),
        }
    }
}
