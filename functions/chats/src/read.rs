//! `GET /v1/chats/{chat}`

use chat::{
    port::{Person, ReadChats},
    view::ChatView,
};
use edge::{Rejection, Reply, Request};

use crate::change::owned;

pub(crate) async fn run<P: ReadChats>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let found = owned(ports, request.chat_id()?, person).await?;
    Ok(Reply::json(200, &ChatView::from(&found.chat)))
}
