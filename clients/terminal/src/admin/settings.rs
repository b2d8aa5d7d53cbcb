//! `settings`: what is set for everybody, and for oneself.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Map, Value};

use super::{Form, input};
use crate::{
    api::{Absence, Api},
    args::admin::{SettingName, SettingVerb},
    output::Output,
    stack::Finder,
};

/// Prints settings, or sets one.
///
/// # Errors
/// The stack refused, or stayed away; what is to be set is no JSON.
pub async fn run(
    finder: Finder,
    verb: Option<SettingVerb>,
    form: Form,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    let answer = match verb.unwrap_or(SettingVerb::List) {
        SettingVerb::List => all(&api, output).await?,
        SettingVerb::Get { name } => api.at(&name.path()).await?,
        SettingVerb::Set { name, wanted } => {
            let wanted = if wanted == "-" { input("the setting")? } else { wanted };
            let wanted: Value = serde_json::from_str(&wanted).context("the setting is not JSON")?;
            api.put(&name.path(), wanted).await?
        }
    };
    form.print(output, &answer, |answer| format!("{answer:#}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Some are for administrators: that is said, and the rest is printed.
async fn all(api: &Api, output: &mut Output) -> anyhow::Result<Value> {
    let mut found = Map::new();
    let mut refused = None;
    for name in SettingName::ALL {
        match api.at(&name.path()).await {
            Ok(setting) => {
                found.insert(name.as_str().to_owned(), setting);
            }
            Err(error) => {
                output.notice(&format!("{}: {error:#}", name.as_str()));
                refused = Some(error);
            }
        }
    }
    match refused {
        Some(error) if found.is_empty() => Err(error),
        Some(_) | None => Ok(Value::Object(found)),
    }
}
