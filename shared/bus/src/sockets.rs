//! Frames over the WebSocket API.

use std::time::Duration;

use aws_sdk_apigatewaymanagement::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    error::{DisplayErrorContext, SdkError},
    operation::post_to_connection::PostToConnectionError,
    primitives::Blob,
};
use aws_types::SdkConfig;
use chat::{
    account::{Count, count},
    id::ConnectionId,
    port::{TellError, TellSockets, Unavailable},
};

/// Others wait while one socket is told: it is told again by its cursor rather than for long.
const ATTEMPT: Duration = Duration::from_secs(1);
/// How long all attempts at one frame may take.
const OPERATION: Duration = Duration::from_secs(2);
/// Attempts at one frame.
const ATTEMPTS: u32 = 2;

/// Pushes frames to sockets.
#[derive(Clone, Debug)]
pub struct Sockets {
    client: Client,
}

impl Sockets {
    /// Makes the client that posts to the stage at `endpoint`.
    #[must_use]
    pub fn connect(config: &SdkConfig, endpoint: &str) -> Self {
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(config)
            .endpoint_url(endpoint)
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        Self::new(Client::from_conf(config.build()))
    }

    /// Posts with `client`, whose endpoint is the stage.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

impl TellSockets for Sockets {
    async fn tell(&self, connection: &ConnectionId, frame: &str) -> Result<(), TellError> {
        let request = self.client.post_to_connection().connection_id(&connection.0);
        count(Count::Push);
        request.data(Blob::new(frame)).send().await.map(drop).map_err(|error| refused(&error))
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(ATTEMPT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

fn refused(error: &SdkError<PostToConnectionError>) -> TellError {
    let gone = error.as_service_error().is_some_and(PostToConnectionError::is_gone_exception)
        || error.raw_response().is_some_and(|response| response.status().as_u16() == 410);
    if gone {
        count(Count::GoneSocket);
        return TellError::Gone;
    }
    let reason = DisplayErrorContext(error).to_string();
    TellError::Unavailable(Unavailable { dependency: "the socket gateway", reason })
}
