//! Signals to whole groups, and to what a dead agent left behind.

use rustix::process::{Pid, Signal};

use super::census;

/// The variable by which an agent knows what it started.
pub(super) const MARK: &str = "QUICKSTEP_WORKSPACE";

pub(super) fn signal(group: Pid, signal: Signal) {
    // It may have ended by itself.
    let _ = rustix::process::kill_process_group(group, signal);
}

/// Makes every process end that an agent of this workspace has started, whoever its parent is now.
///
/// Nobody hears what those put out, and a call that is run again shall find none of itself.
pub fn end_leftovers(workspace: &str) -> usize {
    let mark = format!("{MARK}={workspace}");
    let own = rustix::process::getpid();
    // An agent that was itself started by one of its calls would end itself.
    if census::is_marked(own, &mark) {
        return 0;
    }
    let found = census::pids().filter(|pid| *pid != own && census::is_marked(*pid, &mark));
    found.filter(|pid| rustix::process::kill_process(*pid, Signal::KILL).is_ok()).count()
}
