//! What a model says, checked against what a tool takes.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    duration,
    field::{Field, Kind},
};

/// The arguments of a call, all of which are what they must be.
#[derive(Debug)]
pub(crate) struct Args<'a>(Option<&'a Map<String, Value>>);

impl<'a> Args<'a> {
    /// Checks what was said.
    ///
    /// # Errors
    /// What is wrong, by the field's name, for the model.
    pub(crate) fn read(fields: &[Field], said: &'a Value) -> Result<Self, String> {
        object(fields, said, "").map(Self)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_str()
    }

    pub(crate) fn whole(&self, name: &str) -> Option<u64> {
        self.value(name)?.as_u64()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Returns milliseconds.
    pub(crate) fn span_ms(&self, name: &str) -> Option<u64> {
        duration::read_ms(self.value(name)?)
    }

    pub(crate) fn id(&self, name: &str) -> Option<Uuid> {
        Uuid::parse_str(self.text(name)?).ok()
    }

    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    /// Returns the texts of a list's rows under a name.
    pub(crate) fn each(&self, list: &str, name: &'static str) -> impl Iterator<Item = &'a str> {
        let rows = self.value(list).and_then(Value::as_array).into_iter().flatten();
        rows.filter_map(move |row| row.get(name)?.as_str())
    }
}

/// Models say `null`, or nothing at all, where there is nothing to say.
fn object<'a>(fields: &[Field], said: &'a Value, at: &str) -> Result<Option<&'a Map<String, Value>>, String> {
    let given = match said {
        Value::Null => None,
        Value::Object(given) => Some(given),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) if at.is_empty() => {
            return Err("the arguments must be a JSON object".to_owned());
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(format!("`{at}` must be an object"));
        }
    };
    let unknown =
        given.and_then(|given| given.keys().find(|key| !fields.iter().any(|field| field.name == *key)));
    if let Some(key) = unknown {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        return Err(format!("`{}` is not an argument; there are: {}", path(at, key), known.join(", ")));
    }
    for field in fields {
        let at = path(at, field.name);
        match given.and_then(|given| given.get(field.name)).filter(|value| !value.is_null()) {
            Some(value) => check(&field.kind, value, &at)?,
            None if field.required => return Err(format!("`{at}` is required")),
            None => {}
        }
    }
    Ok(given)
}

fn check(kind: &Kind, value: &Value, at: &str) -> Result<(), String> {
    let (holds, wanted) = match kind {
        Kind::Text => (
            value.as_str().is_some_and(|text| !text.trim().is_empty()),
            "a text that is not blank".to_owned(),
        ),
        Kind::Content => (value.is_string(), "a text".to_owned()),
        Kind::Whole { least, most } => (
            value.as_u64().is_some_and(|number| (*least..=*most).contains(&number)),
            format!("a whole number from {least} to {most}"),
        ),
        Kind::Span => (duration::read_ms(value).is_some(), "a duration such as 90s, 2m or 1h30m".to_owned()),
        Kind::Flag => (value.is_boolean(), "true or false".to_owned()),
        Kind::Choice(words) => (
            value.as_str().is_some_and(|word| words.contains(&word)),
            format!("one of: {}", words.join(", ")),
        ),
        Kind::Id => (value.as_str().is_some_and(|text| Uuid::parse_str(text).is_ok()), "a UUID".to_owned()),
        Kind::Texts => {
            let texts = |given: &Map<String, Value>| given.values().all(Value::is_string);
            (value.as_object().is_some_and(texts), "an object of texts".to_owned())
        }
        Kind::Rows { fields, least, most } => return rows(fields, value, (*least, *most), at),
    };
    if holds { Ok(()) } else { Err(format!("`{at}` must be {wanted}")) }
}

fn rows(fields: &[Field], value: &Value, (least, most): (usize, usize), at: &str) -> Result<(), String> {
    let given = value.as_array().filter(|given| (least..=most).contains(&given.len()));
    let given = given.ok_or_else(|| format!("`{at}` must be a list of {least} to {most} objects"))?;
    for (index, row) in given.iter().enumerate() {
        let at = format!("{at}[{index}]");
        if row.is_null() {
            return Err(format!("`{at}` must be an object"));
        }
        object(fields, row, &at)?;
    }
    Ok(())
}

fn path(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
