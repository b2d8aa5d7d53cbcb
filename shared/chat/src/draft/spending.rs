//! What the model calls of a change are counted as.

use super::Draft;
use crate::{
    catalogue::Period,
    id::ModelId,
    port::Person,
    record::Chat,
    spend::{Day, Spent, Tally, Used, shard},
    time::Timestamp,
};

/// The model calls of a change, summed up by model.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    by_model: Vec<(ModelId, Tally)>,
    ceiling: Option<Period>,
    /// Whether the next transition has to tell what the chat used.
    pub(super) untold: bool,
}

impl Sums {
    pub(super) fn of(self, chat: &Chat, now: Timestamp) -> Vec<Spent> {
        let (day, shard) = (Day::of(now), shard(chat.id));
        let person = Person { user_id: chat.owner_id, org_id: chat.org_id };
        let ceiling_since = self.ceiling.map(|period| period.since(day));
        let spent = |(model_id, tally)| Spent { person, day, model_id, shard, tally, ceiling_since };
        self.by_model.into_iter().map(spent).collect()
    }
}

impl Draft {
    /// Counts a model call with the same write, for the chat and for what is spent, before the transition that tells of
    /// it. Transitions that bring a call's answer do it themselves; this is for calls whose answer is of no use, and for
    /// those beside a turn.
    #[must_use]
    pub fn spending(mut self, used: Used) -> Self {
        let before = self.chat.as_ref().map(|chat| chat.usage);
        self.spend(used);
        self.spent.untold |= before != self.chat.as_ref().map(|chat| chat.usage);
        self
    }

    /// Notes what the running turn has cost so far, in millionths of a dollar, with the same write.
    #[must_use]
    pub fn costing(mut self, cost_micros: u64) -> Self {
        if let Some(progress) = self.chat.as_mut().and_then(|chat| chat.progress.as_mut()) {
            progress.cost_micros = cost_micros;
        }
        self
    }

    /// Counts what the change spends towards the organisation's ceiling of such a period too, while there is one.
    #[must_use]
    pub const fn towards(mut self, ceiling: Option<Period>) -> Self {
        self.spent.ceiling = ceiling;
        self
    }

    pub(crate) fn spend(&mut self, Used { model_id, usage }: Used) {
        if let Some(chat) = &mut self.chat {
            chat.usage.add(&usage);
        }
        let (tally, sums) = (Tally::from(usage), &mut self.spent.by_model);
        match sums.iter_mut().find(|(of, _)| *of == model_id) {
            Some((_, sum)) => sum.add(&tally),
            None => sums.push((model_id, tally)),
        }
    }
}
