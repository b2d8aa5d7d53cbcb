//! `GET /v1/me/settings/{name}`

use chat::port::{Clock, Person};
use edge::{Rejection, Reply, Request};

use super::Name;
use crate::{App, SettingPorts};

pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let name = Name::read(request.name())?;
    let offer = app.catalogues.offer(&app.ports, person.user_id).await?;
    Ok(name.reply(&offer.preferences, &offer.catalogue))
}
