//! Having chats say what there is.

use chat::{
    diff::{Checkout, DiffStatus},
    id::ChatId,
    port::Unavailable,
    record::Chat,
    transition::{Refusal, Transition},
    workspace::Workspace,
};
use turn::CommitFailure;

use crate::PullPorts;

/// Tells each chat that has worked on a tree, and the roots of their families. A chat that cannot be written now stops no
/// other.
pub(crate) async fn run<P: PullPorts>(
    ports: &P,
    workspace: &Workspace,
    checkout: &Checkout,
) -> Result<(), Unavailable> {
    let now = ports.now();
    let status = checkout.tree.as_ref().map(|tree| DiffStatus::of(tree, checkout.pull.as_ref(), now));
    let news = News { workspace, edition: checkout.edition, status };
    let (mut chats, mut failed) = (checkout.chats.clone(), None);
    let mut next = 0;
    while let Some(chat_id) = chats.get(next).copied() {
        next += 1;
        match tell(ports, chat_id, &news).await {
            Ok(Some(root)) if !chats.contains(&root) => chats.push(root),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%chat_id, %error, "a chat does not say what its tree is");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

struct News<'a> {
    workspace: &'a Workspace,
    edition: u64,
    status: Option<DiffStatus>,
}

impl News<'_> {
    /// Whether it is for a chat, and the chat does not say it yet.
    fn is_for(&self, chat: &Chat) -> bool {
        let is_its = chat.workspace_id == Some(self.workspace.id)
            && chat.owner_id == self.workspace.person.user_id
            && !chat.archived;
        let noted = chat.diff.as_deref();
        let is_said = match (noted, &self.status) {
            (Some(noted), Some(status)) => noted.edition > self.edition || noted.status.says(status),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        is_its && !is_said
    }
}

/// Returns the root of the chat's family.
async fn tell<P: PullPorts>(
    ports: &P,
    chat_id: ChatId,
    news: &News<'_>,
) -> Result<Option<ChatId>, Unavailable> {
    let Some(found) = ports.snapshot(chat_id).await? else { return Ok(None) };
    let root = found.chat.root_chat_id;
    if !news.is_for(&found.chat) {
        return Ok(root);
    }
    let committed = turn::commit(ports, chat_id, None, |draft| {
        // It may have turned to another workspace, or heard of a later look.
        if !draft.chat().is_some_and(|chat| news.is_for(chat)) {
            return Err(Refusal::Overtaken);
        }
        draft.apply(Transition::NoteDiff { edition: news.edition, status: news.status.clone() })
    })
    .await;
    match committed {
        Ok(change) => turn::announce(ports, &change).await,
        Err(CommitFailure::Missing | CommitFailure::Refused(_)) => {}
        Err(CommitFailure::Unavailable(error)) => return Err(error),
        Err(CommitFailure::Contended | CommitFailure::Replayed(_) | CommitFailure::Mismatch) => {
            return Err(Unavailable { dependency: "the chat", reason: "it is changing too fast".into() });
        }
    }
    Ok(root)
}
