//! The AWS SDK's HTTP port: routes each request to the part of the stack that it is for.

use std::fmt;

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
use dynamo::Dynamo;
use serde_json::{Value, json};

use crate::{gateway::Sockets, meter::Meter, queue::Queues};

#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) dynamo: Dynamo,
    pub(crate) queues: Queues,
    pub(crate) sockets: Sockets,
    pub(crate) meter: Meter,
}

impl Cloud {
    pub(crate) fn http_client(self) -> SharedHttpClient {
        SharedHttpClient::new(self)
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        if let Some(operation) = target.strip_prefix("AmazonSQS.") {
            let (status, answer) = self.queues.answer(operation, body, &self.meter).await;
            return json_response(status, &answer);
        }
        if target.starts_with("DynamoDB_") {
            let reply = self.dynamo.call(target, body.to_vec()).await;
            self.meter.table_call(reply.consumed);
            return response(reply.status, reply.body);
        }
        match connection(request.uri()) {
            Some(id) => self.sockets.manage(request.method(), &id, body),
            None => json_response(404, &json!({"message": "the local stack does not know this service"})),
        }
    }
}

impl HttpClient for Cloud {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = self.clone();
        HttpConnectorFuture::new(async move { cloud.answer(request).await })
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cloud")
    }
}

pub(crate) fn json_response(status: u16, body: &Value) -> Result<HttpResponse, ConnectorError> {
    response(status, body.to_string().into_bytes())
}

pub(crate) fn response(status: u16, body: Vec<u8>) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

/// The connection's id in `…/@connections/{id}`.
fn connection(uri: &str) -> Option<String> {
    let path = uri.split('?').next()?;
    // The SDK may write the at sign as it is or encoded.
    let (_, id) = path.rsplit_once("connections/")?;
    Some(percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned())
}
