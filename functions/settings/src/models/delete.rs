//! `DELETE /v1/models/{model}`

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
    let id = request.model_id()?;
    change::edit(app, |_| Ok(Edit::DeleteModel(id))).await?;
    Ok(Reply::empty())
}
