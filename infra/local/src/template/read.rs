//! From resolved resources to what the stack starts.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::{
    ACCOUNT, FunctionSpec, QUEUE_HOST, QueueSpec, REGION, Redrive, STACK, ScheduleSpec, SourceSpec,
    TableSpec, Template, queue_arn, resolve::Names,
};
use crate::policy::Policy;

/// Kinds that change nothing for a process on one machine: who may invoke, keys, alarms, logs, names.
const WITHOUT_EFFECT: [&str; 12] = [
    "AWS::ApiGateway::Account",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Route53::RecordSet",
    "AWS::SNS::Topic",
];
const KNOWN: [&str; 9] = [
    "AWS::Serverless::Function",
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Events::Rule",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
];
pub(super) const ROUTE: &str = "AWS::ApiGatewayV2::Route";

pub(super) fn template(document: &Value, parameters: &BTreeMap<String, String>) -> Result<Template> {
    let none = Map::new();
    let resources = document["Resources"].as_object().context("no Resources")?;
    let conditions = document["Conditions"].as_object().unwrap_or(&none);
    let names = Names { values: values(document, parameters)?, conditions, resources };
    let globals = names.resolve(&document["Globals"]["Function"]).context("Globals")?;
    Resources::resolved(&names)?.template(&globals)
}

fn values(document: &Value, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let mut values: BTreeMap<_, _> = [
        ("AWS::Region", REGION),
        ("AWS::AccountId", ACCOUNT),
        ("AWS::Partition", "aws"),
        ("AWS::URLSuffix", "amazonaws.com"),
        ("AWS::StackName", STACK),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    for (name, parameter) in document["Parameters"].as_object().context("no Parameters")? {
        let default = parameter.get("Default").map(plain);
        let value = given.get(name).cloned().or(default);
        values.insert(name.clone(), value.with_context(|| format!("parameter {name} has no value"))?);
    }
    match given.keys().find(|name| !values.contains_key(*name)) {
        Some(unknown) => bail!("no parameter {unknown}"),
        None => Ok(values),
    }
}

/// Resolved properties by kind, then by logical name.
pub(super) struct Resources(pub(super) BTreeMap<String, BTreeMap<String, Value>>);

impl Resources {
    fn resolved(names: &Names<'_>) -> Result<Self> {
        let mut kinds: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for (name, resource) in names.resources {
            let kind = resource["Type"].as_str().unwrap_or_default();
            if WITHOUT_EFFECT.contains(&kind) {
                continue;
            }
            if kind != ROUTE && !KNOWN.contains(&kind) {
                bail!("{name}: the local stack does not know {kind}");
            }
            if let Some(condition) = resource["Condition"].as_str()
                && !names.truth(condition)?
            {
                continue;
            }
            let properties = names.resolve(&resource["Properties"]).with_context(|| name.clone())?;
            kinds.entry(kind.to_owned()).or_default().insert(name.clone(), properties);
        }
        Ok(Self(kinds))
    }

    fn template(&self, globals: &Value) -> Result<Template> {
        Ok(Template {
            functions: self.each("AWS::Serverless::Function", |name, own: &Value| {
                Ok((name.to_owned(), function(globals, own)?))
            })?,
            tables: self.each("AWS::DynamoDB::Table", table)?,
            queues: self.each("AWS::SQS::Queue", queue)?,
            sources: self.each("AWS::Lambda::EventSourceMapping", source)?,
            schedules: self.each("AWS::Events::Rule", schedule)?,
            http: self.api("HTTP")?,
            socket: self.api("WEBSOCKET")?,
        })
    }

    pub(super) fn each<T, C: FromIterator<T>>(
        &self,
        kind: &str,
        read: impl Fn(&str, &Value) -> Result<T>,
    ) -> Result<C> {
        let resources = self.0.get(kind).into_iter().flatten();
        resources.map(|(name, properties)| read(name, properties).with_context(|| name.clone())).collect()
    }
}

fn function(globals: &Value, own: &Value) -> Result<FunctionSpec> {
    let setting = |name: &str| {
        let value = own.get(name).or_else(|| globals.get(name)).and_then(Value::as_u64);
        value.with_context(|| format!("no {name}"))
    };
    for key in ["PermissionsBoundary", "Role"] {
        let given = own.get(key).or_else(|| globals.get(key));
        ensure!(given.is_none(), "the local stack does not know a function's {key}");
    }
    let environment =
        [globals, own].into_iter().filter_map(|level| level["Environment"]["Variables"].as_object());
    Ok(FunctionSpec {
        timeout: Duration::from_secs(setting("Timeout")?),
        memory_mb: setting("MemorySize")?,
        environment: environment.flatten().map(|(name, value)| (name.clone(), plain(value))).collect(),
        policy: own.get("Policies").map(Policy::read).transpose()?.unwrap_or_default(),
    })
}

fn table(_: &str, properties: &Value) -> Result<TableSpec> {
    let name = properties["TableName"].as_str().context("no TableName")?.to_owned();
    let kept = ["TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"];
    let create: Map<_, _> =
        kept.into_iter().filter_map(|key| Some((key.to_owned(), properties.get(key)?.clone()))).collect();
    let expires_by = properties["TimeToLiveSpecification"]["AttributeName"].as_str().map(str::to_owned);
    Ok(TableSpec { name, create: json!(create), expires_by })
}

fn queue(name: &str, properties: &Value) -> Result<QueueSpec> {
    let queue_name = properties["QueueName"].as_str().unwrap_or(name).to_owned();
    let seconds = |key: &str, default| Duration::from_secs(properties[key].as_u64().unwrap_or(default));
    Ok(QueueSpec {
        url: format!("https://{QUEUE_HOST}/{queue_name}"),
        arn: queue_arn(&queue_name),
        name: queue_name,
        visibility: seconds("VisibilityTimeout", 30),
        delay: seconds("DelaySeconds", 0),
        redrive: properties.get("RedrivePolicy").map(redrive).transpose()?,
    })
}

fn redrive(policy: &Value) -> Result<Redrive> {
    Ok(Redrive {
        dead_letter_arn: policy["deadLetterTargetArn"].as_str().context("no deadLetterTargetArn")?.to_owned(),
        max_receive_count: number(&policy["maxReceiveCount"])?.try_into()?,
    })
}

fn source(_: &str, properties: &Value) -> Result<SourceSpec> {
    if number(&properties["BatchSize"])? != 1 {
        bail!("the local stack delivers one message at a time: BatchSize must be 1");
    }
    let kinds = properties["FunctionResponseTypes"].as_array();
    Ok(SourceSpec {
        queue_arn: properties["EventSourceArn"].as_str().context("no EventSourceArn")?.to_owned(),
        function: function_name(properties["FunctionName"].as_str().context("no FunctionName")?)?,
        max_concurrency: number(&properties["ScalingConfig"]["MaximumConcurrency"])?.try_into()?,
        reports_failures: kinds.is_some_and(|kinds| kinds.contains(&json!("ReportBatchItemFailures"))),
    })
}

fn schedule(name: &str, properties: &Value) -> Result<ScheduleSpec> {
    let expression = properties["ScheduleExpression"].as_str().context("no ScheduleExpression")?;
    let target = properties["Targets"][0]["Arn"].as_str().context("no target")?;
    Ok(ScheduleSpec { name: name.to_owned(), every: rate(expression)?, function: function_name(target)? })
}

/// `rate(1 minute)`; cron expressions are not known here.
fn rate(expression: &str) -> Result<Duration> {
    let inner = expression.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')'));
    let (count, unit) = inner.and_then(|inner| inner.split_once(' ')).context("not a rate")?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        other => bail!("a rate in {other}"),
    };
    Ok(Duration::from_secs(seconds * count.parse::<u64>()?))
}

/// The logical name within a function's ARN or an invocation path.
pub(super) fn function_name(arn: &str) -> Result<String> {
    let (_, rest) = arn.rsplit_once(":function:").with_context(|| format!("not a function: {arn}"))?;
    Ok(rest.split('/').next().unwrap_or(rest).to_owned())
}

/// Parameters are text even where they are numbers.
fn number(value: &Value) -> Result<u64> {
    match value.as_str() {
        Some(text) => Ok(text.parse()?),
        None => value.as_u64().with_context(|| format!("not a number: {value}")),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
