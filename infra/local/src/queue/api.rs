//! The part of SQS's JSON protocol that the project uses.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Letter, Queue, Queues, Received, seconds};
use crate::meter::Meter;

const MESSAGE_BYTES: usize = 1024 * 1024;

/// Status and JSON body.
pub(crate) type Answer = (u16, Value);
type Answered = Result<Value, Refused>;

/// An error of SQS: its name and what it says.
struct Refused(&'static str, String);

impl Queues {
    /// Answers `operation`, such as `SendMessage`.
    pub(crate) async fn answer(&self, operation: &str, body: &[u8], meter: &Meter) -> Answer {
        meter.sqs_request(body.len());
        let request = serde_json::from_slice(body).unwrap_or_default();
        match self.dispatch(operation, &request).await {
            Ok(answer) => (200, answer),
            Err(Refused("InternalFailure", message)) => (500, error("InternalFailure", &message)),
            Err(Refused(name, message)) => (400, error(name, &message)),
        }
    }

    async fn dispatch(&self, operation: &str, request: &Value) -> Answered {
        if operation == "GetQueueUrl" {
            let queue = self.by_name(text(request, "QueueName")?).ok_or_else(no_queue)?;
            return Ok(json!({"QueueUrl": queue.spec.url}));
        }
        let queue = self.by_url(text(request, "QueueUrl")?).ok_or_else(no_queue)?;
        match operation {
            "SendMessage" => send(queue, request).await,
            "SendMessageBatch" => send_batch(queue, request).await,
            "ReceiveMessage" => receive(queue, request).await,
            "DeleteMessage" => delete(queue, request).await,
            "ChangeMessageVisibility" => change_visibility(queue, request),
            "GetQueueAttributes" => Ok(attributes(queue)),
            _ => Err(Refused("UnsupportedOperation", format!("the local stack does not know {operation}"))),
        }
    }
}

async fn send(queue: &Queue, request: &Value) -> Answered {
    let letter = letter(request)?;
    let delay = number(request, "DelaySeconds")?;
    if delay.is_some_and(|delay| delay > 900) {
        return Err(invalid("DelaySeconds must be between 0 and 900"));
    }
    let md5 = letter.md5();
    let id = queue.send(letter, delay.map(seconds)).await.map_err(internal)?;
    Ok(json!({"MessageId": id, "MD5OfMessageBody": md5}))
}

fn letter(request: &Value) -> Result<Letter, Refused> {
    let letter = Letter {
        body: text(request, "MessageBody")?.to_owned(),
        group: request["MessageGroupId"].as_str().map(str::to_owned),
        attributes: request["MessageAttributes"].as_object().cloned().unwrap_or_default(),
    };
    if letter.body.is_empty() || letter.size_bytes() > MESSAGE_BYTES {
        return Err(invalid("a message has 1 to 1048576 bytes"));
    }
    if letter.group.as_ref().is_some_and(|group| group.is_empty() || group.len() > 128) {
        return Err(invalid("MessageGroupId has 1 to 128 characters"));
    }
    Ok(letter)
}

async fn send_batch(queue: &Queue, request: &Value) -> Answered {
    let entries = request["Entries"].as_array().filter(|entries| (1..=10).contains(&entries.len()));
    let entries = entries.ok_or_else(|| invalid("a batch has 1 to 10 entries"))?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match send(queue, entry).await {
            Ok(mut sent) => {
                sent["Id"] = entry["Id"].clone();
                successful.push(sent);
            }
            Err(Refused(code, message)) => {
                failed
                    .push(json!({"Id": entry["Id"], "Code": code, "Message": message, "SenderFault": true}));
            }
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}

/// Does not wait for messages: event sources have a path of their own.
async fn receive(queue: &Queue, request: &Value) -> Answered {
    let count = number(request, "MaxNumberOfMessages")?.unwrap_or(1).clamp(1, 10);
    let visibility = number(request, "VisibilityTimeout")?.map_or(queue.spec.visibility, seconds);
    let mut messages = Vec::new();
    for _ in 0..count {
        let Some(received) = queue.take(visibility).await else { break };
        messages.push(message(&received));
    }
    Ok(json!({"Messages": messages}))
}

fn message(received: &Received) -> Value {
    json!({
        "MessageId": received.message.id,
        "ReceiptHandle": received.receipt,
        "Body": received.message.letter.body,
        "MD5OfBody": received.message.letter.md5(),
        "Attributes": received.system_attributes(),
        "MessageAttributes": received.message.letter.attributes,
    })
}

async fn delete(queue: &Arc<Queue>, request: &Value) -> Answered {
    queue.delete(text(request, "ReceiptHandle")?).await.map_err(internal)?;
    Ok(json!({}))
}

fn change_visibility(queue: &Queue, request: &Value) -> Answered {
    let timeout = number(request, "VisibilityTimeout")?.filter(|timeout| *timeout <= 43_200);
    let timeout = timeout.ok_or_else(|| invalid("VisibilityTimeout must be between 0 and 43200"))?;
    if queue.hide(text(request, "ReceiptHandle")?, seconds(timeout)) {
        return Ok(json!({}));
    }
    Err(Refused("MessageNotInflight", "the message is not in flight".to_owned()))
}

fn attributes(queue: &Queue) -> Value {
    let (visible, hidden) = queue.counts();
    let attributes: Map<_, _> = [
        ("QueueArn", queue.spec.arn.clone()),
        ("VisibilityTimeout", queue.spec.visibility.as_secs().to_string()),
        ("ApproximateNumberOfMessages", visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", hidden.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), Value::String(value)))
    .collect();
    json!({"Attributes": attributes})
}

fn text<'a>(request: &'a Value, field: &str) -> Result<&'a str, Refused> {
    let missing = || Refused("MissingParameter", format!("The request must contain the parameter {field}."));
    request[field].as_str().ok_or_else(missing)
}

fn number(request: &Value, field: &str) -> Result<Option<u64>, Refused> {
    match request.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| invalid(&format!("{field} is not a count"))),
    }
}

fn invalid(message: &str) -> Refused {
    Refused("InvalidParameterValue", message.to_owned())
}

fn internal(error: anyhow::Error) -> Refused {
    Refused("InternalFailure", error.to_string())
}

fn no_queue() -> Refused {
    Refused("QueueDoesNotExist", "The specified queue does not exist.".to_owned())
}

fn error(name: &str, message: &str) -> Value {
    json!({"__type": format!("com.amazonaws.sqs#{name}"), "message": message})
}
