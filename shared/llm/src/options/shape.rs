//! The values that an option takes.

use serde_json::Value;

/// A type, with its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// True or false.
    Flag,
    /// Some words.
    Text,
    /// A list of some words.
    Texts,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number.
    Whole { least: u64, most: u64 },
    /// A number.
    Number { least: f64, most: f64 },
    /// Any object.
    Object,
    /// Numbers by name.
    Numbers,
    /// Texts by name.
    TextsByName,
    /// `{category, threshold}`s.
    Safety,
}

/// Texts of an option, and names and lists within it, are not longer.
const MOST: usize = 64;
/// Nor is a text.
const MOST_TEXT: usize = 16 * 1024;

impl Shape {
    /// Returns what is wrong with a value.
    pub(crate) fn refuses(self, value: &Value) -> Option<String> {
        (!self.takes(value)).then(|| format!("must be {}", self.words()))
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Flag => value.is_boolean(),
            Self::Text => is_text(value),
            Self::Texts => {
                value.as_array().is_some_and(|list| list.len() <= MOST && list.iter().all(is_text))
            }
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Whole { least, most } => value.as_u64().is_some_and(|n| (least..=most).contains(&n)),
            Self::Number { least, most } => value.as_f64().is_some_and(|n| (least..=most).contains(&n)),
            Self::Object => value.is_object(),
            Self::Numbers => every_field(value, Value::is_number),
            Self::TextsByName => every_field(value, is_text),
            Self::Safety => {
                value.as_array().is_some_and(|list| list.len() <= MOST && list.iter().all(is_safety))
            }
        }
    }

    fn words(self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Texts => format!("a list of at most {MOST} texts"),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Number { least, most } => format!("a number from {least} to {most}"),
            Self::Object => "an object".to_owned(),
            Self::Numbers => format!("an object of at most {MOST} numbers"),
            Self::TextsByName => format!("an object of at most {MOST} texts"),
            Self::Safety => "a list of {category, threshold}".to_owned(),
        }
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty() && text.len() <= MOST_TEXT)
}

fn every_field(value: &Value, kept: fn(&Value) -> bool) -> bool {
    value.as_object().is_some_and(|fields| fields.len() <= MOST && fields.values().all(kept))
}

fn is_safety(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| {
        fields.len() == 2
            && ["category", "threshold"].iter().all(|name| fields.get(*name).is_some_and(is_text))
    })
}
