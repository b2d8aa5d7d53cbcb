//! Who calls, whether he may, and what became of it.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Access, Policy};
use crate::template::{ACCOUNT, STACK};

/// What one function may do, what it did, and what it was refused, without the names of connections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Permissions {
    /// All that its policy allows of what the template has; a grant that reaches nothing stands as it is written.
    pub granted: BTreeSet<Access>,
    /// What was asked for and allowed.
    pub used: BTreeSet<Access>,
    /// What was asked for and refused.
    pub denied: BTreeSet<Access>,
}

/// A function's role. Clones are the same role.
#[derive(Clone)]
pub(crate) struct Role(Arc<Inner>);

struct Inner {
    function: String,
    policy: Policy,
    permissions: Mutex<Permissions>,
}

/// A refusal, in AWS's words.
#[derive(Debug, thiserror::Error)]
#[error(
    "User: {user} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
)]
pub(crate) struct Denied {
    user: String,
    action: String,
    resource: String,
}

impl Role {
    /// `resources` are the ARNs of all that there is.
    pub(crate) fn new(function: &str, policy: Policy, resources: &[String]) -> Self {
        let granted = policy.granted(resources).into_iter().map(Access::of_any_connection).collect();
        let permissions = Mutex::new(Permissions { granted, ..Permissions::default() });
        Self(Arc::new(Inner { function: function.to_owned(), policy, permissions }))
    }

    /// Returns the function whose role it is.
    pub(crate) fn function(&self) -> &str {
        &self.0.function
    }

    /// Refuses the first that the policy does not allow.
    pub(crate) fn demand(&self, needed: BTreeSet<Access>) -> Result<(), Denied> {
        for access in needed {
            if !self.0.policy.allows(&access) {
                let denied = self.denial(&access);
                tracing::error!(function = self.0.function, %denied);
                self.lock().denied.insert(access.of_any_connection());
                return Err(denied);
            }
            self.lock().used.insert(access.of_any_connection());
        }
        Ok(())
    }

    pub(crate) fn permissions(&self) -> Permissions {
        self.lock().clone()
    }

    fn denial(&self, Access { action, resource }: &Access) -> Denied {
        let function = &self.0.function;
        let user = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{STACK}-{function}Role/{function}");
        // SQS answers with its actions in lower case.
        let action = if action.starts_with("sqs:") { action.to_lowercase() } else { action.clone() };
        Denied { user, action, resource: resource.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Permissions> {
        self.0.permissions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Role({})", self.0.function)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::{of_connection, polling};

    fn role(action: &str, resource: &str) -> Role {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        Role::new("Step", Policy::read(&json!([{ "Statement": [statement] }])).unwrap(), &[])
    }

    #[test]
    fn who_may_not_poll_gets_no_event_source() {
        let queue = "arn:aws:sqs:us-east-1:000000000000:wake-0";
        let denied = role("sqs:ReceiveMessage", queue).demand(polling(queue)).unwrap_err().to_string();
        let user = "arn:aws:sts::000000000000:assumed-role/quickstep-StepRole/Step";
        assert!(
            denied.starts_with(&format!("User: {user} is not authorized to perform: sqs:deletemessage on"))
        );
    }

    #[test]
    fn connections_are_remembered_as_one() {
        let role =
            role("execute-api:ManageConnections", "arn:aws:execute-api:*:*:Api/socket/POST/@connections/*");
        for id in ["a", "b"] {
            let uri = format!("https://Api.execute-api.us-east-1.amazonaws.com/socket/@connections/{id}");
            role.demand(of_connection("POST", &uri, id)).unwrap();
            role.demand(of_connection("DELETE", &uri, id)).unwrap_err();
        }
        let Permissions { used, denied, .. } = role.permissions();
        assert_eq!((used.len(), denied.len()), (1, 1), "{used:?} {denied:?}");
    }
}
