//! `usage`: what was used and what it cost.

use std::process::ExitCode;

use serde_json::Value;

use super::{Form, list, number, table, text};
use crate::{
    api::{Absence, Api},
    args::admin::UsageArgs,
    output::Output,
    stack::Finder,
    status::dollars,
};

/// Pages of 200 sums that are read.
const PAGES: usize = 20;

/// Prints what was used.
///
/// # Errors
/// The stack refused, or stayed away.
pub async fn run(
    finder: Finder,
    options: UsageArgs,
    form: Form,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    form.print(output, &all(&api, &path(&options)).await?, screen)?;
    Ok(ExitCode::SUCCESS)
}

fn path(options: &UsageArgs) -> String {
    let by: Vec<&str> = options.by.iter().map(|by| by.as_str()).collect();
    let day =
        |name, day: &Option<String>| day.as_ref().map(|day| format!("&{name}={day}")).unwrap_or_default();
    let (from, to) = (day("from", &options.from), day("to", &options.to));
    format!("/v1/usage?limit=200&group_by={}{from}{to}", by.join(","))
}

/// All pages as one; what is more than these says where it goes on.
async fn all(api: &Api, path: &str) -> anyhow::Result<Value> {
    let mut whole = api.at(path).await?;
    for _ in 1..PAGES {
        let Some(cursor) = whole["next_cursor"].as_str() else { break };
        let mut next = api.at(&format!("{path}&cursor={cursor}")).await?;
        if let (Some(sums), Some(more)) = (whole["usage"].as_array_mut(), next["usage"].as_array_mut()) {
            sums.append(more);
        }
        whole["next_cursor"] = next["next_cursor"].take();
    }
    if whole["next_cursor"].is_null() {
        whole.as_object_mut().map(|fields| fields.remove("next_cursor"));
    }
    Ok(whole)
}

/// Returns the sums, as people read them, and the total.
#[must_use]
pub fn screen(answer: &Value) -> String {
    let group = |sum: &Value| {
        let parts = ["day", "user_id", "model_id"].map(|name| text(sum, name));
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
    };
    let mut rows: Vec<_> = list(answer, "usage").iter().map(|sum| row(group(sum), sum)).collect();
    rows.push(row("total".to_owned(), &answer["total"]));
    let table = table(["OF", "CALLS", "INPUT", "CACHED", "OUTPUT", "COST"], rows);
    let unpriced = match number(&answer["total"], "unpriced_calls") {
        0 => String::new(),
        1 => "\n1 call has no price and is not in the cost.".to_owned(),
        many => format!("\n{many} calls have no price and are not in the cost."),
    };
    let more = if answer["next_cursor"].is_string() { "\nThere are more than are listed." } else { "" };
    format!("{table}{unpriced}{more}")
}

fn row(of: String, sum: &Value) -> [String; 6] {
    let counted = |name| number(sum, name).to_string();
    let cached = number(sum, "cache_read_tokens") + number(sum, "cache_write_tokens");
    [
        of,
        counted("calls"),
        counted("input_tokens"),
        cached.to_string(),
        counted("output_tokens"),
        dollars(number(sum, "cost_micros")),
    ]
}
