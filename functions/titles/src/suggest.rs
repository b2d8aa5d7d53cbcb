//! `POST /v1/chats/{chat}/title`

use std::time::Duration;

use chat::{
    failure::Kind,
    id::ChatId,
    model::ModelError,
    port::{AskModel, Clock, Person, ReadCatalogue, ReadChats, ReadHistory, ReadSpend},
    record::Chat,
};
use edge::{Rejection, Reply, Request};
use serde::Serialize;
use turn::{
    aside::ask,
    money::spent_out,
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
    D: ReadCatalogue + ReadSpend,
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
    let heard = ask(&app.model, request, PATIENCE).await.map_err(rejected)?;
    let title = titled(&heard.text).ok_or_else(|| {
        rejected(ModelError::ours(&provider, Kind::Generic, "the model suggested no title"))
    })?;
    Ok(Reply::json(200, &Suggested { title }))
}

async fn owned<C: ReadChats>(chats: &C, chat_id: ChatId, person: Person) -> Result<Chat, Rejection> {
    let found = chats.snapshot(chat_id).await?.map(|found| found.chat);
    found.filter(|chat| chat.owner_id == person.user_id).ok_or(Rejection::NotFound("chat"))
}

/// Returns who is asked, if the chat, its owner and the organisation may spend more.
async fn asked<C, D: ReadCatalogue + ReadSpend, M, K: Clock>(
    app: &App<C, D, M, K>,
    chat: &Chat,
) -> Result<Asked, Rejection> {
    let offer = app.catalogues.offer(&app.directory, chat.owner_id).await?;
    let limits = &offer.catalogue.settings.limits;
    if let Some(failure) = spent_out(&app.directory, chat, limits, app.clock.now()).await? {
        return Err(Rejection::Failed(failure));
    }
    namer(chat, &offer).map_err(Rejection::Model)
}

fn rejected(error: ModelError) -> Rejection {
    Rejection::Failed(error.failure())
}
