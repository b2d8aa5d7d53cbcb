//! Who runs on this machine, from `/proc`; nobody where there is none.

use std::{collections::HashMap, fs};

use rustix::process::Pid;

/// A group of processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) pids: Vec<Pid>,
    /// What is resident in each; what they share counts for each of them.
    pub(super) resident_bytes: u64,
}

impl Group {
    /// Returns the memory that the group takes; what is shared counts once. Slow.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.pids.iter().filter_map(|pid| share_kib(*pid)).sum::<u64>() << 10
    }
}

pub(super) fn pids() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

/// Returns the groups that there are. The dead whom nobody has asked after are in none: where the parent of orphans is a
/// program that does not ask, they stay for ever.
pub(super) fn groups() -> HashMap<Pid, Group> {
    let page = rustix::param::page_size() as u64;
    let mut groups = HashMap::<Pid, Group>::new();
    for pid in pids() {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        if let Some((group, pages)) = stat.ok().as_deref().and_then(read) {
            let group = groups.entry(group).or_default();
            group.pids.push(pid);
            group.resident_bytes += pages * page;
        }
    }
    groups
}

/// Returns a process's share of the memory that it uses.
fn share_kib(pid: Pid) -> Option<u64> {
    let maps = fs::read_to_string(format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero())).ok()?;
    let share = maps.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    share.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Returns a process's group and its resident pages. The name before them may hold anything but ends with the last `)`.
fn read(stat: &str) -> Option<(Pid, u64)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return None;
    }
    // One that is being taken down has none.
    let group = fields.get(2)?.parse().ok().filter(|group| *group > 0)?;
    let group = Pid::from_raw(group)?;
    Some((group, fields.get(21)?.parse().ok()?))
}

/// Returns whether a process was started with this in its environment.
pub(super) fn is_marked(pid: Pid, mark: &str) -> bool {
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()));
    environment.is_ok_and(|all| all.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()))
}

/// Returns how many threads there are.
pub(super) fn threads() -> Option<u64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_being_taken_down_is_of_no_group() {
        let stat = "12 (a) X 0 -1 -1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9 0 0 18446744073709551615";
        assert_eq!(read(stat), None);
    }

    #[test]
    fn the_dead_are_of_no_group() {
        let stat = "12 (a) Z 1 77 5 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9 0 0 18446744073709551615";
        assert_eq!(read(stat), None);
    }

    #[test]
    fn a_name_with_brackets_and_spaces_is_passed_over() {
        let stat =
            "12 (a) b (c) S 1 77 5 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9 1000 321 18446744073709551615";
        assert_eq!(read(stat), Some((Pid::from_raw(77).unwrap(), 321)));
    }
}
