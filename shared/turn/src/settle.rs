//! How a step commits: against the newest state, as often as others were quicker, for as long as it still
//! owns what it works on.

use chat::{
    Change, Draft,
    id::ChatId,
    port::{Clock, CommitChats, ReadChats, Unavailable},
    record::{Snapshot, Status},
    transition::Refusal,
};

use crate::commit::{pause, write};

/// Writers of one chat are few; a step that loses this often is up against something else.
const TRIES: u32 = 30;

/// How an attempt to commit ended.
#[derive(Debug)]
pub(crate) enum Settled {
    /// It is written.
    Done(Box<Change>),
    /// Somebody asked the step to stop.
    Interrupted,
    /// The step lost its lease, or history has moved on: what it has is void.
    Overtaken,
}

/// What a step drafts. Behind a pointer: what is generic over it would be in the program once for each.
pub(crate) type Decide<'a> = dyn Fn(Draft) -> Result<Draft, Refusal> + Send + Sync + 'a;

/// Commits what `decide` drafts.
pub(crate) async fn settle<P: ReadChats + CommitChats + Clock>(
    ports: &P,
    chat_id: ChatId,
    decide: &Decide<'_>,
) -> Result<Settled, Unavailable> {
    for lost in 1..=TRIES {
        let Some(snapshot) = ports.snapshot(chat_id).await? else { return Ok(Settled::Overtaken) };
        if let Some(settled) = settle_on(ports, snapshot, decide).await? {
            return Ok(settled);
        }
        pause(ports, lost).await;
    }
    Err(Unavailable { dependency: "chats", reason: "lost every race for a commit".into() })
}

/// Commits what `decide` drafts from this very state. None: it has moved on.
pub(crate) async fn settle_on<P: ReadChats + CommitChats + Clock>(
    ports: &P,
    snapshot: Snapshot,
    decide: &Decide<'_>,
) -> Result<Option<Settled>, Unavailable> {
    let status = snapshot.chat.status;
    let draft = match decide(Draft::open(Some(snapshot), ports.now())) {
        Ok(draft) => draft,
        Err(refusal) => return Ok(Some(refused(&refusal, status))),
    };
    let Some(mut change) = draft.finish() else { return Ok(Some(Settled::Overtaken)) };
    change.chat.commit_id = ports.new_id();
    let written = write(ports, &change, None).await?;
    Ok(written.then(|| Settled::Done(Box::new(change))))
}

fn refused(refusal: &Refusal, status: Status) -> Settled {
    match refusal {
        Refusal::NotAllowed { .. } if status == Status::Interrupting => Settled::Interrupted,
        Refusal::NotAllowed { .. } | Refusal::Overtaken | Refusal::Archived | Refusal::Missing => {
            Settled::Overtaken
        }
        Refusal::Busy
        | Refusal::IsChild
        | Refusal::QueueFull
        | Refusal::NoSuchQueued(_)
        | Refusal::NoSuchMessage(_)
        | Refusal::TooManyEdits
        | Refusal::NothingToClear
        | Refusal::NothingToCompact
        | Refusal::WrongCalls { .. }
        | Refusal::NothingExpired
        | Refusal::Impossible { .. } => {
            tracing::error!(%refusal, "a step was refused what only an error of ours can ask for");
            Settled::Overtaken
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use kit::{clock::ManualClock, memory::Memory, seed};
    use tokio::time::Instant;

    use super::*;
    use crate::ports::Ports;

    /// Returns how long a writer took, in milliseconds, before whom others were so often, and what came of it.
    async fn took_ms(others: usize) -> (u128, Result<Settled, Unavailable>) {
        let clock = ManualClock::following_tokio();
        let memory = Memory::new(clock.port());
        let created = seed::created(&clock, "hello");
        memory.commit(&created, None).await.unwrap();
        let chat_id = created.chat.id;
        let stale = memory.peek(chat_id).unwrap();
        let other = seed::change(Draft::open(Some(stale.clone()), clock.now()), [described()]);
        memory.commit(&other, None).await.unwrap();
        let tries = AtomicUsize::new(0);
        let decide = |draft: Draft| {
            let lost = tries.fetch_add(1, Ordering::Relaxed) < others;
            let draft = if lost { Draft::open(Some(stale.clone()), clock.now()) } else { draft };
            draft.apply(described())
        };
        let ports =
            Ports { chats: memory.clone(), directory: (), wakes: (), sockets: (), clock: clock.clone() };
        let began = Instant::now();
        let settled = settle(&ports, chat_id, &decide).await;
        (began.elapsed().as_millis(), settled)
    }

    fn described() -> chat::transition::Transition {
        chat::transition::Transition::Describe(chat::transition::Describe::default())
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_alone_does_not_wait_and_who_loses_waits_ever_longer() {
        let (alone, settled) = took_ms(0).await;
        assert!(alone == 0 && matches!(settled, Ok(Settled::Done(_))), "{alone} {settled:?}");
        let (ten, settled) = took_ms(10).await;
        assert!((10..=1_300).contains(&ten) && matches!(settled, Ok(Settled::Done(_))), "{ten} {settled:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_loses_every_race_gives_up_before_a_lease_ends() {
        let (took, settled) = took_ms(usize::MAX).await;
        assert!(u64::try_from(took).unwrap() < chat::limit::LEASE_MS / 4, "{took}");
        assert!(settled.is_err(), "{settled:?}");
    }
}
