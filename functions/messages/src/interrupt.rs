//! `POST /v1/chats/{chat}/interrupt`

use chat::{
    port::Person,
    state::State,
    transition::{Refusal, Transition},
    view::ChatView,
};
use edge::{Rejection, Reply, Request};

use crate::{
    MessagePorts,
    change::{change, owned},
};

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    request.no_body()?;
    let chat = match change(ports, chat_id, person, |draft| draft.apply(Transition::Interrupt)).await {
        Ok(change) => change.chat,
        // It has been asked to stop already.
        Err(Rejection::Refused(Refusal::NotAllowed { from: State::I0 | State::I1, .. })) => {
            owned(ports, chat_id, person).await?.chat
        }
        Err(rejection) => return Err(rejection),
    };
    Ok(Reply::json(200, &ChatView::from(&chat)))
}
