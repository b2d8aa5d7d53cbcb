//! Reads the one description of the system.
//!
//! A kind of resource or a function that is not known here is an error, so that nothing works locally
//! by being skipped.

mod api;
mod read;
mod resolve;

use std::{collections::BTreeMap, iter, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::policy::{self, Policy, Role};

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const STACK: &str = "quickstep";
const QUEUE_HOST: &str = "sqs.us-east-1.amazonaws.com/000000000000";

/// What `infra/template.yaml` describes, resolved.
#[expect(missing_docs, reason = "named by what they hold")]
#[derive(Debug)]
pub struct Template {
    pub functions: BTreeMap<String, FunctionSpec>,
    pub tables: Vec<TableSpec>,
    pub queues: Vec<QueueSpec>,
    pub(crate) sources: Vec<SourceSpec>,
    pub(crate) schedules: Vec<ScheduleSpec>,
    pub(crate) http: ApiSpec,
    pub(crate) socket: ApiSpec,
}

/// A function, without its code.
#[expect(missing_docs, reason = "named by what they hold")]
#[derive(Debug)]
pub struct FunctionSpec {
    pub timeout: Duration,
    pub memory_mb: u64,
    pub environment: BTreeMap<String, String>,
    pub(crate) policy: Policy,
}

/// A table: the body of a `CreateTable`, and the attribute by which items expire.
#[expect(missing_docs, reason = "named by what they hold")]
#[derive(Debug)]
pub struct TableSpec {
    pub name: String,
    pub create: Value,
    pub expires_by: Option<String>,
}

/// A queue.
#[expect(missing_docs, reason = "named by what they hold")]
#[derive(Clone, Debug)]
pub struct QueueSpec {
    pub name: String,
    pub url: String,
    pub arn: String,
    pub visibility: Duration,
    pub delay: Duration,
    pub redrive: Option<Redrive>,
}

/// Where messages go that failed too often.
#[expect(missing_docs, reason = "named by what they hold")]
#[derive(Clone, Debug)]
pub struct Redrive {
    pub dead_letter_arn: String,
    pub max_receive_count: u32,
}

/// A queue that invokes a function.
#[derive(Clone, Debug)]
pub(crate) struct SourceSpec {
    pub(crate) queue_arn: String,
    pub(crate) function: String,
    pub(crate) max_concurrency: usize,
    pub(crate) reports_failures: bool,
}

/// A function that is invoked again and again.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleSpec {
    pub(crate) name: String,
    pub(crate) every: Duration,
    pub(crate) function: String,
}

/// An API: its logical name, its stage and its routes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiSpec {
    pub(crate) id: String,
    pub(crate) stage: String,
    pub(crate) routes: Vec<RouteSpec>,
}

/// A route of an API.
#[derive(Clone, Debug)]
pub(crate) struct RouteSpec {
    pub(crate) key: String,
    pub(crate) function: String,
    pub(crate) authorizer: Option<String>,
    pub(crate) timeout: Duration,
}

impl FunctionSpec {
    /// Returns the function's variables, with those that Lambda itself sets. Any credentials do here.
    #[must_use]
    pub fn variables(&self, name: &str) -> BTreeMap<String, String> {
        let own = [
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.environment.clone().into_iter().chain(own).collect()
    }
}

impl Template {
    /// Reads the project's template with `parameters` instead of its defaults.
    ///
    /// # Errors
    /// There is something in it that the local stack does not know.
    pub fn read(parameters: &BTreeMap<String, String>) -> Result<Self> {
        Self::parse(include_str!("../../template.yaml"), parameters).context("infra/template.yaml")
    }

    pub(crate) fn parse(text: &str, parameters: &BTreeMap<String, String>) -> Result<Self> {
        read::template(&document(text)?, parameters)
    }

    /// Returns the functions' roles, by their names.
    pub(crate) fn roles(&self) -> BTreeMap<String, Role> {
        let resources = self.resources();
        let role = |(name, spec): (&String, &FunctionSpec)| {
            (name.clone(), Role::new(name, spec.policy.clone(), &resources))
        };
        self.functions.iter().map(role).collect()
    }

    /// Returns the ARNs of all that functions may be allowed to use.
    fn resources(&self) -> Vec<String> {
        let tables = self.tables.iter().flat_map(TableSpec::arns);
        let queues = self.queues.iter().map(|queue| queue.arn.clone());
        let ApiSpec { id, stage, .. } = &self.socket;
        let methods = ["DELETE", "GET", "POST"].into_iter();
        let connections = methods.map(|method| policy::connection(id, stage, method, "*"));
        tables.chain(queues).chain(connections).chain([arn("lambda", policy::MICROVMS)]).collect()
    }
}

impl TableSpec {
    /// The table's ARN and those of its indexes.
    fn arns(&self) -> impl Iterator<Item = String> {
        let table = table_arn(&self.name);
        let indexes = self.create["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
        let names = indexes.filter_map(|index| index["IndexName"].as_str());
        let indexes: Vec<_> = names.map(|name| format!("{table}/index/{name}")).collect();
        iter::once(table).chain(indexes)
    }
}

fn document(text: &str) -> Result<Value> {
    // Otherwise the attribute type `N` is a no.
    let options = serde_saphyr::options! { strict_booleans: true };
    Ok(serde_saphyr::from_str_with_options(text, options)?)
}

pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

pub(crate) fn function_arn(function: &str) -> String {
    arn("lambda", &format!("function:{function}"))
}

pub(crate) fn queue_arn(name: &str) -> String {
    arn("sqs", name)
}

pub(crate) fn table_arn(name: &str) -> String {
    arn("dynamodb", &format!("table/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        format!("{:#}", Template::parse(text, &BTreeMap::new()).unwrap_err())
    }

    #[test]
    fn the_projects_template_is_understood() {
        let keys = [("AnthropicApiKey".to_owned(), "key".to_owned())].into();
        let template = Template::read(&keys).unwrap();
        assert_eq!((template.tables.len(), template.queues.len(), template.sources.len()), (2, 9, 8));
        assert!(template.http.routes.iter().all(|route| template.functions.contains_key(&route.function)));
        let step = &template.functions["Step"];
        assert_eq!((step.timeout.as_secs(), step.memory_mb), (900, 128));
        assert_eq!(step.environment["ANTHROPIC_API_KEY"], "key");
        assert_eq!(step.environment["MODEL_PROVIDERS"], "anthropic,,");
    }

    #[test]
    fn there_are_as_many_wake_queues_as_are_asked_for() {
        for count in [1, 2, 4, 8] {
            let template = Template::read(&[("WakeQueues".to_owned(), count.to_string())].into()).unwrap();
            let queues = template.queues.iter().filter(|queue| queue.name.contains("-wake-"));
            let urls: Vec<_> = queues.map(|queue| queue.url.as_str()).collect();
            let told = &template.functions["Step"].environment["WAKE_QUEUE_URLS"];
            let told: Vec<_> = told.split(',').filter(|url| !url.is_empty()).collect();
            // The sweep, the machines, the tool servers and the working trees have a source each.
            assert_eq!((urls.len(), template.sources.len(), told), (count, count + 4, urls));
        }
    }

    /// Lambda would otherwise cut a chain of wakes after about 16 functions.
    #[test]
    fn every_function_that_sends_wakes_may_recur() {
        let document = document(include_str!("../../template.yaml")).unwrap();
        let functions = document["Resources"].as_object().unwrap().iter();
        let senders: Vec<_> = functions
            .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function")
            .filter(|(_, function)| function.to_string().contains("sqs:SendMessage"))
            .collect();
        assert!(senders.len() >= 4, "{senders:?}");
        for (name, function) in senders {
            assert_eq!(function["Properties"]["RecursiveLoop"], "Allow", "{name}");
        }
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        let kind = "Parameters: {}\nResources: { Files: { Type: AWS::S3::Bucket } }";
        assert_eq!(refusal(kind), "Files: the local stack does not know AWS::S3::Bucket");
        let call = "Parameters: {}\nResources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: { Fn::Cidr: [] } } } }";
        assert_eq!(refusal(call), "Q: Fn::Cidr: []: the local stack does not know this function");
        let name = "Parameters: {}\nResources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: { Ref: R } } } }";
        assert_eq!(refusal(name), "Q: Ref: \"R\": nothing is called R");
    }

    #[test]
    fn an_unknown_parameter_is_an_error() {
        let given = [("Nothing".to_owned(), String::new())].into();
        assert_eq!(
            format!("{:#}", Template::read(&given).unwrap_err()),
            "infra/template.yaml: no parameter Nothing"
        );
    }
}
