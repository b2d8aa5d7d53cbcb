//! `PUT /v1/limits`: as `PUT /v1/settings/limits`.

use chat::port::{Clock, Person};
use edge::{Rejection, Reply, Request};

use crate::{
    App, SettingPorts,
    deployment::{Name, write},
};

pub(crate) async fn run<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    write::put(app, admin, Name::Limits, request).await
}
