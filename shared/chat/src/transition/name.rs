//! The rows of the table.

use std::fmt;

use super::{Transition, WhenBusy};

macro_rules! names {
    ($($name:ident),+ $(,)?) => {
        /// A row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "documented on Transition")]
        pub enum Name { $($name),+ }

        impl Name {
            /// Every row.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];
        }

        impl fmt::Display for Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => stringify!($name)),+ })
            }
        }
    };
}

names! {
    Create, SendQueue, SendInterrupt, SendSteer, SendReject, Edit, EditQueued, DeleteQueued, ClearQueue,
    Promote, Interrupt, Answer, Expire, RequestCompaction, Clear, SetArchived, Delete, Describe, NoteDiff,
    RecordAttempt, RecordRetry, CommitStep, CommitCompaction, Park, FinishTurn, FinishInterruption, FinishError, Reconcile,
}

impl Transition {
    /// Returns its row in the table.
    #[must_use]
    pub const fn name(&self) -> Name {
        match self {
            Self::Create(_) => Name::Create,
            Self::Send { when_busy: WhenBusy::Queue, .. } => Name::SendQueue,
            Self::Send { when_busy: WhenBusy::Interrupt, .. } => Name::SendInterrupt,
            Self::Send { when_busy: WhenBusy::Steer, .. } => Name::SendSteer,
            Self::Send { when_busy: WhenBusy::Reject, .. } => Name::SendReject,
            Self::Edit { .. } => Name::Edit,
            Self::EditQueued { .. } => Name::EditQueued,
            Self::DeleteQueued { .. } => Name::DeleteQueued,
            Self::ClearQueue => Name::ClearQueue,
            Self::Promote { .. } => Name::Promote,
            Self::Interrupt => Name::Interrupt,
            Self::Answer { .. } => Name::Answer,
            Self::Expire => Name::Expire,
            Self::RequestCompaction => Name::RequestCompaction,
            Self::Clear => Name::Clear,
            Self::SetArchived { .. } => Name::SetArchived,
            Self::Delete => Name::Delete,
            Self::Describe(_) => Name::Describe,
            Self::NoteDiff { .. } => Name::NoteDiff,
            Self::RecordAttempt { .. } => Name::RecordAttempt,
            Self::RecordRetry { .. } => Name::RecordRetry,
            Self::CommitStep(_) => Name::CommitStep,
            Self::CommitCompaction(_) => Name::CommitCompaction,
            Self::Park { .. } => Name::Park,
            Self::FinishTurn { .. } => Name::FinishTurn,
            Self::FinishInterruption { .. } => Name::FinishInterruption,
            Self::FinishError { .. } => Name::FinishError,
            Self::Reconcile => Name::Reconcile,
        }
    }
}
