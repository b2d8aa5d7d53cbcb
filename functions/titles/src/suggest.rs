//! `POST /v1/chats/{chat}/title`

use std::time::Duration;

use chat::{
    failure::Kind,
    id::ChatId,
    model::ModelError,
    port::{AskModel, Clock, Person, ReadCatalogue, ReadChats, ReadHistory},
    record::Chat,
};
use edge::{Rejection, Reply, Request};
use serde::Serialize;
use turn::{
    aside::{Heard, ask},
    money::ceiling,
    prompt::Asked,
    title::{namer, sample, suggestion, titled},
};

use crate::App;

/// How long the model may take, so that the answer comes before the gateway gives up and says so less well.
const PATIENCE: Duration = Duration::from_secs(24);

#[derive(Serialize)]
struct Suggested {
    title: String,
}

pub(crate) async fn run<C, D, M, K>(
    app: &App<C, D, M, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection>
where
    C: ReadChats + ReadHistory,
    D: ReadCatalogue,
    M: AskModel,
    K: Clock,
{
    let chat_id = request.chat_id()?;
    request.no_body()?;
    let chat = owned(&app.chats, chat_id, person).await?;
    let asked = asked(app, &chat).await?;
    let said = sample(&app.chats, &chat).await?.ok_or(Rejection::NothingSaid)?;
    let provider = asked.model.provider.clone();
    let request = suggestion(&chat, &asked, &said, app.clock.now());
    let Heard { text, usage: _ } = ask(&app.model, request, PATIENCE).await.map_err(rejected)?;
    let title = titled(&text).ok_or_else(|| {
        rejected(ModelError::ours(&provider, Kind::Generic, "the model suggested no title"))
    })?;
    Ok(Reply::json(200, &Suggested { title }))
}

async fn owned<C: ReadChats>(chats: &C, chat_id: ChatId, person: Person) -> Result<Chat, Rejection> {
    let found = chats.snapshot(chat_id).await?.map(|found| found.chat);
    found.filter(|chat| chat.owner_id == person.user_id).ok_or(Rejection::NotFound("chat"))
}

/// Returns who is asked, if the chat may spend more.
async fn asked<C, D: ReadCatalogue, M, K>(app: &App<C, D, M, K>, chat: &Chat) -> Result<Asked, Rejection> {
    let offer = app.catalogues.offer(&app.directory, chat.owner_id).await?;
    if let Some(failure) = ceiling(chat, &offer.catalogue.settings.limits) {
        return Err(Rejection::Failed(failure));
    }
    namer(chat, &offer).map_err(Rejection::Model)
}

fn rejected(error: ModelError) -> Rejection {
    Rejection::Failed(error.failure())
}
