//! The HTTP client under the SDK's clients: HTTP/1.1 over TLS, with one pool for all of them.
//!
//! The SDK's own brings HTTP/2, which costs a function 350 KB and gains it nothing: its requests are few and small.

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    connection::{CaptureSmithyConnection, ConnectionMetadata},
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
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
use rustls::ClientConfig;

/// How long a connection may take, before TLS begins.
const CONNECT: Duration = Duration::from_secs(1);

/// Returns the client that all SDK clients of a process share.
pub(crate) fn client(tls: ClientConfig) -> SharedHttpClient {
    SharedHttpClient::new(Https { connector: SharedHttpConnector::new(pool(tls)) })
}

fn pool(tls: ClientConfig) -> Pool {
    let mut tcp = Tcp::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls);
    // Plain HTTP is for emulators; AWS's own addresses are never without TLS.
    let connect = tls.https_or_http().enable_http1().wrap_connector(tcp);
    Pool(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connect))
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

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead as _, BufReader, Read as _, Write as _},
        net::TcpListener,
        thread,
    };

    use aws_smithy_types::byte_stream::ByteStream;

    use super::*;
    use crate::tls;

    /// Asks a server that reads a request's head and says `answer`; then it hangs up.
    async fn ask(answer: &'static str) -> Result<HttpResponse, ConnectorError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let head = stream.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let head: Vec<String> = head.collect();
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            head
        });
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(format!("http://{address}/question")).unwrap();
        let outcome = pool(tls::nobody().unwrap()).call(request).await;
        assert_eq!(server.join().unwrap()[0], "GET /question HTTP/1.1");
        outcome
    }

    #[tokio::test]
    async fn the_answer_comes_back_with_its_status_and_body() {
        let answer = ask("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 5\r\n\r\nlater").await.unwrap();
        assert_eq!(answer.status().as_u16(), 429);
        let body = ByteStream::new(answer.into_body()).collect().await.unwrap();
        assert_eq!(&*body.into_bytes(), b"later");
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_is_worth_another_attempt() {
        assert!(ask("").await.unwrap_err().is_io());
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_worth_another_attempt() {
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(format!("https://{address}/")).unwrap();
        assert!(pool(tls::nobody().unwrap()).call(request).await.unwrap_err().is_io());
    }
}
