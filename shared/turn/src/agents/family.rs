//! A chat's children.

use chat::{
    id::ChatId,
    port::{ListChildren, ReadChats, Unavailable},
    record::{Chat, Snapshot},
};
use futures::future::try_join_all;
use serde_json::json;

use super::{brief, with};
use crate::route::Said;

/// How deep families are, with room: a chain that is longer is a circle.
const GENERATIONS: usize = 4;

/// Returns a chat's children, newest first, archived ones too.
pub(super) async fn children<P: ReadChats + ListChildren>(
    ports: &P,
    parent_id: ChatId,
) -> Result<Vec<Chat>, Unavailable> {
    let ids = ports.children(parent_id).await?;
    let found = try_join_all(ids.into_iter().map(|id| ports.snapshot(id))).await?;
    Ok(found.into_iter().flatten().map(|found| found.chat).collect())
}

/// Lists children that are not archived, newest first.
pub(crate) async fn list<P: ReadChats + ListChildren>(
    ports: &P,
    parent: &Chat,
    limit: usize,
    offset: usize,
) -> Result<Said, Unavailable> {
    let live: Vec<Chat> =
        children(ports, parent.id).await?.into_iter().filter(|child| !child.archived).collect();
    let page: Vec<_> = live
        .iter()
        .skip(offset)
        .take(limit)
        .map(|child| with(brief(child), json!({ "updated_at": child.updated_at })))
        .collect();
    let has_more = offset + page.len() < live.len();
    Ok(Ok(json!({ "agents": page, "total": live.len(), "has_more": has_more })))
}

/// Returns a chat that `parent` may see: one that descends from it.
pub(super) async fn descendant<P: ReadChats>(
    ports: &P,
    parent: &Chat,
    id: ChatId,
) -> Result<Result<Snapshot, String>, Unavailable> {
    let unknown = || format!("{id} is no agent of this chat; list_agents names them");
    let Some(child) = ports.snapshot(id).await? else { return Ok(Err(unknown())) };
    let mut above = child.chat.parent_chat_id;
    for _ in 0..GENERATIONS {
        match above {
            Some(id) if id == parent.id => return Ok(Ok(child)),
            Some(id) => above = ports.snapshot(id).await?.and_then(|found| found.chat.parent_chat_id),
            None => break,
        }
    }
    Ok(Err(unknown()))
}
