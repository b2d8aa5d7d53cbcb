//! What workspaces are made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What workspaces are made from. A deployment's operator lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its id, such as `small`.
    pub id: String,
    /// What it is called, for programs.
    pub name: String,
    /// What it is called, for people.
    pub display_name: String,
    /// What it is for, for people and models.
    #[serde(default)]
    pub description: String,
    /// What may be said of a workspace when it is made.
    #[serde(default)]
    pub parameters: Vec<TemplateParameter>,
    /// Who makes the machine.
    pub kind: MachineKind,
    /// What the machine begins with, in the words of who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// Who makes machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineKind {
    /// AWS Lambda: a small virtual machine. The local stack stands in for it with a process.
    Microvm,
}

/// What may be said of a workspace when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateParameter {
    /// Its name.
    pub name: String,
    /// What it means, for people and models.
    #[serde(default)]
    pub description: String,
    /// What holds where nothing is said; without one, something must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The values that it takes; any, where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// A template as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the protocol's table of a template's fields is their documentation")]
pub struct TemplateView {
    pub id: String,
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub parameters: Vec<TemplateParameter>,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongParameter {
    /// The template has none of this name.
    #[error("the template has no parameter {0}")]
    Unknown(String),
    /// It has no default, and nothing was said.
    #[error("the parameter {0} must be given")]
    Missing(String),
    /// It takes other values.
    #[error("the parameter {name} must be one of {}", .options.join(", "))]
    NoOption {
        /// Which.
        name: String,
        /// What it takes.
        options: Vec<String>,
    },
    /// It is longer than anything that makes sense.
    #[error("the parameter {0} is too long")]
    TooLong(String),
}

/// Bytes of a parameter's value.
const VALUE_BYTES: usize = 1024;
/// Templates of one page.
pub const TEMPLATES_PER_PAGE: usize = 10;

impl Template {
    /// Returns all parameters of a workspace that is made with these.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn fill(&self, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, WrongParameter> {
        let is_known = |name: &String| self.parameters.iter().any(|parameter| parameter.name == *name);
        if let Some(unknown) = given.keys().find(|name| !is_known(name)) {
            return Err(WrongParameter::Unknown(unknown.clone()));
        }
        let mut filled = BTreeMap::new();
        for parameter in &self.parameters {
            filled.insert(parameter.name.clone(), parameter.fill(given.get(&parameter.name))?);
        }
        Ok(filled)
    }

    /// Returns whether its name or description holds these words, whatever their case.
    #[must_use]
    pub fn matches(&self, query: &str) -> bool {
        let query = query.trim().to_lowercase();
        [&self.id, &self.name, &self.display_name, &self.description]
            .iter()
            .any(|text| text.to_lowercase().contains(&query))
    }

    /// Returns what clients see.
    #[must_use]
    pub fn view(&self) -> TemplateView {
        TemplateView {
            id: self.id.clone(),
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            description: self.description.clone(),
            parameters: self.parameters.clone(),
        }
    }
}

impl TemplateParameter {
    fn fill(&self, given: Option<&String>) -> Result<String, WrongParameter> {
        let value = given.or(self.default.as_ref());
        let value = value.ok_or_else(|| WrongParameter::Missing(self.name.clone()))?;
        if value.len() > VALUE_BYTES {
            return Err(WrongParameter::TooLong(self.name.clone()));
        }
        if !self.options.is_empty() && !self.options.contains(value) {
            let (name, options) = (self.name.clone(), self.options.clone());
            return Err(WrongParameter::NoOption { name, options });
        }
        Ok(value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        let parameter = |name: &str, default: Option<&str>, options: &[&str]| TemplateParameter {
            name: name.into(),
            description: String::new(),
            default: default.map(Into::into),
            options: options.iter().map(|option| (*option).into()).collect(),
        };
        Template {
            id: "small".into(),
            name: "small".into(),
            display_name: "Small".into(),
            description: "For little things.".into(),
            parameters: vec![parameter("size", Some("s"), &["s", "m"]), parameter("repo", None, &[])],
            kind: MachineKind::Microvm,
            image: None,
        }
    }

    fn filled(given: &[(&str, &str)]) -> String {
        let given = given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        template().fill(&given).map_or_else(|wrong| wrong.to_string(), |all| format!("{all:?}"))
    }

    #[test]
    fn parameters_are_filled_and_checked() {
        for (given, expect) in [
            (&[("repo", "r")][..], r#"{"repo": "r", "size": "s"}"#),
            (&[("repo", "r"), ("size", "m")], r#"{"repo": "r", "size": "m"}"#),
            (&[], "the parameter repo must be given"),
            (&[("repo", "r"), ("size", "xl")], "the parameter size must be one of s, m"),
            (&[("repo", "r"), ("colour", "red")], "the template has no parameter colour"),
        ] {
            assert_eq!(filled(given), expect);
        }
    }

    #[test]
    fn a_query_is_looked_for_in_all_words() {
        assert!(template().matches(" LITTLE ") && template().matches("") && !template().matches("large"));
    }
}
