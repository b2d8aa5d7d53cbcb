//! The `Policies` of a function.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::{Pattern, Policy, Statement};

/// Services whose calls are checked; a grant for another would be one that nothing here proves.
const SERVICES: [&str; 5] = ["dynamodb", "execute-api", "kms", "lambda", "sqs"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "Version")]
    _version: Option<String>,
    statement: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    #[serde(rename = "Effect")]
    _effect: Effect,
    action: OneOrMany,
    resource: OneOrMany,
}

#[derive(Deserialize)]
enum Effect {
    Allow,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Policy {
    /// Reads the resolved `Policies`, a list of documents.
    pub(crate) fn read(policies: &Value) -> Result<Self> {
        let documents = policies.as_array().context("Policies is a list")?;
        let mut statements = Vec::new();
        for document in documents {
            let document = Document::deserialize(document).context("Policies")?;
            for written in document.statement {
                statements.push(statement(written)?);
            }
        }
        Ok(Self { statements })
    }
}

fn statement(written: Written) -> Result<Statement> {
    let actions = written.action.into_vec();
    for action in &actions {
        let known = action.split_once(':').filter(|(service, _)| SERVICES.contains(service));
        let known = known.filter(|(_, name)| !name.contains(['*', '?']));
        ensure!(known.is_some(), "Policies: the local stack does not know {action}");
    }
    let resources = written.resource.into_vec().iter().map(|arn| Pattern::new(arn)).collect();
    Ok(Statement { actions, resources })
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_understood_is_an_error() {
        let statement = |change: &Value| {
            let mut statement = json!({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"});
            for (key, value) in change.as_object().unwrap() {
                statement[key] = value.clone();
            }
            json!([{ "Statement": [statement] }])
        };
        for (policies, refusal) in [
            (json!({"Statement": []}), "Policies is a list"),
            (json!(["AmazonSQSFullAccess"]), "Policies: invalid type: string"),
            (json!([{"SQSPollerPolicy": {}}]), "Policies: unknown field `SQSPollerPolicy`"),
            (statement(&json!({"Effect": "Deny"})), "Policies: unknown variant `Deny`, expected `Allow`"),
            (statement(&json!({"NotAction": "sqs:*"})), "Policies: unknown field `NotAction`"),
            (statement(&json!({"Condition": {}})), "Policies: unknown field `Condition`"),
            (statement(&json!({"Action": "sqs:*"})), "Policies: the local stack does not know sqs:*"),
            (
                statement(&json!({"Action": "s3:GetObject"})),
                "Policies: the local stack does not know s3:GetObject",
            ),
        ] {
            let said = format!("{:#}", Policy::read(&policies).unwrap_err());
            assert!(said.starts_with(refusal), "{said}");
        }
        assert!(Policy::read(&statement(&json!({}))).is_ok());
    }
}
