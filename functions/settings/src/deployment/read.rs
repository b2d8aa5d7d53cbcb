//! `GET /v1/settings/{name}`

use chat::port::Clock;
use edge::{Rejection, Reply, Request};

use super::Name;
use crate::{App, SettingPorts, viewer::Viewer};

pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    request: &Request,
) -> Result<Reply, Rejection> {
    let name = Name::read(request.name())?;
    if name.is_for_admins() && Viewer::of(request) == Viewer::Member {
        return Err(Rejection::NotFound("setting"));
    }
    Ok(name.reply(&app.ports.catalogue().await?.settings))
}
