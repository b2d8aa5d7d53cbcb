//! `GET /v1/chats`

use chat::{
    id::ChatId,
    port::{ListChats, ListChildren, Person, Unavailable},
    record::{Chat, Status},
    view::ChatView,
};
use edge::{Rejection, Reply, Request, page};
use serde::Serialize;

use crate::lister::{Lister, Place};

/// Chats read at a time where a filter may drop most of them; a batch of the table's.
const FILTERED: usize = 100;
/// Families of a page that are shown: with all of their children they fit into one answer. Of those after them, the chat
/// itself tells.
const FAMILIES: usize = 50;

#[derive(Serialize)]
struct Page {
    chats: Vec<ChatView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Which chats are wanted.
struct Filter {
    status: Option<Status>,
    labels: Vec<(String, String)>,
    title: Option<String>,
}

pub(crate) async fn run<L: ListChats + ListChildren>(
    lists: &L,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (limit, filter) = (page::limit(request)?, Filter::read(request)?);
    // A cursor goes on with the list that it came from.
    let archived = request.query.one("archived")?.unwrap_or("false");
    let list = format!("chats {archived} {}", person.user_id);
    let start = Place::start(archived).ok_or_else(|| field("archived", "false, true or any"))?;
    let place = match page::cursor(request, &list)? {
        Some(text) => Place::read(&text).unwrap_or(start),
        None => start,
    };
    let mut lister = Lister::new(lists, person.user_id, place, filter.reading(limit));
    let chats = lister.take(limit, |chat| filter.wants(chat)).await?;
    let next_cursor = lister.place().map(|place| page::encode(&place, &list));
    let chats = with_children(lists, &chats, Shown::of(archived)).await?;
    Ok(Reply::json(200, &Page { chats, next_cursor }))
}

/// Which children a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    All,
    /// Those that are put away, or not, as their parent is.
    AsTheirParent,
}

impl Shown {
    fn of(archived: &str) -> Self {
        if archived == "any" { Self::All } else { Self::AsTheirParent }
    }
}

/// Returns chats with those of their children that belong to the same list: all, or those that are put away as their parent
/// is.
async fn with_children<L: ListChildren>(
    lists: &L,
    chats: &[Chat],
    shown: Shown,
) -> Result<Vec<ChatView>, Unavailable> {
    let parents = chats.iter().filter(|chat| chat.has_children).map(|chat| chat.id).take(FAMILIES);
    let parents: Vec<ChatId> = parents.collect();
    let children = if parents.is_empty() { Vec::new() } else { lists.families(&parents).await? };
    let view = |chat: &Chat| {
        let is_its = |child: &&Chat| {
            child.parent_chat_id == Some(chat.id) && (shown == Shown::All || child.archived == chat.archived)
        };
        ChatView::with_children(chat, children.iter().filter(is_its))
    };
    Ok(chats.iter().map(view).collect())
}

impl Filter {
    fn read(request: &Request) -> Result<Self, Rejection> {
        let labels: Option<Vec<_>> = request.query.all("label").map(label).collect();
        let status = request.query.one("status")?.map(status).transpose()?;
        let title = request.query.one("q")?.map(str::to_lowercase);
        let labels = labels.ok_or_else(|| field("label", "key:value, both not empty"))?;
        Ok(Self { status, labels, title })
    }

    /// Returns how many chats to read at a time: one more than wanted tells whether there are more.
    fn reading(&self, limit: usize) -> usize {
        let takes_all = self.status.is_none() && self.labels.is_empty() && self.title.is_none();
        if takes_all { limit + 1 } else { FILTERED }
    }

    fn wants(&self, chat: &Chat) -> bool {
        let has = |(key, value): &(String, String)| chat.labels.get(key) == Some(value);
        self.status.is_none_or(|status| chat.status == status)
            && self.labels.iter().all(has)
            && self.title.as_ref().is_none_or(|title| chat.title.to_lowercase().contains(title))
    }
}

fn label(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once(':')?;
    (!key.is_empty() && !value.is_empty()).then(|| (key.to_owned(), value.to_owned()))
}

fn status(text: &str) -> Result<Status, Rejection> {
    let expected = "waiting, running, interrupting, requires_action or error";
    serde_json::from_value(text.into()).map_err(|_| field("status", expected))
}

fn field(name: &str, expected: &str) -> Rejection {
    Rejection::field(name, format!("must be {expected}"))
}
