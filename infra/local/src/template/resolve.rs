//! CloudFormation's intrinsic functions.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value};

/// What names stand for while a template is read.
pub(super) struct Names<'a> {
    /// Parameters and pseudo parameters.
    pub(super) values: BTreeMap<String, String>,
    /// The conditions' expressions.
    pub(super) conditions: &'a Map<String, Value>,
    /// Resources by logical name; queues and tables need their kinds and names to be referred to.
    pub(super) resources: &'a Map<String, Value>,
}

impl Names<'_> {
    /// Replaces every intrinsic function below `value`.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value> {
        match value {
            Value::Object(map) => match single(map) {
                Some((name, argument)) if name == "Ref" || name.starts_with("Fn::") => {
                    self.call(name, argument).with_context(|| format!("{name}: {argument}"))
                }
                _ => self.resolve_object(map),
            },
            Value::Array(values) => self.resolve_list(values),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
        }
    }

    /// Decides a condition's expression.
    pub(super) fn decide(&self, expression: &Value) -> Result<bool> {
        if let Some(name) = expression["Condition"].as_str() {
            return self.truth(name);
        }
        let decided = self.resolve(expression)?;
        decided.as_bool().with_context(|| format!("not a condition: {decided}"))
    }

    /// Whether a condition holds. They may name each other, in any order.
    pub(super) fn truth(&self, name: &str) -> Result<bool> {
        let expression = self.conditions.get(name).with_context(|| format!("no condition {name}"))?;
        self.decide(expression).with_context(|| format!("condition {name}"))
    }

    /// `AWS::NoValue` leaves no gap in a list.
    fn resolve_list(&self, values: &[Value]) -> Result<Value> {
        let resolved = values.iter().map(|value| self.resolve(value));
        resolved.filter(|value| !matches!(value, Ok(Value::Null))).collect()
    }

    fn resolve_object(&self, map: &Map<String, Value>) -> Result<Value> {
        map.iter().map(|(key, value)| Ok((key.clone(), self.resolve(value)?))).collect()
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Value> {
        match name {
            "Ref" if argument == "AWS::NoValue" => Ok(Value::Null),
            "Ref" => self.reference(text(argument)?).map(Value::String),
            "Fn::GetAtt" => self.attribute(argument).map(Value::String),
            "Fn::Sub" => self.substitute(text(argument)?).map(Value::String),
            "Fn::If" => self.choose(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Equals" => {
                let [left, right] = pair(argument)?;
                Ok(Value::Bool(self.resolve(left)? == self.resolve(right)?))
            }
            "Fn::Not" => match argument.as_array().map(Vec::as_slice) {
                Some([one]) => Ok(Value::Bool(!self.decide(one)?)),
                _ => bail!("takes a list of one condition"),
            },
            "Fn::And" => Ok(Value::Bool(self.decide_each(argument)?.into_iter().all(|truth| truth))),
            "Fn::Or" => Ok(Value::Bool(self.decide_each(argument)?.into_iter().any(|truth| truth))),
            _ => bail!("the local stack does not know this function"),
        }
    }

    fn choose(&self, argument: &Value) -> Result<Value> {
        let Some([condition, yes, no]) = argument.as_array().map(Vec::as_slice) else {
            bail!("takes a condition and two values");
        };
        self.resolve(if self.truth(text(condition)?)? { yes } else { no })
    }

    fn decide_each(&self, argument: &Value) -> Result<Vec<bool>> {
        let conditions = argument.as_array().context("takes a list of conditions")?;
        conditions.iter().map(|condition| self.decide(condition)).collect()
    }

    fn join(&self, argument: &Value) -> Result<Value> {
        let [separator, parts] = pair(argument)?;
        let parts = self.resolve(parts)?;
        let parts = parts.as_array().context("takes a separator and a list")?;
        let parts = parts.iter().map(text).collect::<Result<Vec<_>>>()?;
        Ok(Value::String(parts.join(text(separator)?)))
    }

    fn reference(&self, name: &str) -> Result<String> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let resource = self.resource(name)?;
        match kind(resource) {
            "AWS::SQS::Queue" => {
                Ok(format!("https://{}/{}", super::QUEUE_HOST, self.named(name, "QueueName")?))
            }
            "AWS::DynamoDB::Table" => self.named(name, "TableName"),
            _ => Ok(name.to_owned()),
        }
    }

    fn attribute(&self, argument: &Value) -> Result<String> {
        let (name, attribute) = match argument.as_str() {
            Some(dotted) => dotted.split_once('.').context("no attribute")?,
            None => {
                let [name, attribute] = pair(argument)?;
                (text(name)?, text(attribute)?)
            }
        };
        self.attribute_of(name, attribute)
    }

    fn attribute_of(&self, name: &str, attribute: &str) -> Result<String> {
        let resource = self.resource(name)?;
        match (kind(resource), attribute) {
            ("AWS::SQS::Queue", "QueueName") => self.named(name, "QueueName"),
            ("AWS::SQS::Queue", "Arn") => Ok(super::queue_arn(&self.named(name, "QueueName")?)),
            ("AWS::DynamoDB::Table", "Arn") => Ok(super::table_arn(&self.named(name, "TableName")?)),
            ("AWS::Serverless::Function", "Arn") => Ok(super::function_arn(name)),
            ("AWS::KMS::Key", "Arn") => Ok(super::arn("kms", &format!("key/{name}"))),
            ("AWS::Logs::LogGroup", "Arn") => Ok(super::arn("logs", &format!("log-group:{name}"))),
            (kind, _) => bail!("the local stack does not know {attribute} of {kind}"),
        }
    }

    /// The resource's own name, or its logical one.
    fn named(&self, name: &str, property: &str) -> Result<String> {
        match self.resource(name)?.pointer(&format!("/Properties/{property}")) {
            Some(value) => Ok(text(&self.resolve(value)?)?.to_owned()),
            None => Ok(name.to_owned()),
        }
    }

    fn substitute(&self, pattern: &str) -> Result<String> {
        let mut parts = pattern.split("${");
        let mut result = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').context("an open ${")?;
            result += &match name.split_once('.') {
                Some((name, attribute)) => self.attribute_of(name, attribute)?,
                None => self.reference(name)?,
            };
            result += rest;
        }
        Ok(result)
    }

    fn resource(&self, name: &str) -> Result<&Value> {
        self.resources.get(name).ok_or_else(|| anyhow!("nothing is called {name}"))
    }
}

fn single(map: &Map<String, Value>) -> Option<(&String, &Value)> {
    if map.len() == 1 { map.iter().next() } else { None }
}

fn pair(value: &Value) -> Result<&[Value; 2]> {
    let values = value.as_array().context("takes a list")?;
    values.as_slice().try_into().map_err(|_| anyhow!("takes two values"))
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("not text: {value}"))
}

fn kind(resource: &Value) -> &str {
    resource["Type"].as_str().unwrap_or_default()
}
