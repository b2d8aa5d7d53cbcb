//! Bounds of whole commands: what one process is refused, many of them may still take.

use std::sync::Arc;

use tokio::time::sleep;

use super::{
    Process, Processes,
    census::{self, Group},
};
use crate::limit;

impl Processes {
    /// Counts what commands take, for as long as anything of them runs, and ends those that take too much. Never returns.
    pub async fn watch(self: Arc<Self>) {
        loop {
            self.begun.notified().await;
            loop {
                let running = self.running();
                let Some(youngest) = running.iter().map(|process| process.begun_at().elapsed()).min() else {
                    break;
                };
                let (looker, looked_at) = (Arc::clone(&self), running);
                drop(tokio::task::spawn_blocking(move || looker.look(&looked_at)).await);
                // What has run for long seldom turns into something else.
                sleep(if youngest < limit::YOUNG { limit::WATCH } else { limit::WATCH_OLD }).await;
            }
        }
    }

    fn look(&self, running: &[Arc<Process>]) {
        let groups = census::groups();
        for process in running {
            match groups.get(&process.group).map(|group| self.excess(group)) {
                Some(Some(reason)) => process.kill(&reason),
                Some(None) => {}
                None if process.end().is_some() => process.note_gone(),
                None => {}
            }
        }
    }

    fn excess(&self, group: &Group) -> Option<String> {
        let most = &self.bounds;
        if group.pids.len() as u64 > most.processes {
            return Some(format!("it started more than {} processes", most.processes));
        }
        let is_too_large =
            group.resident_bytes > most.memory_bytes && group.memory_bytes() > most.memory_bytes;
        is_too_large.then(|| format!("it took more than {} MB of memory", most.memory_bytes >> 20))
    }
}
