//! Machines on AWS Lambda's MicroVMs.

use aws_sdk_lambdamicrovms::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::MicrovmState,
};
use aws_types::SdkConfig;
use chat::port::Unavailable;

use crate::provision::{MachineState, Order, Provision, Trouble};

/// The longest that AWS lets one live, asleep or not.
const LIFE_S: i32 = 8 * 3_600;

/// The MicroVMs of an account and region. Clones share the client.
#[derive(Clone, Debug)]
pub struct Microvms {
    client: Client,
    egress: String,
}

impl Microvms {
    /// Makes the adapter; `config` bounds how long each call takes.
    #[must_use]
    pub fn connect(config: &SdkConfig) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        // An agent dials out; nobody dials in.
        let egress =
            format!("arn:aws:lambda:{region}:aws:network-connector:aws-network-connector:INTERNET_EGRESS");
        Self { client: Client::new(config), egress }
    }
}

impl Provision for Microvms {
    async fn look(&self, machine: &str) -> Result<MachineState, Trouble> {
        match self.client.get_microvm().microvm_identifier(machine).send().await {
            Ok(found) => state(found.state()),
            Err(error) if is_missing(&error) => Ok(MachineState::Gone),
            Err(error) => Err(trouble(error)),
        }
    }

    async fn run(&self, order: &Order) -> Result<String, Trouble> {
        let boot = serde_json::to_string(&order.boot).map_err(|error| Trouble::Refused(error.to_string()))?;
        let before = order.instead_of.as_deref().unwrap_or("none");
        let request = self.client.run_microvm().image_identifier(&order.image);
        let made = request
            .egress_network_connectors(&self.egress)
            .maximum_duration_in_seconds(LIFE_S)
            .run_hook_payload(boot)
            .client_token(format!("{}.{before}", order.workspace_id))
            .send()
            .await;
        made.map(|made| made.microvm_id).map_err(trouble)
    }

    async fn resume(&self, machine: &str) -> Result<(), Trouble> {
        self.client.resume_microvm().microvm_identifier(machine).send().await.map(drop).map_err(moved)
    }

    async fn suspend(&self, machine: &str) -> Result<(), Trouble> {
        self.client.suspend_microvm().microvm_identifier(machine).send().await.map(drop).map_err(moved)
    }

    async fn destroy(&self, machine: &str) -> Result<(), Trouble> {
        match self.client.terminate_microvm().microvm_identifier(machine).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(trouble(error)),
        }
    }
}

/// A state that this SDK does not know is nobody's to guess.
fn state(state: &MicrovmState) -> Result<MachineState, Trouble> {
    match state.as_str() {
        "PENDING" => Ok(MachineState::Starting),
        "RUNNING" => Ok(MachineState::Running),
        "SUSPENDING" => Ok(MachineState::Stopping),
        "SUSPENDED" => Ok(MachineState::Stopped),
        "TERMINATING" | "TERMINATED" => Ok(MachineState::Gone),
        other => Err(unavailable(format!("the unknown state {other}")).into()),
    }
}

fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ResourceNotFoundException")
}

/// A machine that has ended since it was looked at: whoever looks again sees it.
fn moved<E>(error: SdkError<E>) -> Trouble
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if is_missing(&error) { unavailable("the machine has ended".into()).into() } else { trouble(error) }
}

fn trouble<E>(error: SdkError<E>) -> Trouble
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    let said = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    match code {
        Some("ServiceQuotaExceededException" | "InsufficientCapacityException") => {
            Trouble::Refused("there is no room for another machine now".into())
        }
        Some("AccessDeniedException") => {
            Trouble::Refused("the deployment may not make machines; tell its administrator".into())
        }
        Some("ResourceNotFoundException") => {
            Trouble::Refused("the template's image is not there; tell the administrator".into())
        }
        Some("ValidationException" | "InvalidParameterValueException") => {
            Trouble::Refused(format!("the machine's maker does not take the order: {said}"))
        }
        Some(_) | None => unavailable(DisplayErrorContext(&error).to_string()).into(),
    }
}

const fn unavailable(reason: String) -> Unavailable {
    Unavailable { dependency: "the machines' maker", reason }
}
