//! Update expressions, put together from parts. Every name is aliased: half of the good ones are reserved.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Update};

use crate::codec::{Item, number};

/// An update of one item, on a condition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Updating {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Updating {
    /// Sets an attribute.
    pub(crate) fn set(&mut self, attribute: &str, value: AttributeValue) {
        let set = format!("{} = {}", self.name(attribute), self.value(attribute, value));
        self.sets.push(set);
    }

    /// Sets an attribute that is not there yet.
    pub(crate) fn set_once(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(attribute, value));
        self.sets.push(format!("{name} = if_not_exists({name}, {value})"));
    }

    /// Adds to a number, which is 0 where it is not there.
    pub(crate) fn add(&mut self, attribute: &str, value: u64) {
        let (name, value) = (self.name(attribute), self.value(attribute, number(value)));
        self.adds.push(format!("{name} {value}"));
    }

    /// Removes an attribute, if it is there.
    pub(crate) fn remove(&mut self, attribute: &str) {
        let name = self.name(attribute);
        self.removes.push(name);
    }

    /// Sets an attribute, or removes it.
    pub(crate) fn put(&mut self, attribute: &str, value: Option<AttributeValue>) {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    /// Requires that an attribute is not there.
    pub(crate) fn absent(&mut self, attribute: &str) {
        let condition = format!("attribute_not_exists({})", self.name(attribute));
        self.conditions.push(condition);
    }

    /// Requires that an attribute is there.
    pub(crate) fn present(&mut self, attribute: &str) {
        let condition = format!("attribute_exists({})", self.name(attribute));
        self.conditions.push(condition);
    }

    /// Requires a value.
    pub(crate) fn equal(&mut self, attribute: &str, value: AttributeValue) {
        let condition =
            format!("{} = {}", self.name(attribute), self.value(&format!("old_{attribute}"), value));
        self.conditions.push(condition);
    }

    /// Requires that a lease is not there, ended by `now`, or is the one that is being set: by the same call, sent
    /// twice.
    pub(crate) fn free(&mut self, until: &str, now: AttributeValue, holder: &str) {
        let (name, now) = (self.name(until), self.value(&format!("old_{until}"), now));
        let mine = format!("{} = :{holder}", self.name(holder));
        self.conditions.push(format!("(attribute_not_exists({name}) OR {name} <= {now} OR {mine})"));
    }

    /// Requires that an attribute is not there, or that its holder is the one that is being set: by the same call, sent twice.
    pub(crate) fn absent_or_mine(&mut self, attribute: &str, holder: &str) {
        let name = self.name(attribute);
        let mine = format!("{} = :{holder}", self.name(holder));
        self.conditions.push(format!("(attribute_not_exists({name}) OR {mine})"));
    }

    /// Requires that a number is not there, or lower than one that is set.
    pub(crate) fn absent_or_below_new(&mut self, attribute: &str) {
        let name = self.name(attribute);
        self.conditions.push(format!("(attribute_not_exists({name}) OR {name} < :{attribute})"));
    }

    /// Returns the update expression.
    pub(crate) fn expression(&self) -> String {
        let clause = |verb: &str, parts: &[String]| {
            (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", ")))
        };
        let clauses = [clause("SET", &self.sets), clause("REMOVE", &self.removes), clause("ADD", &self.adds)];
        clauses.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Returns the condition expression.
    pub(crate) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    /// Returns the aliases of names.
    pub(crate) fn names(&self) -> HashMap<String, String> {
        self.names.clone()
    }

    /// Returns the values.
    pub(crate) fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    /// Returns it as a part of a transaction.
    pub(crate) fn in_transaction(
        &self,
        table: &str,
        key: Item,
    ) -> Result<Update, aws_sdk_dynamodb::error::BuildError> {
        Update::builder()
            .table_name(table)
            .set_key(Some(key))
            .update_expression(self.expression())
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(Some(self.names()))
            .set_expression_attribute_values(self.values())
            .build()
    }

    /// Returns what it leaves where there was nothing.
    #[cfg(test)]
    pub(crate) fn as_item(&self) -> Item {
        let sets = self.values.iter().filter(|(alias, _)| !alias.starts_with(":old_"));
        sets.map(|(alias, value)| (alias.trim_start_matches(':').to_owned(), value.clone())).collect()
    }

    fn name(&mut self, attribute: &str) -> String {
        let alias = format!("#{attribute}");
        self.names.insert(alias.clone(), attribute.to_owned());
        alias
    }

    fn value(&mut self, attribute: &str, value: AttributeValue) -> String {
        let alias = format!(":{attribute}");
        self.values.insert(alias.clone(), value);
        alias
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_spelled_out() {
        let mut update = Updating::default();
        update.set("sv", number(2));
        update.put("owner", None);
        update.equal("sv", number(1));
        update.absent("gone");
        update.add("calls", 1);
        assert_eq!(update.expression(), "SET #sv = :sv REMOVE #owner ADD #calls :calls");
        assert_eq!(update.condition().unwrap(), "#sv = :old_sv AND attribute_not_exists(#gone)");
        assert_eq!(update.values().unwrap().len(), 3);
        assert_eq!(update.names().len(), 4);
    }
}
