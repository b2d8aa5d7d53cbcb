//! The chats that another made.

use chat::{
    id::ChatId,
    limit::FAMILY,
    port::{ListChildren, Unavailable},
};

use super::Chats;
use crate::{items, key, table::failed};

impl ListChildren for Chats {
    async fn children(&self, parent_id: ChatId) -> Result<Vec<ChatId>, Unavailable> {
        let wanted = i32::try_from(FAMILY).unwrap_or(i32::MAX);
        let (first, last) = (key::CHILDREN, key::CHILDREN_END);
        let query = self.table.between("chat", key::partition(parent_id), first, last);
        let page = query.scan_index_forward(false).limit(wanted).send().await.map_err(failed)?;
        page.items.unwrap_or_default().iter().map(items::child).collect()
    }
}
