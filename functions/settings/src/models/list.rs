//! `GET /v1/models`

use chat::port::{Clock, Person};
use edge::{Rejection, Reply, Request};
use serde::Serialize;

use super::ModelView;
use crate::{App, SettingPorts, viewer::Viewer};

#[derive(Serialize)]
struct Models<'a> {
    models: Vec<ModelView<'a>>,
}

pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (offer, presets) =
        (app.catalogues.offer(&app.ports, person.user_id).await?, app.catalogues.presets());
    let person = (person.user_id, &*offer.preferences);
    let view = |model| ModelView::of(&offer.catalogue, model, presets, person, Viewer::of(request));
    let models = offer.catalogue.models.iter().map(|model| view(model)).collect();
    Ok(Reply::json(200, &Models { models }))
}
