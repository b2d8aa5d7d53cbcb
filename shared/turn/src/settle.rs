//! How a step commits: against the newest state, as often as others were quicker, for as long as it still
//! owns what it works on.

use chat::{
    Change, Draft,
    id::ChatId,
    port::{Clock, CommitChats, ReadChats, Unavailable},
    record::{Snapshot, Status},
    transition::Refusal,
};

use crate::commit::write;

/// Writers of one chat are few; a step that loses this often is up against something else.
const TRIES: usize = 30;

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

/// Commits what `decide` drafts.
pub(crate) async fn settle<P: ReadChats + CommitChats + Clock>(
    ports: &P,
    chat_id: ChatId,
    decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send,
) -> Result<Settled, Unavailable> {
    for _ in 0..TRIES {
        let Some(snapshot) = ports.snapshot(chat_id).await? else { return Ok(Settled::Overtaken) };
        if let Some(settled) = settle_on(ports, snapshot, &decide).await? {
            return Ok(settled);
        }
    }
    Err(Unavailable { dependency: "chats", reason: "lost every race for a commit".into() })
}

/// Commits what `decide` drafts from this very state. None: it has moved on.
pub(crate) async fn settle_on<P: ReadChats + CommitChats + Clock>(
    ports: &P,
    snapshot: Snapshot,
    decide: impl Fn(Draft) -> Result<Draft, Refusal>,
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
