//! What a subscription brings, taken in at once.

use chat::{
    cursor::{Cursor, Episode},
    event::Body,
    part::Delta,
};

use super::{Verdict, View};
use crate::catch_up::CatchUp;

impl View {
    pub(super) fn caught_up(&mut self, cursor: Cursor) -> Verdict {
        let Some(mut catch_up) = self.catch_up.take() else {
            // The answer to an earlier subscription was taken for this one's, and this one shows more.
            return if self.shows_less_than(&cursor) { Verdict::Resubscribe } else { Verdict::Ignored };
        };
        if cursor.snapshot_version < self.cursor.snapshot_version {
            catch_up.ignore_gathered();
        } else if !self.adopt(&mut catch_up, cursor) {
            return Verdict::Resubscribe;
        }
        let lacks = catch_up.left_behind(&self.cursor, self.retired);
        if lacks { Verdict::Resubscribe } else { Verdict::Applied }
    }

    fn shows_less_than(&self, cursor: &Cursor) -> bool {
        let reach = |cursor: &Cursor| (cursor.snapshot_version, cursor.episode(), cursor.seq);
        reach(cursor) > reach(&self.cursor)
    }

    /// Applies one consistent state, whatever the gap. Returns false if its parts do not continue what is
    /// there.
    fn adopt(&mut self, catch_up: &mut CatchUp, cursor: Cursor) -> bool {
        // Live parts may be ahead of the state; where it takes them away, they must come again.
        if !self.preview.is_empty() {
            catch_up.ignore_part(self.cursor.episode(), self.cursor.seq);
        }
        self.group.clear();
        if catch_up.has_state() {
            self.content.forget_conditions();
        }
        let mut contiguous = true;
        for event in catch_up.take() {
            contiguous &= self.adopt_one(event.body);
        }
        if let Some(ended) = catch_up.ended_episode() {
            self.retired = self.retired.max(ended);
        }
        let known = if cursor.episode() == self.cursor.episode() { self.cursor.seq } else { 0 };
        self.cursor = Cursor { seq: cursor.seq.max(known), ..cursor };
        self.voided = false;
        if !contiguous {
            self.end_preview();
        }
        contiguous
    }

    /// Returns false for a part that does not continue what is there.
    fn adopt_one(&mut self, body: Body) -> bool {
        match body {
            Body::MessagePart { episode, seq, part, .. } => return self.adopt_part(episode, seq, part),
            Body::PreviewReset {} => self.end_preview(),
            body @ (Body::Message { .. } | Body::HistoryReset { .. }) => {
                self.end_preview();
                self.content.tell(body);
            }
            body @ (Body::Status { .. }
            | Body::QueueUpdate { .. }
            | Body::Error { .. }
            | Body::Retry { .. }
            | Body::ActionRequired { .. }
            | Body::Chat { .. }
            | Body::CaughtUp { .. }) => self.content.tell(body),
        }
        true
    }

    fn adopt_part(&mut self, episode: Episode, seq: u64, part: Delta) -> bool {
        let same = episode == self.cursor.episode();
        if same && seq <= self.cursor.seq {
            return true;
        }
        let follows = seq == if same { self.cursor.seq + 1 } else { 1 };
        if follows {
            self.push(episode, seq, part);
        }
        follows
    }
}
