//! `limits`: the ceilings of what is spent.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Form, table, text};
use crate::{
    api::{Absence, Api},
    args::admin::LimitVerb,
    output::Output,
    stack::Finder,
    status::dollars,
};

const PATH: &str = "/v1/limits";
/// The ceilings, as the wire names them.
const CEILINGS: [&str; 3] = ["chat_micros", "user_micros", "org_micros"];

/// Says what the ceilings are, or changes some.
///
/// # Errors
/// The stack refused, or stayed away; an amount is none.
pub async fn run(
    finder: Finder,
    verb: Option<LimitVerb>,
    form: Form,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    match verb.unwrap_or(LimitVerb::Get) {
        LimitVerb::Get => {}
        LimitVerb::Set { chat, user, org, period } => {
            let mut limits = settable(&api.at(PATH).await?);
            for (name, said) in CEILINGS.into_iter().zip([chat, user, org]) {
                let Some(said) = said else { continue };
                limits[name] = amount(&said)?.map_or(Value::Null, Value::from);
            }
            if let Some(period) = period {
                limits["period"] = json!(period.as_str());
            }
            api.put(PATH, limits).await?;
        }
    }
    form.print(output, &api.at(PATH).await?, screen)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns what of the answer may be put again.
fn settable(answer: &Value) -> Value {
    let mut limits = json!({ "period": answer["period"] });
    for name in CEILINGS {
        limits[name] = answer[name].clone();
    }
    limits
}

/// Reads dollars as millionths of one, or `none`.
fn amount(said: &str) -> anyhow::Result<Option<u64>> {
    if said == "none" {
        return Ok(None);
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = said.strip_prefix('$').unwrap_or(said).split_once('.').unwrap_or((said, "0"));
    let whole = whole.strip_prefix('$').unwrap_or(whole);
    let read = (digits(whole) && digits(part) && part.len() <= 6)
        .then(|| format!("{whole}{part:0<6}").parse::<u64>().ok())
        .flatten();
    read.map(Some).ok_or_else(|| anyhow::anyhow!("{said} is no amount: dollars such as 50 or 0.25, or none"))
}

/// Returns the ceilings, as people read them.
#[must_use]
pub fn screen(answer: &Value) -> String {
    let whose = ["each chat", "each person", "all people"];
    let spent = [None, Some("user_micros"), Some("org_micros")];
    let row = |((whose, name), spent): ((&str, &str), Option<&str>)| {
        let ceiling = answer[name].as_u64().map_or_else(|| "none".to_owned(), dollars);
        let spent = spent.and_then(|name| answer["spent"][name].as_u64()).map(dollars).unwrap_or_default();
        [whose.to_owned(), ceiling, spent]
    };
    let rows = whose.into_iter().zip(CEILINGS).zip(spent).map(row).collect();
    let again =
        format!("Begins anew each {}, next at {}.", text(answer, "period"), text(answer, "resets_at"));
    format!("{}\n{again}", table(["OF", "CEILING", "SPENT"], rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_dollars() {
        for (said, micros) in [("50", 50_000_000), ("0.25", 250_000), ("$1.5", 1_500_000), ("0.000001", 1)] {
            assert_eq!(amount(said).unwrap(), Some(micros), "{said}");
        }
        assert_eq!(amount("none").unwrap(), None);
        for wrong in ["", "-1", "1,5", "1.", ".5", "1e3", "1.0000001", "99999999999999999999"] {
            let error = amount(wrong).unwrap_err().to_string();
            assert_eq!(error, format!("{wrong} is no amount: dollars such as 50 or 0.25, or none"));
        }
    }
}
