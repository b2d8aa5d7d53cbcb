//! The AWS SDK's HTTP port: routes each request to the part of the stack that it is for.

use std::{collections::BTreeSet, fmt};

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

use crate::{
    gateway::Sockets,
    kms::Kms,
    meter::{Meter, Read},
    microvms::{self, Microvms},
    policy::{self, Access, Denied, Role},
    queue::Queues,
};

#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) dynamo: Dynamo,
    pub(crate) kms: Kms,
    pub(crate) queues: Queues,
    pub(crate) sockets: Sockets,
    pub(crate) microvms: Microvms,
    pub(crate) meter: Meter,
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Whoever owns the account, who may do anything.
    Administrator,
    Function(Role),
}

/// The cloud as one caller has it.
#[derive(Clone)]
struct Client {
    cloud: Cloud,
    caller: Caller,
}

impl Cloud {
    pub(crate) fn http_client(&self, caller: Caller) -> SharedHttpClient {
        SharedHttpClient::new(Client { cloud: self.clone(), caller })
    }
}

impl Client {
    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        if let Some(operation) = target.strip_prefix("AmazonSQS.") {
            return self.queue(operation, body).await;
        }
        if let Some((_, operation)) = target.strip_prefix("DynamoDB_").and_then(|rest| rest.split_once('.')) {
            return self.table(target, operation, body).await;
        }
        if let Some(operation) = target.strip_prefix("TrentService.") {
            return self.key(operation, body);
        }
        if let Some(asked) = microvms::asked(request.method(), request.uri()) {
            return self.microvm(&asked, body);
        }
        match connection(request.uri()) {
            Some(id) => self.connection(&request, &id, body),
            None => json_response(404, &json!({"message": "the local stack does not know this service"})),
        }
    }

    async fn queue(&self, operation: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        if let Err(denied) = self.may(|| policy::of_queue(operation, body)) {
            return refused(400, &denied);
        }
        let (status, answer) = self.cloud.queues.answer(operation, body, &self.cloud.meter).await;
        json_response(status, &answer)
    }

    fn microvm(&self, asked: &microvms::Asked, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        if let Err(denied) = self.may(|| policy::of_microvm(asked.operation())) {
            return refused(403, &denied);
        }
        let (status, answer) = self.cloud.microvms.answer(asked, body);
        json_response(status, &answer)
    }

    fn key(&self, operation: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        if let Err(denied) = self.may(|| policy::of_key(operation, body)) {
            return refused(400, &denied);
        }
        let (status, answer) = self.cloud.kms.answer(operation, body);
        json_response(status, &answer)
    }

    async fn table(
        &self,
        target: &str,
        operation: &str,
        body: &[u8],
    ) -> Result<HttpResponse, ConnectorError> {
        if let Err(denied) = self.may(|| policy::of_table(operation, body)) {
            return refused(400, &denied);
        }
        if let (Caller::Function(role), Some(read)) = (&self.caller, Read::of(operation, body)) {
            self.cloud.meter.read(role.function(), &read);
        }
        let reply = self.cloud.dynamo.call(target, body.to_vec()).await;
        self.cloud.meter.table_call(reply.consumed);
        response(reply.status, reply.body)
    }

    fn connection(
        &self,
        request: &HttpRequest,
        id: &str,
        body: &[u8],
    ) -> Result<HttpResponse, ConnectorError> {
        match self.may(|| policy::of_connection(request.method(), request.uri(), id)) {
            Ok(()) => self.cloud.sockets.manage(request.method(), id, body),
            Err(denied) => refused(403, &denied),
        }
    }

    fn may(&self, needed: impl FnOnce() -> BTreeSet<Access>) -> Result<(), Denied> {
        match &self.caller {
            Caller::Administrator => Ok(()),
            Caller::Function(role) => role.demand(needed()),
        }
    }
}

impl HttpClient for Client {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Client {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.clone();
        HttpConnectorFuture::new(async move { client.answer(request).await })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client of {:?}", self.caller)
    }
}

fn refused(status: u16, denied: &Denied) -> Result<HttpResponse, ConnectorError> {
    let body = json!({"__type": format!("com.amazon.coral.service#{DENIED}"), "Message": denied.to_string()});
    let mut response = json_response(status, &body)?;
    response.headers_mut().insert("x-amzn-errortype", DENIED);
    Ok(response)
}

const DENIED: &str = "AccessDeniedException";

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
