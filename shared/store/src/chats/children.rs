//! The chats that another made.

use chat::{
    id::ChatId,
    limit::FAMILY,
    port::{ListChildren, Unavailable},
    record::Chat,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{Chats, list::Consistency};
use crate::{items, key, table::failed};

/// Families that are looked up beside each other.
const AT_ONCE: usize = 8;

impl ListChildren for Chats {
    async fn children(&self, parent_id: ChatId) -> Result<Vec<ChatId>, Unavailable> {
        let wanted = i32::try_from(FAMILY).unwrap_or(i32::MAX);
        let (first, last) = (key::CHILDREN, key::CHILDREN_END);
        let query = self.table.between("chat", key::partition(parent_id), first, last);
        let page = query.scan_index_forward(false).limit(wanted).send().await.map_err(failed)?;
        page.items.unwrap_or_default().iter().map(items::child).collect()
    }

    async fn families(&self, parent_ids: &[ChatId]) -> Result<Vec<Chat>, Unavailable> {
        let families = stream::iter(parent_ids.to_vec()).map(|id| self.children(id)).buffered(AT_ONCE);
        let ids: Vec<ChatId> = families.try_collect::<Vec<_>>().await?.concat();
        let mut chats = self.chats(&ids, Consistency::Strong).await?;
        Ok(ids.iter().filter_map(|id| chats.remove(id)).collect())
    }
}
