//! `POST /v1/mcp-servers/{server}/refresh`

use chat::port::{Clock, Person};
use edge::{Rejection, Reply, Request};

use super::reply;
use crate::{App, SettingPorts};

/// Has a server asked what it can do; what came of it is beside the server, soon.
pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    request.no_body()?;
    let id = request.server_id()?;
    let offer = app.catalogues.offer(&app.ports, admin.user_id).await?;
    offer.catalogue.server(id).ok_or(Rejection::NotFound("tool server"))?;
    app.ports.refresh_server(id).await?;
    Ok(reply(202, &offer.catalogue, id))
}
