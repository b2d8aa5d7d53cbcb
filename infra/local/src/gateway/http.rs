//! The HTTP API.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderMap, Request};
use serde_json::Value;
use tokio::time::timeout;

use super::{Sockets, event, reply, reply::Refusal, route, socket};
use crate::{host::Host, options::SocketLimits, template::ApiSpec};

const BODY_BYTES: usize = 10 * 1024 * 1024;
const HEADER_BYTES: usize = 10_240;

/// Both fronts' state.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) host: Host,
    pub(crate) http: ApiSpec,
    pub(crate) socket: ApiSpec,
    pub(crate) sockets: Sockets,
    pub(crate) limits: SocketLimits,
}

/// The routes of the process; the template's own are found behind them.
pub(crate) fn router(gateway: Gateway) -> Router {
    let socket = format!("/{}", gateway.socket.stage);
    Router::new().route(&socket, get(socket::handshake)).fallback(any(handle)).with_state(Arc::new(gateway))
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    gateway.host.meter().http_request();
    gateway.answer(peer, request).await.unwrap_or_else(Refusal::into_response)
}

impl Gateway {
    async fn answer(&self, peer: SocketAddr, request: Request<Body>) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let found =
            route::find(&self.http, parts.method.as_str(), parts.uri.path()).ok_or(Refusal::NotFound)?;
        if header_bytes(&parts.headers) > HEADER_BYTES {
            return Err(Refusal::HeadersTooLarge);
        }
        let body = to_bytes(body, BODY_BYTES).await.map_err(|_| Refusal::TooLarge)?;
        let mut event = event::request(&self.http, &found, &parts, peer, self.host.clock());
        if let Some(authorizer) = &found.route.authorizer {
            let context = self.authorize(authorizer, &event).await?;
            event["requestContext"]["authorizer"] = serde_json::json!({"lambda": context});
        }
        event::put_body(&mut event, &parts.headers, &body);
        let reply = self.invoke(&found.route.function, event, found.route.timeout).await?;
        Ok(reply::http(&reply))
    }

    /// Answers the context that an authorizer's simple response carries.
    async fn authorize(&self, authorizer: &str, request: &Value) -> Result<Value, Refusal> {
        let event = event::authorize_request(&self.http, request);
        let mut reply = self.host.invoke(authorizer, event).await.map_err(|_| Refusal::Failed)?;
        match reply["isAuthorized"].as_bool() {
            Some(true) => Ok(reply["context"].take()),
            Some(false) => Err(Refusal::Forbidden),
            None => Err(Refusal::Failed),
        }
    }

    /// Invokes within an integration's time; the function goes on when that is over.
    pub(super) async fn invoke(
        &self,
        function: &str,
        event: Value,
        limit: Duration,
    ) -> Result<Value, Refusal> {
        let invocation = timeout(limit, self.host.invoke(function, event)).await;
        invocation.map_err(|_| Refusal::TimedOut)?.map_err(|_| Refusal::Failed)
    }
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}
