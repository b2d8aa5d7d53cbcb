//! The way to the database, which tests can close at a call.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        runtime_components::RuntimeComponents,
    },
    http::{Response, StatusCode},
};
use dynamo::Dynamo;
use tokio::sync::Notify;

/// Where a call is held.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    /// Before it has its effect.
    Before,
    /// After it, before its answer is heard.
    After,
}

/// A call: its operation, its body.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a str,
    pub(crate) body: &'a str,
}

type Wanted = Box<dyn Fn(&Call<'_>) -> bool + Send>;

#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    dynamo: Dynamo,
    calls: AtomicUsize,
    units: Mutex<f64>,
    closing: Mutex<Option<(Wanted, Held)>>,
    reached: Notify,
    opened: Notify,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

impl Gate {
    pub(crate) fn new(dynamo: Dynamo) -> Self {
        Self(Arc::new(Inner {
            dynamo,
            calls: AtomicUsize::new(0),
            units: Mutex::new(0.0),
            closing: Mutex::new(None),
            reached: Notify::new(),
            opened: Notify::new(),
        }))
    }

    /// Holds the first call that is wanted, and only that.
    pub(crate) fn close(&self, held: Held, wanted: impl Fn(&Call<'_>) -> bool + Send + 'static) {
        *self.0.closing.lock().unwrap() = Some((Box::new(wanted), held));
    }

    /// Returns once a call is held.
    pub(crate) async fn reached(&self) {
        self.0.reached.notified().await;
    }

    /// Lets the held call go on.
    pub(crate) fn open(&self) {
        self.0.opened.notify_one();
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// Returns the units that the chats table has used.
    pub(crate) fn units(&self) -> f64 {
        *self.0.units.lock().unwrap()
    }

    fn holds(&self, call: &Call<'_>) -> Option<Held> {
        let mut closing = self.0.closing.lock().unwrap();
        closing.take_if(|(wanted, _)| wanted(call)).map(|(_, held)| held)
    }

    async fn hold(&self) {
        self.0.reached.notify_one();
        self.0.opened.notified().await;
    }
}

impl HttpClient for Gate {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Gate {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let gate = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let text = String::from_utf8_lossy(&body).into_owned();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let call = Call { operation, body: &text };
            gate.0.calls.fetch_add(1, Ordering::SeqCst);
            let held = gate.holds(&call);
            if let Some(Held::Before) = held {
                gate.hold().await;
            }
            let reply = gate.0.dynamo.call(&target, body).await;
            if text.contains(r#""TableName":"chats""#) {
                *gate.0.units.lock().unwrap() += reply.consumed.read_units + reply.consumed.write_units;
            }
            if let Some(Held::After) = held {
                gate.hold().await;
            }
            Ok(Response::new(StatusCode::try_from(reply.status).unwrap(), reply.body.into()))
        })
    }
}

impl From<Gate> for SharedHttpClient {
    fn from(gate: Gate) -> Self {
        Self::new(gate)
    }
}
