//! What a MicroVM of AWS Lambda tells the program in it: an HTTP request at each turn of the machine's life.
//!
//! Paths, and that 200 means done, are those of "Lambda MicroVMs, lifecycle hooks" in the AWS Lambda Developer Guide. A
//! machine's image is a snapshot of a program that has answered `ready`: until `run` it is nobody's agent, so that no two
//! machines share a secret.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
};

/// Where hooks are, below the port that the image names.
const PATH: &str = "/aws/lambda-microvms/runtime/v1/{hook}";
/// Longest payload of a machine's first hook, as AWS bounds it, with room.
const PAYLOAD_BYTES: usize = 32 * 1024;

/// What a machine's agent is told when it comes up for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Boot {
    /// The deployment's HTTP API.
    pub url: String,
    /// The one-use token that it enrols with.
    pub enrolment: String,
    /// The template's parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// What the machine's hooks have said.
#[derive(Clone, Debug)]
pub struct Hooks {
    boot: watch::Sender<Option<Boot>>,
    woken: Arc<Notify>,
    ended: watch::Sender<bool>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { boot: watch::Sender::new(None), woken: Arc::default(), ended: watch::Sender::new(false) }
    }
}

impl Hooks {
    /// Listens on a port, for as long as the program runs. From all addresses, as AWS asks from outside of the program's own.
    ///
    /// # Errors
    /// The port cannot be had.
    pub async fn listen(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
        let hooks = Self::default();
        let router = hooks.router();
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "hooks are not heard any more");
            }
        });
        Ok(hooks)
    }

    fn router(&self) -> Router {
        Router::new().route(PATH, post(hear)).with_state(self.clone())
    }

    /// Returns what the machine is for, once it is known.
    pub async fn boot(&self) -> Option<Boot> {
        let mut boot = self.boot.subscribe();
        boot.wait_for(Option::is_some).await.ok().and_then(|boot| boot.clone())
    }

    /// Returns what is told when the machine has slept: every connection is dead then.
    #[must_use]
    pub fn woken(&self) -> Arc<Notify> {
        Arc::clone(&self.woken)
    }

    /// Completes when the machine is about to go.
    pub async fn ended(&self) {
        // Its sender lives as long as this.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

async fn hear(State(hooks): State<Hooks>, Path(hook): Path<String>, body: Body) -> StatusCode {
    match hook.as_str() {
        "ready" | "validate" | "suspend" => StatusCode::OK,
        "run" => run(&hooks, body).await,
        "resume" => {
            hooks.woken.notify_one();
            StatusCode::OK
        }
        "terminate" => {
            hooks.ended.send_replace(true);
            StatusCode::OK
        }
        _ => StatusCode::NOT_FOUND,
    }
}

/// A machine is for one workspace: what comes later changes nothing.
async fn run(hooks: &Hooks, body: Body) -> StatusCode {
    let payload = to_bytes(body, PAYLOAD_BYTES).await.ok();
    let Some(boot) = payload.and_then(|payload| serde_json::from_slice::<Boot>(&payload).ok()) else {
        tracing::error!("the machine was not told what it is for");
        return StatusCode::BAD_REQUEST;
    };
    hooks.boot.send_if_modified(|known| {
        let is_first = known.is_none();
        known.get_or_insert(boot);
        is_first
    });
    StatusCode::OK
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;

    struct Machine {
        hooks: Hooks,
        listener: std::net::SocketAddr,
    }

    impl Machine {
        async fn new() -> Self {
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let (hooks, listener) = (Hooks::default(), socket.local_addr().unwrap());
            let router = hooks.router();
            tokio::spawn(async move { axum::serve(socket, router).await });
            Self { hooks, listener }
        }

        async fn tell(&self, method: &str, hook: &str, body: &str) -> u16 {
            let mut stream = TcpStream::connect(self.listener).await.unwrap();
            let head = format!("{method} /aws/lambda-microvms/runtime/v1/{hook} HTTP/1.1\r\nhost: h\r\n");
            let rest = format!("connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all((head + &rest).as_bytes()).await.unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).await.unwrap();
            said.split(' ').nth(1).unwrap().parse().unwrap()
        }
    }

    const PAYLOAD: &str =
        r#"{"url": "https://api.example", "enrolment": "qse_1", "parameters": {"size": "s"}}"#;

    #[tokio::test]
    async fn a_machine_is_told_once_what_it_is_for() {
        let machine = Machine::new().await;
        assert_eq!(machine.tell("POST", "ready", "").await, 200);
        assert_eq!(machine.tell("POST", "run", "nonsense").await, 400);
        assert_eq!(machine.tell("POST", "run", &"x".repeat(PAYLOAD_BYTES + 1)).await, 400);
        assert_eq!(machine.tell("POST", "run", PAYLOAD).await, 200);
        assert_eq!(machine.tell("POST", "run", &PAYLOAD.replace("qse_1", "qse_2")).await, 200);
        let boot = machine.hooks.boot().await.unwrap();
        assert_eq!((boot.url.as_str(), boot.enrolment.as_str()), ("https://api.example", "qse_1"));
    }

    #[tokio::test]
    async fn sleep_and_end_are_told() {
        let machine = Machine::new().await;
        for hook in ["validate", "suspend", "resume", "terminate"] {
            assert_eq!(machine.tell("POST", hook, "").await, 200, "{hook}");
        }
        machine.hooks.woken().notified().await;
        machine.hooks.ended().await;
        assert_eq!(machine.tell("POST", "other", "").await, 404);
        assert_eq!(machine.tell("GET", "run", "").await, 405);
    }
}
