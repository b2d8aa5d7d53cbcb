//! What a function asks of a service.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

use super::cloud::Service;

/// One request, read once.
pub(super) struct Asked {
    pub(super) service: Service,
    /// The header that names it; a socket's id for a push.
    pub(super) target: String,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn read(request: &HttpRequest) -> Self {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let service = match target.split(['_', '.']).next() {
            Some("DynamoDB") => Service::Table,
            Some("AmazonSQS") => Service::Queue,
            Some(_) | None => Service::Sockets,
        };
        if service == Service::Sockets {
            let path = request.uri().split('?').next().unwrap_or_default();
            let target = path.rsplit('/').next().unwrap_or_default().to_owned();
            return Self { service, target, body };
        }
        Self { service, target, body }
    }

    pub(super) fn operation(&self) -> &str {
        match self.service {
            Service::Sockets => "Push",
            Service::Table | Service::Queue => self.target.rsplit('.').next().unwrap_or_default(),
        }
    }

    pub(super) fn is_write(&self) -> bool {
        self.service == Service::Table && !["GetItem", "Query", "BatchGetItem"].contains(&self.operation())
    }

    /// Returns whether it writes a chat's version: a transition.
    pub(super) fn is_commit(&self) -> bool {
        let operation = self.operation();
        ["UpdateItem", "TransactWriteItems"].contains(&operation)
            && self.body.windows(4).any(|window| window == b"\"sv\"")
    }

    /// Returns the chat whose own item it writes.
    pub(super) fn chat(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let update = body["TransactItems"].get(0).map_or(&body, |first| &first["Update"]);
        update["Key"]["chat"]["S"].as_str().map(str::to_owned)
    }
}
