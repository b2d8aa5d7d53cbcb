//! Runs functions as Lambda would: with a deadline, metered, and never taking the stack down.
//!
//! Wiring. [`Stack::start`](crate::Stack::start) calls a `wire` function once with a [`Wiring`] and takes
//! [`Functions`] from it, one per function of the template, under its logical name there (`Agent`,
//! `Authorize`, `Chats`, `Mcp`, `Messages`, `Migrate`, `Provision`, `Pulls`, `Runs`, `Settings`, `Socket`, `Step`, `Sweep`, `Titles`,
//! `Workspaces`):
//!
//! ```
//! use edge::Function;
//! use local::{Functions, Wiring};
//!
//! fn wire(wiring: &Wiring) -> anyhow::Result<Functions> {
//!     let http_client = wiring.http_client("Chats")?; // for `http_client(..)` of any SDK configuration
//!     let environment = wiring.environment("Chats")?; // the template's variables, resolved
//!     let table = environment["CHATS_TABLE"].clone();
//!     let chats = Function::new(move |event, _| {
//!         let _ = (&http_client, &table);
//!         async move { Ok(event) }
//!     });
//!     Ok(Functions::from([("Chats", chats)]))
//! }
//! ```
//!
//! A function of the template that is missing, or one that the template does not have, is an error.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use edge::{Function, FunctionError, Invocation};
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};
use uuid::Uuid;

use crate::{
    clock::{Clock, millis},
    cloud::{Caller, Cloud},
    meter::{Failed, Meter},
    options::Lines,
    policy::Role,
    template::{FunctionSpec, REGION, STACK},
};

/// Functions by their logical names in the template.
pub type Functions = BTreeMap<&'static str, Function>;

/// What functions are made from.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Answers as [`Wiring::http_client`], and may do anything: for tests and tools.
    pub administrator: SharedHttpClient,
    /// The region that the template was resolved for. Credentials may be any.
    pub region: &'static str,
    http_clients: BTreeMap<String, SharedHttpClient>,
    environments: BTreeMap<String, BTreeMap<String, String>>,
}

impl Wiring {
    /// Adds to the template's variables those that Lambda itself sets.
    pub(crate) fn new(
        cloud: &Cloud,
        roles: &BTreeMap<String, Role>,
        functions: &BTreeMap<String, FunctionSpec>,
    ) -> Self {
        let environments = functions.iter().map(|(name, spec)| (name.clone(), spec.variables(name)));
        let client = |role: &Role| cloud.http_client(Caller::Function(role.clone()));
        Self {
            administrator: cloud.http_client(Caller::Administrator),
            region: REGION,
            http_clients: roles.iter().map(|(name, role)| (name.clone(), client(role))).collect(),
            environments: environments.collect(),
        }
    }

    /// Returns what answers SDK requests of `function` for DynamoDB, SQS and sockets in process, whatever their
    /// endpoint, if the template's policy allows them.
    ///
    /// # Errors
    /// The template has no such function.
    pub fn http_client(&self, function: &str) -> Result<SharedHttpClient> {
        self.http_clients.get(function).cloned().with_context(|| format!("no function {function}"))
    }

    /// Returns the variables that the template and Lambda itself give to `function`.
    pub fn environment(&self, function: &str) -> Result<BTreeMap<String, String>> {
        self.environments.get(function).cloned().with_context(|| format!("no function {function}"))
    }
}

/// Why an invocation came to nothing. The words are the log's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvokeError {
    #[error("{0}")]
    Failed(#[from] FunctionError),
    #[error("timed out after {} ms", millis(*.0))]
    TimedOut(Duration),
    #[error("panicked")]
    Panicked,
}

#[derive(Clone)]
pub(crate) struct Host(Arc<Inner>);

struct Inner {
    functions: BTreeMap<String, Hosted>,
    clock: Clock,
    meter: Meter,
    running: watch::Sender<usize>,
}

struct Hosted {
    function: Function,
    spec: FunctionSpec,
    host: edge::Host,
}

impl Host {
    pub(crate) fn new(
        specs: BTreeMap<String, FunctionSpec>,
        mut functions: Functions,
        clock: Clock,
        meter: Meter,
        lines: &Lines,
    ) -> Result<Self> {
        let hosted = specs.into_iter().map(|(name, spec)| {
            let function = functions.remove(name.as_str()).with_context(|| format!("nothing runs {name}"))?;
            let (meter, lines) = (meter.clone(), Arc::clone(lines));
            let host = edge::Host::new(STACK, spec.memory_mb, move |line| {
                meter.log_line(line);
                lines(line);
            });
            Ok((name, Hosted { function, spec, host }))
        });
        let hosted = hosted.collect::<Result<_>>()?;
        ensure!(functions.is_empty(), "the template does not have {:?}", functions.keys());
        let running = watch::Sender::new(0);
        Ok(Self(Arc::new(Inner { functions: hosted, clock, meter, running })))
    }

    pub(crate) fn clock(&self) -> Clock {
        self.0.clock
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// Invokes `function`, which goes on when the caller goes away, as Lambda would.
    pub(crate) async fn invoke(&self, function: &str, event: Value) -> Result<Value, InvokeError> {
        let (host, name) = (self.clone(), function.to_owned());
        let running = Running::start(&self.0.running);
        let invocation = tokio::spawn(async move {
            let result = host.run(&name, event).await;
            drop(running);
            result
        });
        let result = invocation.await.unwrap_or(Err(InvokeError::Panicked));
        if let Err(error) = &result {
            tracing::warn!(function, %error, "invocation failed");
        }
        result
    }

    /// Waits until nothing runs any more.
    pub(crate) async fn idle(&self) {
        // The sender lives as long as this host.
        let _ = self.0.running.subscribe().wait_for(|running| *running == 0).await;
    }

    async fn run(&self, name: &str, event: Value) -> Result<Value, InvokeError> {
        let Some(hosted) = self.0.functions.get(name) else { return Err(unknown(name)) };
        let mut record = Record {
            host: self,
            name,
            memory_mb: hosted.spec.memory_mb,
            started: Instant::now(),
            failed: Failed::Yes,
        };
        let limit = hosted.spec.timeout;
        let invocation = Invocation {
            request_id: Uuid::from_u128(random()).to_string(),
            deadline_ms: self.0.clock.now_ms() + millis(limit),
            trace: None,
            host: hosted.host.clone(),
        };
        let result = timeout(limit, hosted.function.call(event, invocation)).await;
        let result = result.map_err(|_| InvokeError::TimedOut(limit))?;
        record.failed = if result.is_ok() { Failed::No } else { Failed::Yes };
        Ok(result?)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

/// One line of the meter, written however the invocation ends.
struct Record<'a> {
    host: &'a Host,
    name: &'a str,
    memory_mb: u64,
    started: Instant,
    failed: Failed,
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        self.host.0.meter.invoked(self.name, self.started.elapsed(), self.memory_mb, self.failed);
    }
}

struct Running(watch::Sender<usize>);

impl Running {
    fn start(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|running| *running += 1);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

fn unknown(name: &str) -> InvokeError {
    InvokeError::Failed(FunctionError {
        error_type: "ResourceNotFound",
        message: format!("no function {name}"),
    })
}

/// Sixteen random bytes; zero if the operating system has none, which only makes names alike.
pub(crate) fn random() -> u128 {
    let mut bytes = [0; 16];
    let _ = getrandom::fill(&mut bytes);
    u128::from_ne_bytes(bytes)
}
