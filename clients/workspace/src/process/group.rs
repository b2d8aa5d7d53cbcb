//! Signals to whole groups, and to what a dead agent left behind.

use std::collections::HashSet;

use rustix::{
    io::Errno,
    process::{Pid, Signal},
};

use super::census;

/// The variable by which an agent knows what it started.
pub(super) const MARK: &str = "QUICKSTEP_WORKSPACE";

/// How often leftovers are looked for: those who are being ended may still start others, and take a moment to end.
const PASSES: usize = 64;

pub(super) fn signal(group: Pid, signal: Signal) {
    // It may have ended by itself.
    let _ = rustix::process::kill_process_group(group, signal);
}

/// Returns whether anybody is in a group, also one who must not be signalled.
pub(super) fn is_there(group: Pid) -> bool {
    rustix::process::test_kill_process_group(group) != Err(Errno::SRCH)
}

/// Makes every process end that an agent of this workspace has started, whoever its parent is now.
///
/// Nobody hears what those put out, and a call that is run again shall find none of itself. A process that was started
/// with another environment is not found.
pub fn end_leftovers(workspace: &str) -> usize {
    let mark = format!("{MARK}={workspace}");
    let own = rustix::process::getpid();
    // An agent that was itself started by one of its calls would end itself.
    if census::is_marked(own, &mark) {
        return 0;
    }
    let mut ended = HashSet::new();
    for _ in 0..PASSES {
        let found = census::pids().filter(|pid| *pid != own && census::is_marked(*pid, &mark));
        let found: Vec<_> = found.collect();
        if found.is_empty() {
            break;
        }
        let signalled = |pid: &Pid| rustix::process::kill_process(*pid, Signal::KILL).is_ok();
        ended.extend(found.into_iter().filter(signalled));
    }
    ended.len()
}
