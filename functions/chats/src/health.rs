//! `GET /v1/health`

use edge::Reply;

/// Says that requests arrive. It asks nobody: a dependency that is down must not take the service out of a
/// balancer's rotation.
pub(crate) fn run() -> Reply {
    Reply::json(200, &serde_json::json!({ "status": "ok" }))
}
