//! `models`: what can be asked.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Form, is, list, number, say, table, text};
use crate::{
    api::{Absence, Api},
    args::admin::ModelVerb,
    output::Output,
    stack::Finder,
};

const PATH: &str = "/v1/models";

/// Lists models, or does something about one.
///
/// # Errors
/// The stack refused, or stayed away.
pub async fn run(
    finder: Finder,
    verb: Option<ModelVerb>,
    form: Form,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    match verb.unwrap_or(ModelVerb::List) {
        ModelVerb::List => form.print(output, &api.at(PATH).await?, screen)?,
        ModelVerb::Add { provider, model, context_limit, display_name, default } => {
            let mut body = json!({
                "provider_id": provider, "model": model, "context_limit": context_limit, "is_default": default,
            });
            say(&mut body, "display_name", display_name);
            form.print(output, &api.make(PATH, Some(body)).await?, row)?;
        }
        ModelVerb::Set { model, display_name, enabled, default, context_limit, compaction_threshold } => {
            let mut body = json!({});
            say(&mut body, "display_name", display_name);
            say(&mut body, "enabled", enabled);
            say(&mut body, "is_default", default.then_some(true));
            say(&mut body, "context_limit", context_limit);
            say(&mut body, "compaction_threshold", compaction_threshold);
            form.print(output, &api.change(&format!("{PATH}/{model}"), body).await?, row)?;
        }
        ModelVerb::Remove { model } => {
            api.remove(&format!("{PATH}/{model}")).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the list, as people read it.
#[must_use]
pub fn screen(answer: &Value) -> String {
    rows(list(answer, "models"))
}

fn row(model: &Value) -> String {
    rows(std::slice::from_ref(model))
}

fn rows(models: &[Value]) -> String {
    let row = |model: &Value| {
        let default = if is(model, "is_default") { "default" } else { "" };
        let state = if is(model, "available") { "available" } else { text(model, "unavailable_reason") };
        let window = number(model, "context_limit").to_string();
        [
            text(model, "id"),
            state,
            default,
            window.as_str(),
            text(model, "provider"),
            text(model, "display_name"),
        ]
        .map(str::to_owned)
    };
    let head = ["ID", "STATE", "DEFAULT", "WINDOW", "PROVIDER", "NAME"];
    table(head, models.iter().map(row).collect())
}
