//! `GET /v1/runs`

use chat::{
    id::ChatId,
    port::ListLive,
    record::Status,
    run::{Counts, RunView},
    time::Timestamp,
};
use edge::{Rejection, Reply, Request, page};
use serde::Serialize;

/// Runs that one request looks at: those that are due first. Each is a read of a row.
const MOST: usize = 1_000;

#[derive(Serialize)]
struct Page {
    runs: Vec<RunView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    counts: Counts,
    /// Whether these are all: beyond the bound, runs are neither listed nor counted.
    complete: bool,
}

pub(crate) async fn run<L: ListLive>(
    live: &L,
    now: Timestamp,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (limit, status) = (page::limit(request)?, request.query.one("status")?);
    // A cursor goes on with the list that it came from.
    let list = format!("runs {}", status.unwrap_or_default());
    let status = status.map(self::status).transpose()?;
    let after = page::cursor(request, &list)?.map(|text| Place::read(&text)).transpose()?;
    let live = live.live(MOST).await?;
    let mut runs: Vec<RunView> = live.chats.iter().map(|chat| RunView::of(chat, now)).collect();
    let counts = Counts::of(&runs);
    runs.retain(|run| {
        status.is_none_or(|status| run.status == status) && after.is_none_or(|after| Place::of(run) > after)
    });
    runs.sort_unstable_by_key(Place::of);
    let more = runs.len() > limit;
    runs.truncate(limit);
    let last = runs.last().filter(|_| more);
    let next_cursor = last.map(|run| page::encode(&Place::of(run).text(), &list));
    Ok(Reply::json(200, &Page { runs, next_cursor, counts, complete: !live.more }))
}

/// Where a run is in the list: the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(Timestamp, ChatId);

impl Place {
    const fn of(run: &RunView) -> Self {
        Self(run.began_at, run.chat_id)
    }

    fn text(self) -> String {
        format!("{} {}", self.0.0, self.1)
    }

    fn read(text: &str) -> Result<Self, Rejection> {
        let parsed = text
            .split_once(' ')
            .and_then(|(at, id)| Some(Self(Timestamp(at.parse().ok()?), id.parse().ok()?)));
        parsed.ok_or_else(|| Rejection::field("cursor", "is not one that an earlier page gave"))
    }
}

fn status(text: &str) -> Result<Status, Rejection> {
    let expected = "must be running, interrupting or requires_action";
    let status = serde_json::from_value(text.into()).ok();
    let live = status.filter(|status| match status {
        Status::Running | Status::Interrupting | Status::RequiresAction => true,
        Status::Waiting | Status::Error => false,
    });
    live.ok_or_else(|| Rejection::field("status", expected))
}
