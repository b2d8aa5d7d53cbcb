//! The table: which transition may lead from which state to which.

use super::Name;
use crate::state::State::{self, A0, A1, E0, E1, I0, I1, Invalid, N, P0, P1, R0, R1, W, XE0, XE1, XW};

/// Returns the states that `name` may lead to from `from`; none when it is not allowed there.
#[must_use]
pub const fn targets(name: Name, from: State) -> &'static [State] {
    match name {
        Name::Create => create(from),
        Name::SendQueue | Name::SendSteer => send_and_wait(from),
        Name::SendInterrupt => send_and_interrupt(from),
        Name::SendReject => send_at_rest(from),
        Name::Edit => edit(from),
        Name::EditQueued => edit_queued(from),
        Name::DeleteQueued => delete_queued(from),
        Name::ClearQueue => clear_queue(from),
        Name::Promote => promote(from),
        Name::Interrupt => interrupt(from),
        Name::Answer | Name::Expire => answer(from),
        Name::RequestCompaction => send_at_rest(from),
        Name::Clear => clear(from),
        Name::SetArchived => set_archived(from),
        Name::Delete => delete(from),
        Name::Describe | Name::NoteDiff => same(from),
        Name::RecordAttempt | Name::RecordRetry => work(from),
        Name::CommitStep | Name::CommitCompaction => commit_step(from),
        Name::Park => park(from),
        Name::FinishTurn => finish_turn(from),
        Name::FinishInterruption => finish_interruption(from),
        Name::FinishError => finish_error(from),
        Name::Reconcile => reconcile(from),
    }
}

const fn create(from: State) -> &'static [State] {
    match from {
        N => &[R0, W],
        W | E0 | E1 | R0 | R1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn send_at_rest(from: State) -> &'static [State] {
    match from {
        W | E0 => &[R0],
        E1 => &[R1],
        N | R0 | R1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn send_and_wait(from: State) -> &'static [State] {
    match from {
        R0 | R1 => &[R1],
        P0 | P1 => &[P1],
        A0 | A1 => &[A1],
        I0 | I1 => &[I1],
        N | W | E0 | E1 | XW | XE0 | XE1 | Invalid => send_at_rest(from),
    }
}

const fn send_and_interrupt(from: State) -> &'static [State] {
    match from {
        R0 => &[I1, R0],
        R1 => &[I1, R1],
        P0 | A0 => &[R0],
        P1 | A1 => &[R1],
        I0 | I1 => &[I1],
        N | W | E0 | E1 | XW | XE0 | XE1 | Invalid => send_at_rest(from),
    }
}

const fn edit(from: State) -> &'static [State] {
    match from {
        W | E0 | E1 | R0 | R1 | P0 | P1 | A0 | A1 | I0 | I1 => &[R0],
        N | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn edit_queued(from: State) -> &'static [State] {
    match from {
        E1 | R1 | P1 | A1 | I1 => same(from),
        N | W | E0 | R0 | P0 | A0 | I0 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn delete_queued(from: State) -> &'static [State] {
    match from {
        E1 => &[E1, E0],
        R1 => &[R1, R0],
        P1 => &[P1, P0],
        A1 => &[A1, A0],
        I1 => &[I1, I0],
        N | W | E0 | R0 | P0 | A0 | I0 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn clear_queue(from: State) -> &'static [State] {
    match from {
        E1 => &[E0],
        R1 => &[R0],
        P1 => &[P0],
        A1 => &[A0],
        I1 => &[I0],
        N | W | E0 | R0 | P0 | A0 | I0 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn promote(from: State) -> &'static [State] {
    match from {
        E1 | P1 | A1 => &[R0, R1],
        R1 => &[I1, R0, R1],
        I1 => &[I1],
        N | W | E0 | R0 | P0 | A0 | I0 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn interrupt(from: State) -> &'static [State] {
    match from {
        R0 => &[I0, W],
        R1 => &[I1, R0, R1],
        P0 | A0 => &[W],
        P1 | A1 => &[R0, R1],
        N | W | E0 | E1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn answer(from: State) -> &'static [State] {
    match from {
        P0 => &[P0, R0],
        P1 => &[P1, R1],
        A0 => &[A0, P0, R0],
        A1 => &[A1, P1, R1],
        N | W | E0 | E1 | R0 | R1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn clear(from: State) -> &'static [State] {
    match from {
        W | E0 => &[W],
        N | E1 | R0 | R1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn set_archived(from: State) -> &'static [State] {
    match from {
        W => &[XW],
        E0 => &[XE0],
        E1 => &[XE1],
        XW => &[W],
        XE0 => &[E0],
        XE1 => &[E1],
        N | R0 | R1 | P0 | P1 | A0 | A1 | I0 | I1 | Invalid => &[],
    }
}

const fn delete(from: State) -> &'static [State] {
    match from {
        XW | XE0 | XE1 => &[N],
        N | W | E0 | E1 | R0 | R1 | P0 | P1 | A0 | A1 | I0 | I1 | Invalid => &[],
    }
}

const fn same(from: State) -> &'static [State] {
    match from {
        N | Invalid => &[],
        W => &[W],
        E0 => &[E0],
        E1 => &[E1],
        R0 => &[R0],
        R1 => &[R1],
        P0 => &[P0],
        P1 => &[P1],
        A0 => &[A0],
        A1 => &[A1],
        I0 => &[I0],
        I1 => &[I1],
        XW => &[XW],
        XE0 => &[XE0],
        XE1 => &[XE1],
    }
}

const fn work(from: State) -> &'static [State] {
    match from {
        R0 | R1 => same(from),
        N | W | E0 | E1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn commit_step(from: State) -> &'static [State] {
    match from {
        R0 => &[R0],
        R1 => &[R1, R0],
        N | W | E0 | E1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn park(from: State) -> &'static [State] {
    match from {
        R0 => &[P0, A0],
        R1 => &[P1, A1],
        N | W | E0 | E1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn finish_turn(from: State) -> &'static [State] {
    match from {
        R0 => &[W],
        R1 => &[R0, R1],
        N | W | E0 | E1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn finish_interruption(from: State) -> &'static [State] {
    match from {
        I0 => &[W],
        I1 => &[R0, R1],
        N | W | E0 | E1 | R0 | R1 | P0 | P1 | A0 | A1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn finish_error(from: State) -> &'static [State] {
    match from {
        R0 => &[E0],
        R1 => &[E1],
        N | W | E0 | E1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 | Invalid => &[],
    }
}

const fn reconcile(from: State) -> &'static [State] {
    match from {
        Invalid => &[E0, E1],
        N | W | E0 | E1 | R0 | R1 | P0 | P1 | A0 | A1 | I0 | I1 | XW | XE0 | XE1 => &[],
    }
}
