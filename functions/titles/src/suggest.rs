//! `POST /v1/chats/{chat}/title`

use std::time::Duration;

use chat::{
    failure::Kind,
    id::ChatId,
    model::ModelError,
    port::{AskModel, Clock, CountSpend, Person, ReadCatalogue, ReadChats, ReadHistory, ReadSpend},
    record::Chat,
    spend::{Day, Spent, Tally, Used, shard},
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
    D: ReadCatalogue + ReadSpend + CountSpend,
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
    if let Some(used) = heard.used {
        count(app, &chat, &asked, used).await;
    }
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

/// Counts what a suggestion cost, for the chat's owner and towards the organisation's ceiling; the chat itself is not
/// written. It was paid for whether or not it is counted, so it is answered all the same.
async fn count<C, D: CountSpend, M, K: Clock>(app: &App<C, D, M, K>, chat: &Chat, asked: &Asked, used: Used) {
    let today = Day::of(app.clock.now());
    let ceiling = asked.offer.catalogue.settings.limits.org_period();
    let spent = Spent {
        person: Person { user_id: chat.owner_id, org_id: chat.org_id },
        day: today,
        model_id: used.model_id,
        shard: shard(chat.id),
        tally: Tally::from(used.usage),
        ceiling_since: ceiling.map(|period| period.since(today)),
    };
    if let Err(error) = app.directory.count(&spent).await {
        tracing::error!(%error, "what a suggestion cost was not counted");
    }
}

fn rejected(error: ModelError) -> Rejection {
    Rejection::Failed(error.failure())
}
