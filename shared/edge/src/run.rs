//! The Lambda runtime's loop.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

use crate::{
    config::Config,
    function::{Function, Invocation},
    host::Host,
    telemetry,
    trace::Daemon,
};

/// Reads the configuration, makes the function and serves Lambda's invocations with it, until the process
/// is ended.
///
/// # Errors
/// The configuration makes no sense, or the runtime's own API fails.
pub async fn run(function: impl FnOnce(Config) -> Function) -> Result<(), Error> {
    telemetry::start();
    let config = Config::from_env().inspect_err(|error| tracing::error!(%error, "cannot start"))?;
    let daemon = config.trace_daemon.as_deref().and_then(Daemon::at);
    let host = Host::on_stdout(&config.stack, config.memory_mb).traced_by(daemon);
    let function = function(config);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let (function, host) = (function.clone(), host.clone());
        async move {
            let LambdaEvent { payload, context } = event;
            let invocation = Invocation {
                request_id: context.request_id,
                deadline_ms: context.deadline,
                trace: context.xray_trace_id,
                host,
            };
            Ok::<_, Error>(function.call(payload, invocation).await?)
        }
    }))
    .await
}
