//! What a function is told about where it runs: the one place that reads the environment.

mod github;

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use chat::{catalogue::Catalogue, workspace::Template};
use rustls::ClientConfig;

pub use github::GitHub;

use crate::{
    aws,
    clock::SharedClock,
    https,
    models::{self, Provider},
    tls,
};

/// Variables by name.
pub type Vars = BTreeMap<String, String>;

/// What a function is told about where it runs. Made once per cold start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The stack's name.
    pub stack: String,
    /// The function's memory.
    pub memory_mb: u64,
    /// Where X-Ray's daemon listens, if there is one.
    pub trace_daemon: Option<String>,
    /// The tables' names.
    pub tables: Tables,
    /// The wake queues, in the order of their shards; at least one.
    pub wake_queue_urls: Vec<String>,
    /// The queue of machines to look at, where the function has to do with them.
    pub machines_queue_url: Option<String>,
    /// The queue of errands to tool servers, where the function has to do with them.
    pub servers_queue_url: Option<String>,
    /// The queue of working trees to look at, where the function has to do with them.
    pub pulls_queue_url: Option<String>,
    /// Whoever keeps pull requests, where the function may ask.
    pub github: Option<GitHub>,
    /// What workspaces are made from, where the function has to do with them.
    pub templates: Vec<Template>,
    /// After how long without use a workspace's machine is stopped, where the function has to do with that.
    pub workspace_idle_ms: Option<u64>,
    /// The queue of sweeps between the minutes, for the function that sweeps.
    pub sweep_queue_url: Option<String>,
    /// Where the HTTP API is, for machines that are told.
    pub http_url: Option<String>,
    /// Where sockets connect, for machines that are told.
    pub socket_url: Option<String>,
    /// Where posts to sockets go.
    pub socket_endpoint: String,
    /// The SHA-256 of the first administrator's token in lower-case hex, where one is set.
    pub admin_token_hash: Option<String>,
    /// Providers that may be asked, with what that takes.
    pub providers: Vec<Provider>,
    /// What the environment presets of the catalogue.
    pub presets: Catalogue,
    /// The key under which secrets are stored, where the function has to do with them: an ARN of KMS.
    pub seal_key: Option<String>,
    /// Who asks Bedrock where a provider of it has no key.
    pub bedrock: Bedrock,
    /// Whether providers may be within the network of whoever asks them.
    pub base_urls: BaseUrls,
    /// For the SDK's clients.
    pub sdk: SdkConfig,
    /// For all other clients.
    pub tls: ClientConfig,
    /// The time, and new names.
    pub clock: SharedClock,
}

/// The tables' names.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Chats, their messages and queues.
    pub chats: String,
    /// Everything that is not a chat.
    pub directory: String,
}

/// Where providers may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseUrls {
    /// Anywhere, the loopback interface and private networks included.
    Any,
    /// Only where everybody could reach them.
    Public,
}

/// Who asks Bedrock where a provider of it has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bedrock {
    /// Nobody.
    ByKey,
    /// The function itself, by its role.
    ByRole,
}

/// A variable that is missing or makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not there, or empty.
    #[error("the variable {0} is missing")]
    Missing(&'static str),
    /// It is there and makes no sense. Its value is not repeated, it may be a secret.
    #[error("the variable {name} is not {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// No server could be trusted: without certificates, every request would fail.
    #[error("no trusted certificates, which SSL_CERT_FILE names: {0}")]
    Certificates(#[source] std::io::Error),
    /// Its configuration makes no sense.
    #[error("TLS cannot be spoken: {0}")]
    Tls(#[from] rustls::Error),
}

impl Config {
    /// Reads the process's environment, as Lambda sets it.
    ///
    /// # Errors
    /// A variable is missing or makes no sense, or there are no certificates to trust.
    pub fn from_env() -> Result<Self, ConfigError> {
        let tls = tls::client()?;
        Self::hosted(&environment(), https::client(tls.clone()), tls)
    }

    /// Reads given variables; `http_client` answers all AWS requests, whatever their address, and `tls` is for what is
    /// not AWS.
    ///
    /// # Errors
    /// A variable is missing or makes no sense.
    pub fn hosted(
        vars: &Vars,
        http_client: SharedHttpClient,
        tls: ClientConfig,
    ) -> Result<Self, ConfigError> {
        let (providers, bedrock) = (Provider::all(vars), bedrock(vars)?);
        Ok(Self {
            stack: required(vars, "STACK")?.to_owned(),
            memory_mb: memory_mb(vars)?,
            trace_daemon: optional(vars, "AWS_XRAY_DAEMON_ADDRESS").map(str::to_owned),
            tables: Tables {
                chats: required(vars, "CHATS_TABLE")?.to_owned(),
                directory: required(vars, "DIRECTORY_TABLE")?.to_owned(),
            },
            wake_queue_urls: queue_urls(required(vars, "WAKE_QUEUE_URLS")?)?,
            http_url: optional(vars, "HTTP_URL").map(str::to_owned),
            socket_url: optional(vars, "SOCKET_URL").map(str::to_owned),
            templates: templates(vars)?,
            machines_queue_url: optional(vars, "MACHINES_QUEUE_URL").map(str::to_owned),
            servers_queue_url: optional(vars, "SERVERS_QUEUE_URL").map(str::to_owned),
            workspace_idle_ms: idle_ms(vars)?,
            pulls_queue_url: optional(vars, "PULLS_QUEUE_URL").map(str::to_owned),
            github: GitHub::of(vars),
            sweep_queue_url: optional(vars, "SWEEP_QUEUE_URL").map(str::to_owned),
            socket_endpoint: required(vars, "SOCKET_ENDPOINT")?.to_owned(),
            admin_token_hash: optional(vars, "ADMIN_TOKEN_HASH").map(str::to_owned),
            presets: models::presets(vars, &providers, bedrock),
            seal_key: optional(vars, "SEAL_KEY").map(str::to_owned),
            bedrock,
            base_urls: base_urls(vars)?,
            providers,
            sdk: aws::sdk_config(vars, http_client)?,
            tls,
            clock: SharedClock::default(),
        })
    }
}

fn memory_mb(vars: &Vars) -> Result<u64, ConfigError> {
    let name = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    let expected = "a number of megabytes";
    optional(vars, name)
        .map_or(Ok(0), |text| text.parse().map_err(|_| ConfigError::Invalid { name, expected }))
}

fn bedrock(vars: &Vars) -> Result<Bedrock, ConfigError> {
    let by_role = flag(vars, "BEDROCK_BY_ROLE")?;
    Ok(if by_role { Bedrock::ByRole } else { Bedrock::ByKey })
}

fn base_urls(vars: &Vars) -> Result<BaseUrls, ConfigError> {
    let any = flag(vars, "ALLOW_PRIVATE_BASE_URLS")?;
    Ok(if any { BaseUrls::Any } else { BaseUrls::Public })
}

fn flag(vars: &Vars, name: &'static str) -> Result<bool, ConfigError> {
    match optional(vars, name) {
        Some("true") => Ok(true),
        Some("false") | None => Ok(false),
        Some(_) => Err(ConfigError::Invalid { name, expected: "true or false" }),
    }
}

/// No minutes are never.
fn idle_ms(vars: &Vars) -> Result<Option<u64>, ConfigError> {
    let name = "WORKSPACE_IDLE_MINUTES";
    let minutes = optional(vars, name).map(str::parse::<u32>).transpose();
    let minutes = minutes.map_err(|_| ConfigError::Invalid { name, expected: "a number of minutes" })?;
    Ok(minutes.filter(|minutes| *minutes > 0).map(|minutes| u64::from(minutes) * 60_000))
}

fn templates(vars: &Vars) -> Result<Vec<Template>, ConfigError> {
    let name = "WORKSPACE_TEMPLATES";
    let expected = "a JSON list of templates";
    optional(vars, name).map_or_else(
        || Ok(Vec::new()),
        |text| serde_json::from_str(text).map_err(|_| ConfigError::Invalid { name, expected }),
    )
}

fn queue_urls(text: &str) -> Result<Vec<String>, ConfigError> {
    let urls: Vec<String> =
        text.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect();
    if urls.is_empty() {
        return Err(ConfigError::Invalid { name: "WAKE_QUEUE_URLS", expected: "a list of queue addresses" });
    }
    Ok(urls)
}

pub(crate) fn required<'a>(vars: &'a Vars, name: &'static str) -> Result<&'a str, ConfigError> {
    optional(vars, name).ok_or(ConfigError::Missing(name))
}

/// Returns a variable; an empty one counts as absent, because a template cannot leave one out.
pub(crate) fn optional<'a>(vars: &'a Vars, name: &str) -> Option<&'a str> {
    vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// Returns the process's environment; names or values that are not UTF-8 are nobody's of ours.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn environment() -> Vars {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests;
