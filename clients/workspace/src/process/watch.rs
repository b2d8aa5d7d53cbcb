//! Bounds of whole commands: what one process is refused, many of them may still take.

use std::{collections::HashMap, sync::Arc};

use rustix::process::Pid;

use super::{
    Processes,
    census::{self, Size},
};
use crate::limit;

impl Processes {
    /// Counts what commands take, for as long as any runs, and ends those that take too much. Never returns.
    pub async fn watch(self: Arc<Self>) {
        loop {
            self.begun.notified().await;
            while !self.running().is_empty() {
                if let Ok(groups) = tokio::task::spawn_blocking(census::groups).await {
                    self.end_too_large(&groups);
                }
                tokio::time::sleep(limit::WATCH).await;
            }
        }
    }

    fn end_too_large(&self, groups: &HashMap<Pid, Size>) {
        for process in self.running() {
            let size = groups.get(&process.group).copied().unwrap_or_default();
            if size.processes > self.bounds.processes {
                process.kill(&format!("it started more than {} processes", self.bounds.processes));
            } else if size.memory_bytes > self.bounds.memory_bytes {
                process.kill(&format!("it took more than {} MB of memory", self.bounds.memory_bytes >> 20));
            }
        }
    }
}
