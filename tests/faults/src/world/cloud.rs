//! The AWS SDK's HTTP port: every request of a function goes through here, and may go wrong.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Weak, atomic::Ordering},
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::{WeakWorld, World, caller::Caller, lock, request::Asked};
use crate::{fault::Kind, plan::OnceIn};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Table,
    Queue,
    Sockets,
}

/// Status and body, and the name of the error where it is one.
pub(super) struct Answer {
    status: u16,
    body: Vec<u8>,
    error: Option<&'static str>,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string().into_bytes(), error: None }
    }

    pub(super) fn refused(status: u16, error: &'static str) -> Self {
        let body = json!({"__type": error, "message": "on purpose"}).to_string().into_bytes();
        Self { status, body, error: Some(error) }
    }
}

/// Returns what to give to an SDK configuration.
pub(super) fn client(world: &Arc<World>) -> SharedHttpClient {
    SharedHttpClient::new(Cloud(Arc::downgrade(world)))
}

#[derive(Clone)]
struct Cloud(WeakWorld);

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cloud")
    }
}

impl HttpClient for Cloud {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = Weak::upgrade(&self.0);
        HttpConnectorFuture::new(async move {
            let Some(world) = world else { return Err(broken("the world has ended")) };
            let Some(caller) = Caller::current() else { return Err(broken("nobody calls")) };
            let asked = Asked::read(&request);
            let answer = if caller.immune {
                Ok(world.answer(&caller, &asked))
            } else {
                world.exchange(&caller, &asked).await
            };
            respond(answer?)
        })
    }
}

impl World {
    /// Carries a request to its service and the answer back, as far as they get.
    async fn exchange(&self, caller: &Caller, asked: &Asked) -> Result<Answer, ConnectorError> {
        self.pause(1, 6).await;
        if self.is_away(asked.service) {
            return Err(broken("the service is away"));
        }
        let struck = self.lingering(caller, asked).or_else(|| self.strikes_at(caller, asked));
        let Some(kind) = struck else {
            let answer = self.answer(caller, asked);
            self.pause(1, 6).await;
            return Ok(answer);
        };
        self.suffer(kind, caller, asked).await
    }

    fn strikes_at(&self, caller: &Caller, asked: &Asked) -> Option<Kind> {
        let mut offered = vec![
            Kind::RequestLost,
            Kind::AnswerLost,
            Kind::CallLost,
            Kind::CallUnanswered,
            Kind::Hang,
            Kind::Throttle,
            Kind::ServerError,
            Kind::Outage,
        ];
        if asked.is_write() {
            offered.push(Kind::Conflict);
        }
        if asked.service == Service::Sockets {
            offered.extend([Kind::PushLost, Kind::PushSlow, Kind::PushLate, Kind::SocketGone]);
        }
        let struck = self.strikes(&offered, OnceIn(30))?;
        self.note(|| format!("   at {} of {}", asked.operation(), caller.function));
        self.disturb(struck.name());
        Some(struck)
    }

    async fn suffer(&self, kind: Kind, caller: &Caller, asked: &Asked) -> Result<Answer, ConnectorError> {
        match kind {
            Kind::RequestLost => Err(broken("the request is lost")),
            Kind::CallLost => {
                self.linger(kind, caller, asked);
                Err(broken("the request is lost"))
            }
            Kind::AnswerLost => Err(self.unheard(caller, asked).await),
            Kind::CallUnanswered => {
                self.linger(kind, caller, asked);
                Err(self.unheard(caller, asked).await)
            }
            Kind::Hang => {
                if self.roll(0, 1) == 0 {
                    drop(self.answer(caller, asked));
                }
                pending().await
            }
            Kind::Throttle => Ok(throttled(asked.service)),
            Kind::ServerError => Ok(Answer::refused(500, "InternalServerError")),
            Kind::Conflict => Ok(conflict(asked)),
            Kind::Outage => {
                let until = self.now().plus_ms(self.roll(1_000, 40_000));
                lock(&self.outages).insert(asked.service, until);
                Err(broken("the service goes away"))
            }
            Kind::PushLost => Ok(Answer::json(200, &json!({}))),
            Kind::PushSlow => {
                let answer = self.answer(caller, asked);
                self.pause(900, 3_000).await;
                Ok(answer)
            }
            Kind::PushLate => {
                self.gateway.push_late(&asked.target, &asked.body, self.roll(50, 4_000));
                Ok(Answer::json(200, &json!({})))
            }
            Kind::SocketGone => {
                self.gateway.close(&asked.target);
                Ok(self.answer(caller, asked))
            }
            Kind::Kill
            | Kind::KillRequest
            | Kind::Restart
            | Kind::ReplyLost
            | Kind::WakeLost
            | Kind::WakeDoubled
            | Kind::WakeDelayed
            | Kind::WakeUndeleted
            | Kind::ModelRefuses
            | Kind::ModelFails
            | Kind::ModelCut
            | Kind::ModelStalls
            | Kind::ClockSkew
            | Kind::TwoDeploys
            | Kind::AgentKilled
            | Kind::AgentCut
            | Kind::MachineRestarted
            | Kind::Storm
            | Kind::Nothing => Ok(self.answer(caller, asked)),
        }
    }

    async fn unheard(&self, caller: &Caller, asked: &Asked) -> ConnectorError {
        drop(self.answer(caller, asked));
        self.pause(1, 6).await;
        broken("the answer is lost")
    }

    /// Lets the next attempts at the same operation fare as this one: all that the SDK makes.
    fn linger(&self, kind: Kind, caller: &Caller, asked: &Asked) {
        *lock(&caller.lingers) = Some((kind, asked.target.clone(), 2));
    }

    fn lingering(&self, caller: &Caller, asked: &Asked) -> Option<Kind> {
        let mut lingers = lock(&caller.lingers);
        let (kind, _, left) =
            lingers.as_mut().filter(|(_, target, left)| *target == asked.target && *left > 0)?;
        *left -= 1;
        // What it does is done; the rest is the same as for a single attempt.
        Some(if *kind == Kind::CallLost { Kind::RequestLost } else { Kind::AnswerLost })
    }

    fn is_away(&self, service: Service) -> bool {
        lock(&self.outages).get(&service).is_some_and(|until| *until > self.now())
    }

    /// Does what is asked.
    fn answer(&self, caller: &Caller, asked: &Asked) -> Answer {
        let answer = match asked.service {
            Service::Table => self.answer_of_table(caller, asked),
            Service::Queue => self.answer_of_queue(caller, asked),
            Service::Sockets => self.gateway.push(&asked.target, &asked.body),
        };
        if !caller.immune {
            self.note(|| format!("   {} {} -> {}", caller.function, asked.operation(), answer.status));
        }
        answer
    }

    fn answer_of_table(&self, caller: &Caller, asked: &Asked) -> Answer {
        let body = self.ground.mangled(asked);
        let reply = self.dynamo.handle(&asked.target, body.as_deref().unwrap_or(&asked.body));
        if reply.status == 200 && asked.is_commit() {
            self.committed(caller, asked);
        }
        Answer { status: reply.status, body: reply.body, error: None }
    }

    fn answer_of_queue(&self, caller: &Caller, asked: &Asked) -> Answer {
        let answer = self.queues.answer(asked.operation(), &asked.body, self.now());
        if asked.operation() == "ChangeMessageVisibility" && answer.status == 200 {
            caller.holds.store(true, Ordering::Relaxed);
        }
        answer
    }

    fn committed(&self, caller: &Caller, asked: &Asked) {
        self.commits.raise();
        let Some(chat) = asked.chat() else { return };
        self.learn(&chat);
        if caller.function == "Step" || !self.works(&chat) {
            self.goes_on(&chat);
        }
    }
}

fn throttled(service: Service) -> Answer {
    match service {
        Service::Table => Answer::refused(400, "ThrottlingException"),
        Service::Queue => Answer::refused(400, "RequestThrottled"),
        Service::Sockets => Answer::refused(429, "LimitExceededException"),
    }
}

/// What `DynamoDB` answers to a write that another transaction is in the way of.
fn conflict(asked: &Asked) -> Answer {
    if asked.operation() != "TransactWriteItems" {
        return Answer::refused(400, "TransactionConflictException");
    }
    let items = serde_json::from_slice::<Value>(&asked.body).unwrap_or_default();
    let items = items["TransactItems"].as_array().map_or(1, Vec::len);
    let reason = |index| json!({"Code": if index == 0 { "TransactionConflict" } else { "None" }});
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": (0..items).map(reason).collect::<Vec<_>>(),
    });
    Answer { status: 400, body: body.to_string().into_bytes(), error: None }
}

fn broken(why: &'static str) -> ConnectorError {
    ConnectorError::io(why.into())
}

fn respond(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(answer.status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    if let Some(error) = answer.error {
        response.headers_mut().insert("x-amzn-errortype", error);
    }
    Ok(response)
}
