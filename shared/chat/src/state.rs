//! The execution state: derived from the chat's item, never stored.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::record::{Chat, Status};

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Status × queue empty (`0`) or not (`1`) × archived (`X`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum State { $($(#[$doc])* $name),+ }

        impl State {
            /// Every state, in the order of the table.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            /// Returns the state's name in the table.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }
        }
    };
}

states! {
    /// Does not exist.
    N,
    /// At rest.
    W,
    /// Stopped by a failure.
    E0,
    /// Stopped by a failure, messages queued.
    E1,
    /// A step works, or a wake is on its way.
    R0,
    /// The same, messages queued.
    R1,
    /// Parked: calls are pending, none of them a client's.
    P0,
    /// The same, messages queued.
    P1,
    /// Parked, and a client or a person must answer.
    A0,
    /// The same, messages queued.
    A1,
    /// A step holds the lease and must stop.
    I0,
    /// The same, messages queued.
    I1,
    /// Archived from rest.
    XW,
    /// Archived from a failure.
    XE0,
    /// The same, messages queued.
    XE1,
    /// Cannot be; only Reconcile leads out.
    Invalid,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let named = Self::ALL.into_iter().find(|state| state.name() == name);
        named.ok_or_else(|| D::Error::custom(format!("{name} is no state")))
    }
}

impl State {
    /// Returns the state of a chat, `N` for none.
    #[must_use]
    pub fn of(chat: Option<&Chat>) -> Self {
        let Some(chat) = chat.filter(|chat| !chat.deleted) else { return Self::N };
        let queued = !chat.queue.is_empty();
        if chat.archived { archived(chat, queued) } else { live(chat, queued) }
    }
}

fn archived(chat: &Chat, queued: bool) -> State {
    match (chat.status, queued) {
        (Status::Waiting, false) if chat.calls.is_empty() => State::XW,
        (Status::Error, false) => State::XE0,
        (Status::Error, true) => State::XE1,
        (Status::Waiting | Status::Running | Status::Interrupting | Status::RequiresAction, _) => {
            State::Invalid
        }
    }
}

fn live(chat: &Chat, queued: bool) -> State {
    let pick = |empty, full| if queued { full } else { empty };
    match chat.status {
        Status::Waiting if queued || !chat.calls.is_empty() => State::Invalid,
        Status::Waiting => State::W,
        Status::Error => pick(State::E0, State::E1),
        Status::Interrupting => pick(State::I0, State::I1),
        Status::RequiresAction if requires_action(chat) => pick(State::A0, State::A1),
        Status::RequiresAction => State::Invalid,
        Status::Running if chat.is_parked() && requires_action(chat) => State::Invalid,
        Status::Running if chat.is_parked() => pick(State::P0, State::P1),
        Status::Running => pick(State::R0, State::R1),
    }
}

/// Returns whether a parked chat waits for a client or a person.
pub(crate) fn requires_action(chat: &Chat) -> bool {
    chat.is_parked() && chat.calls.iter().any(|call| !call.answered && call.answerer.requires_action())
}
