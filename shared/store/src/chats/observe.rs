//! Tells a working step all that it must know while it streams, in one query.

use chat::{
    id::ChatId,
    port::{Observe, Observed, Unavailable},
};

use super::Chats;
use crate::{
    codec::{self, EXPIRES_AT, VERSION},
    key,
    row::{self, HEAD, Head},
    table::all,
};

impl Observe for Chats {
    async fn observe(&self, chat_id: ChatId) -> Result<Option<Observed>, Unavailable> {
        let query = self.table.between("chat", key::partition(chat_id), key::CHAT, key::LISTENERS_END);
        let wanted = ["item", VERSION, EXPIRES_AT].into_iter().chain(HEAD);
        let query = wanted.clone().fold(query, |query, attribute| {
            query.expression_attribute_names(format!("#{attribute}"), attribute)
        });
        let projection = wanted.map(|attribute| format!("#{attribute}")).collect::<Vec<_>>().join(",");
        let found = all(query.projection_expression(projection)).await?;
        let Some((first, others)) = found.split_first() else { return Ok(None) };
        // A listener may be there without the chat.
        if codec::name(first) != key::CHAT {
            return Ok(None);
        }
        let Some(Head { versions, status, lease }) = row::head(first)? else { return Ok(None) };
        Ok(Some(Observed { versions, status, lease, listeners: self.listening(others)? }))
    }
}
