//! `GET /v1/providers`

use chat::port::{Clock, Person};
use edge::{Rejection, Reply};
use serde::Serialize;

use super::ProviderView;
use crate::{App, SettingPorts};

#[derive(Serialize)]
struct Providers<'a> {
    providers: Vec<ProviderView<'a>>,
}

pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
) -> Result<Reply, Rejection> {
    let offer = app.catalogues.offer(&app.ports, person.user_id).await?;
    let providers = offer.catalogue.providers.iter().map(|provider| ProviderView::of(provider)).collect();
    Ok(Reply::json(200, &Providers { providers }))
}
