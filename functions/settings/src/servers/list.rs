//! `GET /v1/mcp-servers`

use chat::port::{Clock, Person};
use edge::{Rejection, Reply, Request};
use serde::Serialize;

use super::ServerView;
use crate::{App, SettingPorts, viewer::Viewer};

#[derive(Serialize)]
struct Servers<'a> {
    servers: Vec<ServerView<'a>>,
}

pub(crate) async fn run<P: SettingPorts, S, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let offer = app.catalogues.offer(&app.ports, person.user_id).await?;
    let (catalogue, viewer) = (&*offer.catalogue, Viewer::of(request));
    let view = |server| ServerView::of(catalogue, server, viewer);
    let servers = catalogue.servers.iter().map(|server| view(server)).collect();
    Ok(Reply::json(200, &Servers { servers }))
}
