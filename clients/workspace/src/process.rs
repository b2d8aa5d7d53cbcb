//! The commands that chats run: started once, heard to their end, and stopped as a group.

mod census;
mod group;
mod handle;
mod output;
mod spawn;
mod watch;

pub use self::{
    group::end_leftovers,
    handle::{End, Process},
    output::Output,
    spawn::{Bounds, Command, NotStarted},
};

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use chat::{
    agent::CallToken,
    id::{CallId, ChatId, MessageId},
};
use tokio::{sync::Notify, time::Instant};

use crate::limit;

/// Names a process within a chat: the call that started it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId {
    message: MessageId,
    call: CallId,
}

impl From<&CallToken> for ProcessId {
    fn from(token: &CallToken) -> Self {
        Self { message: token.message_id, call: token.call_id.clone() }
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.message, self.call)
    }
}

impl FromStr for ProcessId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (message, call) = text.split_once('.').ok_or(())?;
        Ok(Self { message: MessageId(message.parse().map_err(|_| ())?), call: CallId(call.to_owned()) })
    }
}

type Chats = BTreeMap<ChatId, BTreeMap<ProcessId, Arc<Process>>>;

/// The processes of all chats. A chat knows of no other's.
#[derive(Debug)]
pub struct Processes {
    chats: Mutex<Chats>,
    folder: PathBuf,
    bounds: Bounds,
    /// Somebody began: there is something to watch.
    begun: Notify,
}

impl Processes {
    /// Runs commands in `folder` unless they say where; as one of the workspace that `bounds` names.
    #[must_use]
    pub fn new(folder: PathBuf, bounds: Bounds) -> Self {
        Self { chats: Mutex::default(), folder, bounds, begun: Notify::new() }
    }

    /// Starts a command for a call, or returns what that call started before.
    ///
    /// # Errors
    /// The chat runs too many, or it cannot be started.
    pub fn start(&self, token: &CallToken, command: Command) -> Result<Arc<Process>, NotStarted> {
        let id = ProcessId::from(token);
        let mut chats = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        chats.values_mut().for_each(forget_old);
        chats.retain(|_, processes| !processes.is_empty());
        let processes = chats.entry(token.chat_id).or_default();
        if let Some(process) = processes.get(&id) {
            return Ok(Arc::clone(process));
        }
        if processes.values().filter(|process| process.is_left()).count() >= limit::PROCESSES {
            return Err(NotStarted::TooMany);
        }
        let process = Arc::new(spawn::spawn(id.clone(), command, &self.folder, &self.bounds)?);
        processes.insert(id, Arc::clone(&process));
        self.begun.notify_one();
        Ok(process)
    }

    /// Returns a process of a chat.
    #[must_use]
    pub fn get(&self, chat_id: ChatId, id: &ProcessId) -> Option<Arc<Process>> {
        let chats = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        chats.get(&chat_id)?.get(id).cloned()
    }

    /// Returns the processes of a chat: what runs first, then the newest.
    #[must_use]
    pub fn list(&self, chat_id: ChatId) -> Vec<Arc<Process>> {
        let chats = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = chats.get(&chat_id).into_iter().flat_map(BTreeMap::values).cloned().collect();
        found.sort_by_key(|process| (!process.is_left(), std::cmp::Reverse(process.begun_at())));
        found
    }

    /// Makes every process end.
    pub fn kill_all(&self) {
        self.running().iter().for_each(|process| process.kill("the agent was stopped"));
    }

    /// Those of which something runs, be it only what they left behind.
    fn running(&self) -> Vec<Arc<Process>> {
        let chats = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        let all = chats.values().flat_map(BTreeMap::values);
        all.filter(|process| process.is_left()).cloned().collect()
    }
}

/// Forgets processes that ended long ago, and the oldest of many.
fn forget_old(processes: &mut BTreeMap<ProcessId, Arc<Process>>) {
    let now = Instant::now();
    let is_old = |process: &Process| process.end().is_some_and(|end| now - end.at >= limit::ENDED);
    processes.retain(|_, process| process.is_left() || !is_old(process));
    let ended = processes.iter().filter(|(_, process)| !process.is_left());
    let ended = ended.filter_map(|(id, process)| Some((process.end()?.at, id.clone())));
    let mut ended: Vec<_> = ended.collect();
    ended.sort_unstable();
    let surplus = ended.len().saturating_sub(limit::ENDED_PROCESSES);
    for (_, id) in ended.into_iter().take(surplus) {
        processes.remove(&id);
    }
}

#[cfg(test)]
mod tests;
