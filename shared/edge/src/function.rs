//! What a deployed function is, whoever hosts it.

use std::{fmt, future::Future, sync::Arc};

use futures::future::BoxFuture;
use serde_json::Value;

use crate::host::Host;

/// What the host says about one invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The host's id of this invocation, for logs.
    pub request_id: String,
    /// When the host will kill it, in milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// The header of the trace that it belongs to, if the host traces.
    pub trace: Option<String>,
    /// Who runs it.
    pub host: Host,
}

impl Invocation {
    /// Returns an invocation that leaves no trace with its host.
    pub fn new(request_id: impl Into<String>, deadline_ms: u64) -> Self {
        Self { request_id: request_id.into(), deadline_ms, trace: None, host: Host::silent() }
    }

    /// Returns it on another host.
    #[must_use]
    pub fn on(self, host: Host) -> Self {
        Self { host, ..self }
    }

    /// Returns it within a trace, as the header says.
    #[must_use]
    pub fn in_trace(self, header: &str) -> Self {
        Self { trace: Some(header.to_owned()), ..self }
    }
}

/// An invocation that failed as a whole. The host logs it and, for a queue, redelivers.
#[derive(Debug, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct FunctionError {
    /// A short stable name of the cause.
    pub error_type: &'static str,
    /// What happened, for the log.
    pub message: String,
}

type Call = dyn Fn(Value, Invocation) -> BoxFuture<'static, Result<Value, FunctionError>> + Send + Sync;

/// A function: an event in, a reply out.
///
/// Cheap to clone; calls may run beside each other. `main` hands it to the Lambda runtime, the local
/// stack calls it directly.
#[derive(Clone)]
pub struct Function(Arc<Call>);

impl Function {
    /// Wraps a handler.
    pub fn new<F, R>(handler: F) -> Self
    where
        F: Fn(Value, Invocation) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        Self(Arc::new(move |event, invocation| Box::pin(handler(event, invocation))))
    }

    /// Runs the handler on one event.
    pub async fn call(&self, event: Value, invocation: Invocation) -> Result<Value, FunctionError> {
        (self.0)(event, invocation).await
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}
