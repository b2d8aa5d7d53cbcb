//! The AWS SDK's configuration, by hand: the SDK's own loader would look for profiles, files and
//! metadata services that a function does not have.

use std::time::Duration;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{behavior_version::BehaviorVersion, http::SharedHttpClient};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

use crate::config::{ConfigError, Vars, optional, required};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(3);
/// How long all attempts together may take: three, with the waits between them.
const OPERATION: Duration = Duration::from_secs(10);
/// Attempts at one operation.
const ATTEMPTS: u32 = 3;

pub(crate) fn sdk_config(vars: &Vars, http_client: SharedHttpClient) -> Result<SdkConfig, ConfigError> {
    let region = optional(vars, "AWS_REGION").or(optional(vars, "AWS_DEFAULT_REGION"));
    let region = region.ok_or(ConfigError::Missing("AWS_REGION"))?.to_owned();
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials(vars)?))
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts());
    builder.set_endpoint_url(optional(vars, "AWS_ENDPOINT_URL").map(str::to_owned));
    Ok(builder.build())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build()
}

/// A function's credentials outlive its process, so they are read once.
fn credentials(vars: &Vars) -> Result<Credentials, ConfigError> {
    let token = optional(vars, "AWS_SESSION_TOKEN").map(str::to_owned);
    let key = required(vars, "AWS_ACCESS_KEY_ID")?;
    let secret = required(vars, "AWS_SECRET_ACCESS_KEY")?;
    Ok(Credentials::new(key, secret, token, None, "environment"))
}
