//! A stack whose functions tell what they were called with.

use std::{path::PathBuf, sync::Arc};

use edge::{Config, Function, FunctionError};
use local::{Functions, Options, Stack, Wiring};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    sync::{Mutex, mpsc},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A running stack and what its functions heard.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) wiring: Wiring,
    heard: Arc<Mutex<mpsc::UnboundedReceiver<(&'static str, Value)>>>,
    // Removed with the world, unless the test keeps it for a second one.
    pub(crate) folder: Option<TempDir>,
}

/// What a test's function does with an event.
pub(crate) type Act = fn(&Value) -> Result<Value, FunctionError>;

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}, Functions::new()).await
    }

    /// A world where `acts` replace the functions that merely answer.
    pub(crate) async fn acting(acts: &[(&'static str, Act)]) -> Self {
        let functions = acts.iter().map(|(name, act)| {
            let act = *act;
            (*name, Function::new(move |event, _| async move { act(&event) }))
        });
        Self::with(|_| {}, functions.collect()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options), functions: Functions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self::at(folder.path().to_owned(), change, functions).await;
        world.folder = Some(folder);
        world
    }

    pub(crate) async fn at(data: PathBuf, change: impl FnOnce(&mut Options), functions: Functions) -> Self {
        let mut options = Options::new(data);
        change(&mut options);
        let (tell, heard) = mpsc::unbounded_channel();
        let mut kept = None;
        let wire = |wiring: &Wiring| {
            kept = Some(wiring.clone());
            Ok(telling(&tell, functions))
        };
        let stack = Stack::start(options, wire).await.unwrap();
        Self { stack, wiring: kept.unwrap(), heard: Arc::new(Mutex::new(heard)), folder: None }
    }

    /// The next event that `function` is called with; those of others are passed over.
    pub(crate) async fn heard(&self, function: &str) -> Value {
        loop {
            let (name, event) = self.heard.lock().await.recv().await.unwrap();
            if name == function {
                return event;
            }
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stack.http_url)
    }

    pub(crate) async fn connect(&self) -> (Client, String) {
        let (client, _) = tokio_tungstenite::connect_async(&self.stack.socket_url).await.unwrap();
        let event = self.heard("Socket").await;
        (client, event["requestContext"]["connectionId"].as_str().unwrap().to_owned())
    }

    pub(crate) fn queue(&self, number: usize) -> String {
        let urls = &self.wiring.environment("Step").unwrap()["WAKE_QUEUE_URLS"];
        urls.split(',').nth(number).unwrap().to_owned()
    }

    /// SQS, for the administrator of the account.
    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&administrator(&self.wiring).sdk)
    }

    /// `@connections`, for the administrator of the account.
    pub(crate) fn posts(&self) -> aws_sdk_apigatewaymanagement::Client {
        posts(&administrator(&self.wiring))
    }
}

/// How the administrator of the account reaches it.
pub(crate) fn administrator(wiring: &Wiring) -> Config {
    Config::hosted(&wiring.environment("Step").unwrap(), wiring.administrator.clone(), kit::tls::nobody())
        .unwrap()
}

pub(crate) fn posts(config: &Config) -> aws_sdk_apigatewaymanagement::Client {
    let builder = aws_sdk_apigatewaymanagement::config::Builder::from(&config.sdk);
    aws_sdk_apigatewaymanagement::Client::from_conf(builder.endpoint_url(&config.socket_endpoint).build())
}

/// Functions that tell each call, then act.
fn telling(tell: &mpsc::UnboundedSender<(&'static str, Value)>, mut acting: Functions) -> Functions {
    let names = [
        "Agent",
        "Authorize",
        "Chats",
        "Mcp",
        "Messages",
        "Migrate",
        "Runs",
        "Settings",
        "Socket",
        "Step",
        "Sweep",
        "Provision",
        "Pulls",
        "Titles",
        "Workspaces",
    ];
    let each = names.into_iter().map(|name| {
        let act = acting
            .remove(name)
            .unwrap_or_else(|| Function::new(|event, _| async move { Ok(answer(&event)) }));
        let tell = tell.clone();
        let function = Function::new(move |event: Value, invocation| {
            // The world may be gone while its last events are handled.
            let _ = tell.send((name, event.clone()));
            let act = act.clone();
            async move { act.call(event, invocation).await }
        });
        (name, function)
    });
    each.collect()
}

/// Lets everybody in, as Ada; echoes bodies; is content with messages; has nothing to migrate.
fn answer(event: &Value) -> Value {
    if event.get("methodArn").is_some() {
        let statement =
            json!({"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]});
        return json!({
            "principalId": "ada", "context": {"user_id": "ada"},
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        });
    }
    if event["type"] == "REQUEST" {
        return json!({"isAuthorized": true, "context": {"user_id": "ada"}});
    }
    if event.get("units_per_second").is_some() {
        return json!({"done": true});
    }
    if event.get("Records").is_some() {
        return json!({"batchItemFailures": []});
    }
    json!({"statusCode": 200, "headers": {"content-type": "application/json"}, "body": event["body"]})
}
