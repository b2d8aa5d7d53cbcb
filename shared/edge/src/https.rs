//! The HTTP client under the SDK's clients: HTTP/1.1 over TLS, with one pool for all of them.
//!
//! The SDK's own brings HTTP/2, which costs a function 350 KB and gains it nothing: its requests are few and small.

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    connection::{CaptureSmithyConnection, ConnectionMetadata},
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{CaptureConnection, HttpConnector as Tcp, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};

use crate::config::ConfigError;

/// How long a connection may take, before TLS begins.
const CONNECT: Duration = Duration::from_secs(1);

/// Returns the client that all SDK clients of a process share, so that certificates are read once.
///
/// # Errors
/// There are no certificates to trust.
pub(crate) fn client() -> Result<SharedHttpClient, ConfigError> {
    let mut tcp = Tcp::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    let tls = HttpsConnectorBuilder::new().with_native_roots().map_err(ConfigError::Certificates)?;
    // Plain HTTP is for emulators; AWS's own addresses are never without TLS.
    let connect = tls.https_or_http().enable_http1().wrap_connector(tcp);
    let pool = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connect);
    let connector = SharedHttpConnector::new(Pool(pool));
    Ok(SharedHttpClient::new(Https { connector }))
}

#[derive(Debug)]
struct Https {
    connector: SharedHttpConnector,
}

impl HttpClient for Https {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.connector.clone()
    }
}

#[derive(Debug)]
struct Pool(Client<HttpsConnector<Tcp>, SdkBody>);

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            // Whatever broke, it was the connection: the SDK tries again, and counts.
            let response = answer.await.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Returns what the SDK wants to know of a request's connection: how not to use it again. It does so when a server
/// fails, as another server behind the same name may not.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    connection.connection_metadata().as_ref()?;
    let connection = connection.clone();
    let poison = move || {
        if let Some(connected) = connection.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(poison).build())
}
