//! One sweep: everything that is due gets a wake.

use std::ops::RangeInclusive;

use chat::{
    id::{ChatId, UserId},
    limit::{LONG_FORGOTTEN_MS, SWEEP_MS},
    port::{ListDue, SendSweeps, SendWakes, Unavailable},
    time::Timestamp,
    wake::{Due, Reason},
};
use futures::{StreamExt as _, future::join_all, stream};

/// Chats that one sweep wakes per shard; the next one takes the rest.
const PER_SHARD: usize = 500;
/// Wakes sent beside each other.
const AT_ONCE: usize = 16;
/// Sweeps that follow a minute's own, before the next minute's.
const BETWEEN: [u64; 2] = [SWEEP_MS, 2 * SWEEP_MS];

/// Which sweep it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The minute's: it wakes all that is due.
    Minute,
    /// One between the minutes: it wakes what became due a short while ago.
    Between,
}

impl Pass {
    /// Returns when that became due which this sweep wakes.
    fn then(self, now: Timestamp) -> RangeInclusive<Timestamp> {
        match self {
            Self::Minute => Timestamp(0)..=now,
            Self::Between => Timestamp(now.0.saturating_sub(LONG_FORGOTTEN_MS))..=now,
        }
    }
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Chats that were woken.
    pub woken: usize,
    /// Whether some shard had more than one sweep takes.
    pub more: bool,
    /// How long the longest due of them was due already.
    pub overdue_ms: u64,
}

/// Has the sweeps sent that follow a minute's own. Those that cannot be sent, the next minute makes up for.
pub async fn follow_up<S: SendSweeps>(sweeps: &S) {
    let sent = BETWEEN.map(|delay_ms| sweeps.sweep_in(delay_ms));
    for failed in join_all(sent).await.into_iter().filter_map(Result::err) {
        tracing::warn!(error = %failed, "no sweep between the minutes");
    }
}

/// Wakes the chats of all shards that are due at `now`. A shard that fails stops no other.
///
/// # Errors
/// The store or the queue, as it failed first. What was not woken is still due.
pub async fn sweep<C: ListDue, W: SendWakes>(
    chats: &C,
    wakes: &W,
    shards: u8,
    (pass, now): (Pass, Timestamp),
) -> Result<Swept, Unavailable> {
    let (mut swept, mut failed) = (Swept::default(), None);
    for shard in 0..shards {
        match sweep_shard(chats, wakes, shard, (pass, now)).await {
            Ok(one) => {
                swept.woken += one.woken;
                swept.more |= one.more;
                swept.overdue_ms = swept.overdue_ms.max(one.overdue_ms);
            }
            Err(error) => {
                tracing::warn!(shard, %error, "shard not swept");
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(swept), Err)
}

async fn sweep_shard<C: ListDue, W: SendWakes>(
    chats: &C,
    wakes: &W,
    shard: u8,
    (pass, now): (Pass, Timestamp),
) -> Result<Swept, Unavailable> {
    let due = chats.due(shard, pass.then(now), PER_SHARD).await?;
    let overdue_ms = due.first().map_or(0, |(_, due_at)| now.since_ms(*due_at));
    let swept = Swept { woken: due.len(), more: due.len() >= PER_SHARD, overdue_ms };
    let sent = stream::iter(due).map(|(chat_id, _)| wakes.send(chat_id, wake(chat_id)));
    let outcomes: Vec<_> = sent.buffer_unordered(AT_ONCE).collect().await;
    outcomes.into_iter().collect::<Result<(), _>>()?;
    Ok(swept)
}

/// The index does not say whose chat it is; a group of its own lets it wait for nobody.
fn wake(chat_id: ChatId) -> Due {
    Due { reason: Reason::Sweep, delay_ms: 0, group: UserId(chat_id.0) }
}
