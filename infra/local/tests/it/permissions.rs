//! What each function is allowed is what it does: nothing that it needs is missing, nothing is left over.

mod refused;
mod stage;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use local::{Access, Permissions};

use stage::Stage;

/// What is granted and not reached here: function, access, and why it is granted all the same.
const OUT_OF_REACH: [(&str, &str, &str); 1] = [(
    "Chats",
    "dynamodb:BatchWriteItem on table/quickstep-chats",
    "what one transaction has no room for: here only where a chat that cannot be is reconciled with dozens of calls",
)];

#[tokio::test]
async fn each_function_is_allowed_what_it_does_and_nothing_else() {
    let stage = Stage::start().await;
    walk::everything(&stage).await;
    let permissions = stage.stack.permissions();
    stage.stack.stop().await;
    let differences = differences(&permissions);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// One line for each access that is on one side only.
fn differences(permissions: &BTreeMap<String, Permissions>) -> Vec<String> {
    let mut lines = Vec::new();
    for (function, Permissions { granted, used, denied }) in permissions {
        let [granted, used, denied] = [granted, used, denied].map(shown);
        let excused = OUT_OF_REACH.iter().filter(|(name, ..)| name == function);
        let excused: BTreeSet<_> = excused.map(|(_, access, _)| (*access).to_owned()).collect();
        let mut say = |what: &str, found: BTreeSet<String>| {
            lines.extend(found.into_iter().map(|access| format!("{function}: {what}: {access}")));
        };
        say("needed and not granted", denied);
        say("used of what the template does not have", &used - &granted);
        say("granted and not used", &(&granted - &used) - &excused);
        say("used, though said to be out of reach", &excused & &used);
        say("said to be out of reach, and not granted", &excused - &granted);
    }
    lines
}

fn shown(accesses: &BTreeSet<Access>) -> BTreeSet<String> {
    accesses.iter().map(Access::to_string).collect()
}
