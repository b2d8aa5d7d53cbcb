//! What surrounds every handler: a time limit, panics as failures, one wide log line.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use serde_json::Value;

use crate::{
    function::{Function, FunctionError, Invocation},
    rejection::Rejection,
    reply::Reply,
    request::Request,
};

/// How long an HTTP handler may take: API Gateway gives up after 29 s, and says so less well.
const HTTP_TIME: Duration = Duration::from_secs(25);

/// Makes a function of a handler of HTTP requests.
pub fn http<F, R>(name: &'static str, handler: F) -> Function
where
    F: Fn(Request) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Rejection>> + Send + 'static,
{
    Function::new(move |event, invocation| {
        let handler = handler.clone();
        async move {
            let started = Instant::now();
            let request = Request::read(event)?;
            let seen = Seen::of(&request);
            let done = tokio::time::timeout(HTTP_TIME, AssertUnwindSafe(handler(request)).catch_unwind());
            let outcome = match done.await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => Err(Rejection::Internal(words(&*panic))),
                Err(_) => Err(Rejection::TimedOut),
            };
            seen.log(name, &invocation, &outcome, started);
            let reply = outcome.unwrap_or_else(|rejection| Reply::from(&rejection));
            Ok(reply.with_header("x-request-id", invocation.request_id).into_event())
        }
    })
}

/// Makes a function of a handler of other events. A panic is a failed invocation.
pub fn events<F, R>(name: &'static str, handler: F) -> Function
where
    F: Fn(Value, Invocation) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Value, FunctionError>> + Send + 'static,
{
    Function::new(move |event, invocation| {
        let handler = handler.clone();
        async move {
            let (started, request_id) = (Instant::now(), invocation.request_id.clone());
            let outcome = AssertUnwindSafe(handler(event, invocation)).catch_unwind().await;
            let outcome = outcome
                .unwrap_or_else(|panic| Err(FunctionError { error_type: "Panic", message: words(&*panic) }));
            match &outcome {
                Ok(_) => tracing::info!(function = name, request_id, ms = ms(started), "invocation"),
                Err(error) => {
                    tracing::error!(function = name, request_id, ms = ms(started), %error, "invocation");
                }
            }
            outcome
        }
    })
}

/// What the log says of a request: where it went and whose it was, never what was said.
struct Seen {
    route: String,
    chat_id: Option<String>,
    user_id: Option<String>,
}

impl Seen {
    fn of(request: &Request) -> Self {
        Self {
            route: request.route.clone(),
            chat_id: request.chat_id().ok().map(|id| id.to_string()),
            user_id: request.person().ok().map(|person| person.user_id.to_string()),
        }
    }

    fn log(
        self,
        function: &'static str,
        invocation: &Invocation,
        outcome: &Result<Reply, Rejection>,
        started: Instant,
    ) {
        let Self { route, chat_id, user_id } = self;
        let (request_id, ms) = (&invocation.request_id, ms(started));
        match outcome {
            Ok(Reply { status, .. }) => {
                tracing::info!(function, request_id, route, chat_id, user_id, status, ms, "invocation");
            }
            Err(rejection) => {
                let (status, code, error) =
                    (rejection.said().status, rejection.said().code, rejection.cause());
                if status >= 500 {
                    tracing::error!(
                        function,
                        request_id,
                        route,
                        chat_id,
                        user_id,
                        status,
                        code,
                        error,
                        ms,
                        "invocation"
                    );
                } else {
                    tracing::info!(
                        function,
                        request_id,
                        route,
                        chat_id,
                        user_id,
                        status,
                        code,
                        error,
                        ms,
                        "invocation"
                    );
                }
            }
        }
    }
}

fn ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without words".into()))
}
