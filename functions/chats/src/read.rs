//! `GET /v1/chats/{chat}`

use chat::{
    port::{ListChildren, Person, ReadChats},
    record::Chat,
    view::{ChatView, ContextView},
    workspace::Context,
};
use edge::{Rejection, Reply, Request};

use crate::change::owned;

pub(crate) async fn run<P: ReadChats + ListChildren>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat = owned(ports, request.chat_id()?, person).await?.chat;
    // Only who keeps something of a workspace has it looked up.
    let spec = match chat.pinned() {
        Some(_) => Some(ports.spec(chat.id).await?),
        None => None,
    };
    let context = spec.as_ref().and_then(|spec| spec.context_of(&chat));
    let children = if chat.has_children { ports.families(&[chat.id]).await? } else { Vec::new() };
    let children = children.iter().map(ChatView::from).collect();
    Ok(Reply::json(200, &ChatView { children, ..view(&chat, context) }))
}

/// Returns a chat as it is shown alone: with what it keeps of its workspace.
pub(crate) fn view(chat: &Chat, context: Option<&Context>) -> ChatView {
    let resources = context.map(Context::resources).unwrap_or_default();
    ChatView { context: ContextView { resources, ..ContextView::from(chat) }, ..ChatView::from(chat) }
}
