//! `GET /v1/providers`

use chat::port::{Clock, Person};
use edge::{Rejection, Reply, Request};
use serde::Serialize;

use super::ProviderView;
use crate::{App, SettingPorts, viewer::Viewer};

#[derive(Serialize)]
struct Providers<'a> {
    providers: Vec<ProviderView<'a>>,
}

pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let offer = app.catalogues.offer(&app.ports, person.user_id).await?;
    let view = |provider| ProviderView::of(provider, Viewer::of(request));
    let providers = offer.catalogue.providers.iter().map(|provider| view(provider)).collect();
    Ok(Reply::json(200, &Providers { providers }))
}
