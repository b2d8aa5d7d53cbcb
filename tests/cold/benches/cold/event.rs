//! An event of each function's kind, as its trigger sends it.

use serde_json::{Value, json};

const CHAT: &str = "0193e0a4-7b1c-7000-8000-000000000001";
const USER: &str = "0193e0a4-7b1c-7000-8000-000000000002";
const ORG: &str = "0193e0a4-7b1c-7000-8000-000000000003";
const WORKSPACE: &str = "0193e0a4-7b1c-7000-8000-000000000004";
const SERVER: &str = "0193e0a4-7b1c-7000-8000-000000000005";

/// Returns an event for a function; none if nobody has written one down.
pub(crate) fn of(function: &str) -> Option<String> {
    let event = match function {
        "agent" => agent(),
        "authorize" => authorize(),
        "chats" => http("GET", "/v1/chats", "GET /v1/chats"),
        "messages" => http("GET", &format!("/v1/chats/{CHAT}/messages"), "GET /v1/chats/{chat}/messages"),
        "migrate" => json!({ "dry_run": true, "segments": 1 }),
        "mcp" => delivery(&json!({ "v": 1, "errand": { "refresh": SERVER } })),
        "provision" => delivery(&json!({ "v": 1, "workspace_id": WORKSPACE })),
        "pulls" => delivery(&json!({ "v": 1, "workspace_id": WORKSPACE, "why": "wanted" })),
        "runs" => administrators(http("GET", "/v1/runs", "GET /v1/runs")),
        "settings" => administrators(http("GET", "/v1/models", "GET /v1/models")),
        "socket" => socket(),
        "step" => delivery(&json!({ "v": 1, "chat_id": CHAT, "reason": "message" })),
        "sweep" => json!({ "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} }),
        "titles" => http("POST", &format!("/v1/chats/{CHAT}/title"), "POST /v1/chats/{chat}/title"),
        "workspaces" => http("GET", "/v1/workspaces", "GET /v1/workspaces"),
        _ => return None,
    };
    Some(event.to_string())
}

fn http(method: &str, path: &str, route: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "host": "api.example", "authorization": "Bearer token", "user-agent": "cold" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "stage": "$default", "requestId": "r", "routeKey": route,
            "domainName": "api.example", "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "authorizer": { "lambda": { "user_id": USER, "org_id": ORG } },
        },
        "pathParameters": { "chat": CHAT },
        "isBase64Encoded": false,
    })
}

fn agent() -> Value {
    let token = format!("{CHAT}.2.call_1");
    let mut event = http("GET", &format!("/v1/agent/calls/{token}"), "GET /v1/agent/calls/{token}");
    event["pathParameters"] = json!({ "token": token });
    event["requestContext"]["authorizer"]["lambda"] = json!({
        "user_id": "", "org_id": "", "workspace_id": WORKSPACE, "agent_user_id": USER, "agent_org_id": ORG,
    });
    event
}

fn administrators(mut event: Value) -> Value {
    event["requestContext"]["authorizer"]["lambda"]["role"] = "admin".into();
    event
}

fn authorize() -> Value {
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-central-1:1:api/$default/GET/v1/chats",
        "identitySource": ["Bearer a-token-that-nobody-has"],
        "routeKey": "GET /v1/chats",
        "rawPath": "/v1/chats",
        "rawQueryString": "",
        "headers": { "host": "api.example", "authorization": "Bearer a-token-that-nobody-has" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "domainName": "api.example", "requestId": "r",
            "http": { "method": "GET", "path": "/v1/chats", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "routeKey": "GET /v1/chats", "stage": "$default",
        },
    })
}

fn socket() -> Value {
    json!({
        "requestContext": {
            "routeKey": "$default", "eventType": "MESSAGE", "messageDirection": "IN", "stage": "socket",
            "connectionId": "c=", "connectedAt": 1_767_225_600_000_u64, "requestTimeEpoch": 1_767_225_600_000_u64,
            "identity": { "sourceIp": "127.0.0.1" }, "requestId": "r", "extendedRequestId": "r", "messageId": "m",
            "domainName": "api.example", "apiId": "api",
            "authorizer": { "user_id": USER, "org_id": ORG, "principalId": USER },
        },
        "body": json!({ "action": "subscribe", "chat_id": CHAT }).to_string(),
        "isBase64Encoded": false,
    })
}

/// Returns what an event source hands on: one message.
fn delivery(body: &Value) -> Value {
    json!({ "Records": [{
        "messageId": "m",
        "receiptHandle": "receipt",
        "body": body.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000", "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1767225600001", "MessageGroupId": USER,
        },
        "messageAttributes": {},
        "md5OfBody": "098f6bcd4621d373cade4e832627b4f6",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:wake-0",
        "awsRegion": "eu-central-1",
    }] })
}
