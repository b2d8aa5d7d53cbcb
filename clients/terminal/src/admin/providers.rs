//! `providers`: where models are asked, and whether with a key.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Form, is, key, list, say, table, text};
use crate::{
    api::{Absence, Api},
    args::admin::ProviderVerb,
    output::Output,
    stack::Finder,
};

const PATH: &str = "/v1/providers";

/// Lists providers, or does something about one.
///
/// # Errors
/// The stack refused, or stayed away; a key cannot be read.
pub async fn run(
    finder: Finder,
    verb: Option<ProviderVerb>,
    form: Form,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    match verb.unwrap_or(ProviderVerb::List) {
        ProviderVerb::List => form.print(output, &api.at(PATH).await?, screen)?,
        ProviderVerb::Add { kind, name, base_url, key: from } => {
            let mut body = json!({ "type": kind, "name": name });
            say(&mut body, "base_url", base_url);
            say(&mut body, "api_key", key(&from)?);
            form.print(output, &api.make(PATH, Some(body)).await?, row)?;
        }
        ProviderVerb::Set { provider, name, base_url, enabled, key: from, no_key } => {
            let mut body = json!({});
            say(&mut body, "name", name);
            say(&mut body, "base_url", base_url);
            say(&mut body, "enabled", enabled);
            if no_key {
                body["api_key"] = Value::Null;
            } else {
                say(&mut body, "api_key", key(&from)?);
            }
            form.print(output, &api.change(&format!("{PATH}/{provider}"), body).await?, row)?;
        }
        ProviderVerb::Remove { provider } => {
            api.remove(&format!("{PATH}/{provider}")).await?;
        }
        ProviderVerb::Check { provider } => {
            let checked = api.make(&format!("{PATH}/{provider}/check"), None).await?;
            form.print(output, &checked, check)?;
            return Ok(if is(&checked, "ok") { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the list, as people read it.
#[must_use]
pub fn screen(answer: &Value) -> String {
    rows(list(answer, "providers"))
}

fn row(provider: &Value) -> String {
    rows(std::slice::from_ref(provider))
}

fn rows(providers: &[Value]) -> String {
    let row = |provider: &Value| {
        let key = if is(provider, "has_key") { "has a key" } else { "no key" };
        let state = if is(provider, "enabled") { "on" } else { "off" };
        let at = if is(provider, "preset") { "(preset)" } else { text(provider, "base_url") };
        [text(provider, "id"), text(provider, "type"), state, key, text(provider, "name"), at]
            .map(str::to_owned)
    };
    table(["ID", "TYPE", "STATE", "KEY", "NAME", "ADDRESS"], providers.iter().map(row).collect())
}

fn check(checked: &Value) -> String {
    let detail = text(checked, "detail");
    let message = text(checked, "message");
    if detail.is_empty() { message.to_owned() } else { format!("{message}\n{detail}") }
}
