//! What the template's dashboard and alarms name.

use std::collections::BTreeSet;

use edge::metric::NAMESPACE;
use serde_json::Value;

fn resources() -> serde_json::Map<String, Value> {
    // Otherwise the attribute type `N` is a no.
    let options = serde_saphyr::options! { strict_booleans: true };
    let text = include_str!("../../../../../infra/template.yaml");
    let document: Value = serde_saphyr::from_str_with_options(text, options).unwrap();
    document["Resources"].as_object().unwrap().clone()
}

fn of_kind(kind: &str) -> Vec<(String, Value)> {
    let resources = resources().into_iter().filter(|(_, resource)| resource["Type"] == kind);
    resources.map(|(name, resource)| (name, resource["Properties"].clone())).collect()
}

/// The alarms' names in the runbook, as their descriptions give them.
pub(crate) fn alarms() -> BTreeSet<String> {
    let alarms = of_kind("AWS::CloudWatch::Alarm").into_iter().map(|(name, alarm)| {
        let section = name.strip_suffix("Alarm").expect("alarms are called so");
        let says = alarm["AlarmDescription"].as_str().unwrap();
        assert!(says.ends_with(&format!(" Runbook: {section}.")), "{name}: {says}");
        assert!(alarm["AlarmActions"].is_object(), "{name} tells nobody");
        section.to_owned()
    });
    alarms.collect()
}

pub(crate) fn runbook_sections() -> BTreeSet<String> {
    let text = include_str!("../../../../../docs/runbook.md");
    text.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect()
}

/// The metrics of ours that alarms watch.
pub(crate) fn alarmed() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, alarm) in of_kind("AWS::CloudWatch::Alarm") {
        let several = alarm["Metrics"].as_array().into_iter().flatten();
        for metric in several.map(|one| &one["MetricStat"]["Metric"]).chain([&alarm]) {
            if metric["Namespace"] == NAMESPACE {
                assert_eq!(metric["Dimensions"].as_array().unwrap().len(), 1, "{metric}");
                assert_eq!(metric["Dimensions"][0]["Name"], "Stack", "{metric}");
                names.insert(metric["MetricName"].as_str().unwrap().to_owned());
            }
        }
    }
    names
}

/// The metrics of ours that the dashboard shows.
pub(crate) fn shown() -> BTreeSet<String> {
    let [(_, dashboard)] = of_kind("AWS::CloudWatch::Dashboard").try_into().expect("one dashboard");
    let body = dashboard["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).expect("the body is JSON, names in it stand in strings");
    let mut names = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            names.extend(of_metric(metric.as_array().unwrap()));
        }
    }
    names
}

fn of_metric(metric: &[Value]) -> Option<String> {
    let first = metric.first()?;
    if *first == NAMESPACE {
        assert_eq!(metric[2], "Stack", "{metric:?}");
        return Some(metric[1].as_str()?.to_owned());
    }
    // A search names its metric within its text.
    let searched = first["expression"].as_str()?;
    assert!(!searched.contains("SEARCH") || searched.contains("{Quickstep,Kind,Stack}"), "{searched}");
    let (_, rest) = searched.split_once("MetricName=\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
