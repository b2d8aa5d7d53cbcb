//! What a tool takes: one description, for the schema that a model sees and for the check of what it says.

use serde_json::{Map, Value, json};

/// An argument.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// What an argument is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Words; not blank.
    Text,
    /// Any text, also none.
    Content,
    /// A number without a fraction.
    Whole { least: u64, most: u64 },
    /// A span of time, such as `90s` or `2m`.
    Span,
    /// Yes or no.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A UUID.
    Id,
    /// Texts by name.
    Texts,
    /// A list of objects.
    Rows { fields: &'static [Field], least: usize, most: usize },
}

impl Field {
    /// Must be said.
    pub(crate) const fn needed(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, about, kind, required: true }
    }

    /// May be left out.
    pub(crate) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, about, kind, required: false }
    }
}

/// Returns the JSON schema of an object of these fields.
pub(crate) fn schema(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut property = of(&field.kind);
        property.insert("description".to_owned(), field.about.into());
        properties.insert(field.name.to_owned(), property.into());
    }
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn of(kind: &Kind) -> Map<String, Value> {
    let mut schema = Map::new();
    let mut say = |name: &str, value: Value| {
        schema.insert(name.to_owned(), value);
    };
    match kind {
        Kind::Text | Kind::Content | Kind::Span | Kind::Id => say("type", "string".into()),
        Kind::Whole { least, most } => {
            say("type", "integer".into());
            say("minimum", (*least).into());
            say("maximum", (*most).into());
        }
        Kind::Flag => say("type", "boolean".into()),
        Kind::Choice(words) => {
            say("type", "string".into());
            say("enum", (*words).into());
        }
        Kind::Texts => {
            say("type", "object".into());
            say("additionalProperties", json!({ "type": "string" }));
        }
        Kind::Rows { fields, least, most } => {
            say("type", "array".into());
            say("items", self::schema(fields));
            say("minItems", (*least).into());
            say("maxItems", (*most).into());
        }
    }
    schema
}
