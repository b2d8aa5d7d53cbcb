//! `DELETE /v1/providers/{provider}`

use chat::{
    catalogue::Edit,
    port::{Clock, Person},
};
use edge::{Rejection, Reply, Request};

use crate::{App, SettingPorts, change};

pub(crate) async fn run<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    _admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    request.no_body()?;
    let id = request.provider_id()?;
    change::edit(app, |_| Ok(Edit::DeleteProvider(id))).await?;
    Ok(Reply::empty())
}
