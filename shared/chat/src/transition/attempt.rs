//! What comes of a step's work.

/// What an attempt came to that is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// No answer, or not all of one.
    Failed,
    /// An answer that is of no use. It is paid for, so there are fewer of them.
    Useless,
}

/// Who goes on after a step's output is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This step, which keeps its lease.
    Same,
    /// Another, by a wake.
    Wake,
}
