//! What each function is allowed is what it does: nothing that it needs is missing, nothing is left over.

mod machines;
mod refused;
mod servers;
pub(crate) mod stage;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, resume_unwind},
    thread,
};

use futures::FutureExt;
use local::{Access, Permissions};

use stage::Stage;

const NEEDED: &str = "needed and not granted";

/// As much as Lambda gives a function: unoptimised, one keeps more than a test's thread has.
const STACK_BYTES: usize = 8 << 20;

#[test]
fn each_function_is_allowed_what_it_does_and_nothing_else() {
    let walk = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(compared());
    };
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(walk).unwrap();
    if let Err(failed) = thread.join() {
        resume_unwind(failed);
    }
}

#[expect(clippy::print_stderr, reason = "a walk that fell says why")]
async fn compared() {
    let stage = Stage::start().await;
    let walked = AssertUnwindSafe(walk::everything(&stage)).catch_unwind().await;
    let (permissions, usage) = (stage.stack.permissions(), stage.stack.meter().snapshot());
    stage.stack.stop().await;
    let mut differences = differences(&permissions);
    if let Err(fell) = walked {
        // What was not reached says nothing then; what was refused may be why.
        differences.retain(|line| line.contains(NEEDED));
        eprintln!("{}", differences.join("\n"));
        resume_unwind(fell);
    }
    let unseen = permissions.keys().filter(|function| !usage.functions.contains_key(*function));
    differences.extend(unseen.map(|function| format!("{function}: never invoked")));
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// One line for each access that is on one side only.
fn differences(permissions: &BTreeMap<String, Permissions>) -> Vec<String> {
    let mut lines = Vec::new();
    for (function, Permissions { granted, used, denied }) in permissions {
        let [granted, used, denied] = [granted, used, denied].map(shown);
        let mut say = |what: &str, found: BTreeSet<String>| {
            lines.extend(found.into_iter().map(|access| format!("{function}: {what}: {access}")));
        };
        say(NEEDED, denied);
        say("used of what the template does not have", &used - &granted);
        say("granted and not used", &granted - &used);
    }
    lines
}

fn shown(accesses: &BTreeSet<Access>) -> BTreeSet<String> {
    accesses.iter().map(Access::to_string).collect()
}
