//! What surrounds every handler: a time limit, panics as failures, an account, one wide log line.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use chat::{
    account::{Account, Note, keep},
    port::Clock as _,
    time::Timestamp,
};
use futures::FutureExt as _;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::{
    clock::SystemClock,
    function::{Function, FunctionError, Invocation},
    line::{Level, Line, Metrics},
    rejection::Rejection,
    reply::Reply,
    request::Request,
};

/// How long an HTTP handler may take: API Gateway gives up after 29 s, and says so less well.
const HTTP_TIME: Duration = Duration::from_secs(25);

/// What is set aside to say how it ended, before the host kills an invocation.
const RESERVE_MS: u64 = 500;

/// Makes a function of a handler of HTTP requests.
pub fn http<F, R>(name: &'static str, handler: F) -> Function
where
    F: Fn(Request) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Rejection>> + Send + 'static,
{
    Function::new(move |event, invocation| {
        let handler = handler.clone();
        async move {
            let account = open(&invocation);
            let request = match Request::read(event) {
                Ok(request) => request,
                Err(error) => {
                    let line = Line::of(name, &invocation, account.book());
                    return log(line, Err(error), Metrics::Plain);
                }
            };
            let seen = Seen::of(&request);
            let handled = AssertUnwindSafe(keep(account.clone(), handler(request))).catch_unwind();
            let outcome = match timeout(HTTP_TIME, handled).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => Err(Rejection::Internal(words(&*panic))),
                Err(_) => Err(Rejection::TimedOut),
            };
            seen.log(Line::of(name, &invocation, account.book()), &outcome);
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
    work(name, handler, Metrics::Plain)
}

/// Makes a function of a handler of events that nobody waits for: its lines carry metrics, because no
/// service counts for it what people notice.
pub fn metered<F, R>(name: &'static str, handler: F) -> Function
where
    F: Fn(Value, Invocation) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Value, FunctionError>> + Send + 'static,
{
    work(name, handler, Metrics::Embedded)
}

fn work<F, R>(name: &'static str, handler: F, metrics: Metrics) -> Function
where
    F: Fn(Value, Invocation) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Value, FunctionError>> + Send + 'static,
{
    Function::new(move |event, invocation| {
        let handler = handler.clone();
        async move {
            let account = open(&invocation);
            let handled = keep(account.clone(), handler(event, invocation.clone()));
            let handled = timeout(time_left(&invocation), AssertUnwindSafe(handled).catch_unwind());
            let outcome = match handled.await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => Err(FunctionError { error_type: "Panic", message: words(&*panic) }),
                Err(_) => Err(FunctionError { error_type: "TimedOut", message: TIMED_OUT.into() }),
            };
            log(Line::of(name, &invocation, account.book()), outcome, metrics)
        }
    })
}

const TIMED_OUT: &str = "the host is about to end the invocation";

/// Opens the account of an invocation that begins now.
fn open(invocation: &Invocation) -> Account {
    let began = Instant::now();
    let account = Account::open(move || began.elapsed());
    if let Some(header) = &invocation.trace {
        account.note(Note::Trace, header);
    }
    account
}

/// A host that says no sensible end gives time for ever.
fn time_left(invocation: &Invocation) -> Duration {
    let left_ms = Timestamp(invocation.deadline_ms).since_ms(SystemClock.now());
    if left_ms == 0 { Duration::MAX } else { Duration::from_millis(left_ms.saturating_sub(RESERVE_MS)) }
}

fn log(
    mut line: Line<'_>,
    outcome: Result<Value, FunctionError>,
    metrics: Metrics,
) -> Result<Value, FunctionError> {
    let level = match &outcome {
        Ok(_) if line.has_error() => Level::Warn,
        Ok(_) => Level::Info,
        Err(error) => {
            line.say("outcome", error.error_type);
            line.say_error(&error.message);
            Level::Error
        }
    };
    line.say_outcome("done");
    line.trace();
    line.write(level, metrics);
    outcome
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

    fn log(self, mut line: Line<'_>, outcome: &Result<Reply, Rejection>) {
        line.say("route", self.route);
        line.say("chat.id", self.chat_id);
        line.say("user.id", self.user_id);
        let level = match outcome {
            Ok(reply) => {
                line.say("status", reply.status);
                Level::Info
            }
            Err(rejection) => {
                let said = rejection.said();
                line.say("status", said.status);
                line.say("code", said.code);
                line.say_error(&rejection.cause().unwrap_or_default());
                if said.status >= 500 { Level::Error } else { Level::Info }
            }
        };
        line.trace();
        line.write(level, Metrics::Plain);
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without words".into()))
}
