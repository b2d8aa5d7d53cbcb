//! Pages of chats: the live and the archived ones merged, filtered while reading.

use std::{cmp::Reverse, collections::VecDeque};

use chat::{
    id::UserId,
    port::{ListChats, ListQuery, Unavailable},
    record::Chat,
};
use serde::{Deserialize, Serialize};

/// Reads for one page. A filter that matches nothing gives short pages, not slow ones.
const READS: usize = 10;

/// How far a page has come in the two orders that it merges.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    live: Mark,
    archived: Mark,
}

/// How far it has come in one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    Start,
    After(String),
    End,
}

impl Place {
    /// Returns where a list begins; none for a word that says nothing about archived chats.
    pub(crate) fn start(archived: &str) -> Option<Self> {
        let (live, archived) = match archived {
            "false" => (Mark::Start, Mark::End),
            "true" => (Mark::End, Mark::Start),
            "any" => (Mark::Start, Mark::Start),
            _ => return None,
        };
        Some(Self { live, archived })
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Reads chats in the order of lists.
pub(crate) struct Lister<'a, L> {
    lists: &'a L,
    owner_id: UserId,
    lanes: [Lane; 2],
    size: usize,
    reads_left: usize,
}

/// One of the two orders: what is read and not yet looked at.
struct Lane {
    archived: bool,
    mark: Mark,
    ahead: VecDeque<(Chat, String)>,
    /// Where to read on; none when all is read.
    unread: Option<Option<String>>,
}

impl Lane {
    fn new(archived: bool, mark: Mark) -> Self {
        let unread = match &mark {
            Mark::Start => Some(None),
            Mark::After(after) => Some(Some(after.clone())),
            Mark::End => None,
        };
        Self { archived, mark, ahead: VecDeque::new(), unread }
    }

    fn pop(&mut self) -> Option<Chat> {
        let (chat, mark) = self.ahead.pop_front()?;
        let is_last = self.ahead.is_empty() && self.unread.is_none();
        self.mark = if is_last { Mark::End } else { Mark::After(mark) };
        Some(chat)
    }
}

impl<'a, L: ListChats> Lister<'a, L> {
    /// Starts at `place`, reading `size` chats at a time.
    pub(crate) fn new(lists: &'a L, owner_id: UserId, place: Place, size: usize) -> Self {
        let lanes = [Lane::new(false, place.live), Lane::new(true, place.archived)];
        Self { lists, owner_id, lanes, size, reads_left: READS }
    }

    /// Returns up to `limit` chats that are wanted.
    pub(crate) async fn take(
        &mut self,
        limit: usize,
        wanted: impl Fn(&Chat) -> bool,
    ) -> Result<Vec<Chat>, Unavailable> {
        let mut chats = Vec::new();
        while chats.len() < limit && self.fill().await? {
            let first =
                self.lanes.iter_mut().filter(|lane| !lane.ahead.is_empty()).min_by_key(|lane| rank(lane));
            match first.and_then(Lane::pop) {
                Some(chat) if wanted(&chat) => chats.push(chat),
                Some(_) => {}
                None => break,
            }
        }
        Ok(chats)
    }

    /// Returns where the next page begins; none after the last.
    pub(crate) fn place(self) -> Option<String> {
        let [live, archived] = self.lanes.map(|lane| lane.mark);
        let is_end = live == Mark::End && archived == Mark::End;
        (!is_end).then(|| serde_json::to_string(&Place { live, archived }).unwrap_or_default())
    }

    /// Makes sure that every order that goes on shows its next chat. False: not in this request.
    async fn fill(&mut self) -> Result<bool, Unavailable> {
        for lane in &mut self.lanes {
            while lane.ahead.is_empty()
                && let Some(after) = lane.unread.clone()
            {
                let Some(left) = self.reads_left.checked_sub(1) else { return Ok(false) };
                self.reads_left = left;
                let query =
                    ListQuery { owner_id: self.owner_id, archived: lane.archived, after, limit: self.size };
                let page = self.lists.list(&query).await?;
                lane.ahead = page.chats.into_iter().zip(page.marks).collect();
                lane.unread = page.next.map(Some);
                if lane.ahead.is_empty() {
                    lane.mark = lane.unread.clone().flatten().map_or(Mark::End, Mark::After);
                }
            }
        }
        Ok(true)
    }
}

/// Pinned first by their order, then by newest activity.
fn rank(lane: &Lane) -> Option<(bool, u32, Reverse<chat::time::Timestamp>, Reverse<chat::id::ChatId>)> {
    let (chat, _) = lane.ahead.front()?;
    Some((chat.pin_order == 0, chat.pin_order, Reverse(chat.updated_at), Reverse(chat.id)))
}
