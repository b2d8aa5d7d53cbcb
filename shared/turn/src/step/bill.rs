//! What a step says of money when it commits.

use chat::{Draft, catalogue::Period, spend::Used};

/// What a commit says of money besides what the model said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bill {
    /// What the turn has cost on AWS by now.
    pub(super) cost_micros: u64,
    /// The organisation's ceiling that the call counts towards, while there is one.
    pub(super) ceiling: Option<Period>,
}

/// An answer that is of no use was paid for all the same.
pub(super) fn counting(draft: Draft, used: Option<Used>) -> Draft {
    match used {
        Some(used) => draft.spending(used),
        None => draft,
    }
}
