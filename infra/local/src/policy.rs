//! What the template's policies allow, asked of every call to AWS that a function makes.
//!
//! Known are statements that allow actions of DynamoDB, KMS, Lambda, SQS and `@connections` on resources, with `*` and `?` in
//! their ARNs. Anything else in a policy is an error at the start.

mod access;
mod pattern;
mod read;
mod role;

use pattern::Pattern;

pub use access::Access;
pub(crate) use access::{
    MICROVMS, connection, of_connection, of_key, of_microvm, of_queue, of_table, polling,
};
pub use role::Permissions;
pub(crate) use role::{Denied, Role};

/// The statements of one function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    statements: Vec<Statement>,
}

/// Each of the actions on each of the resources.
#[derive(Clone, Debug)]
struct Statement {
    actions: Vec<String>,
    resources: Vec<Pattern>,
}

impl Policy {
    pub(crate) fn allows(&self, access: &Access) -> bool {
        self.statements.iter().any(|statement| {
            statement.actions.contains(&access.action)
                && statement.resources.iter().any(|pattern| pattern.matches(&access.resource))
        })
    }

    /// Returns all that it allows of what there is. A grant that reaches nothing is among it, as it is written.
    pub(crate) fn granted(&self, resources: &[String]) -> Vec<Access> {
        let mut granted = Vec::new();
        for Statement { actions, resources: patterns } in &self.statements {
            for (action, pattern) in actions.iter().flat_map(|a| patterns.iter().map(move |p| (a, p))) {
                let reached = resources.iter().filter(|arn| is_for(action, arn) && pattern.matches(arn));
                let before = granted.len();
                granted.extend(reached.map(|arn| Access::new(action, arn)));
                if granted.len() == before {
                    granted.push(Access::new(action, pattern.text()));
                }
            }
        }
        granted
    }
}

/// Whether an action's service is the resource's.
fn is_for(action: &str, arn: &str) -> bool {
    let service = action.split(':').next();
    arn.split(':').nth(2) == service
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_grant_is_all_that_it_reaches_and_itself_where_it_reaches_nothing() {
        let (table, index) = ("arn:aws:dynamodb:r:0:table/t", "arn:aws:dynamodb:r:0:table/t/index/i");
        let policy = Policy::read(&json!([{"Statement": [
            {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": format!("{table}*")},
            {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": [table, "arn:aws:dynamodb:r:0:table/u"]},
        ]}]));
        let resources = [table.to_owned(), index.to_owned(), "arn:aws:sqs:r:0:t".to_owned()];
        let expected = [
            ("dynamodb:Query", table),
            ("dynamodb:Query", index),
            ("dynamodb:GetItem", table),
            ("dynamodb:GetItem", "arn:aws:dynamodb:r:0:table/u"),
        ];
        let granted: BTreeSet<_> = policy.unwrap().granted(&resources).into_iter().collect();
        assert_eq!(granted, expected.map(|(action, arn)| Access::new(action, arn)).into());
    }
}
