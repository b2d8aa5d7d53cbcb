//! To whom something is shown.

use edge::Request;

/// To whom something is shown: where providers are and how models are set is for those who set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Somebody who administers.
    Admin,
    /// Anybody else.
    Member,
}

impl Viewer {
    pub(crate) fn of(request: &Request) -> Self {
        if request.admin().is_ok() { Self::Admin } else { Self::Member }
    }

    /// Returns what only administrators see.
    pub(crate) fn only_admins<T>(self, thing: T) -> Option<T> {
        match self {
            Self::Admin => Some(thing),
            Self::Member => None,
        }
    }
}
