//! `DELETE /v1/providers/{provider}`, `DELETE /v1/models/{model}`, `DELETE /v1/mcp-servers/{server}`

use chat::{
    catalogue::Edit,
    port::{Clock, Person},
};
use edge::{Rejection, Reply, Request};

use crate::{App, SettingPorts, change};

/// Makes the edit that takes something away.
pub(crate) async fn run<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    _admin: Person,
    request: &Request,
    edit: Edit,
) -> Result<Reply, Rejection> {
    request.no_body()?;
    change::edit(app, |_| Ok(edit.clone())).await?;
    if let Edit::DeleteServer(id) = edit {
        app.ports.forget_grant(id).await?;
    }
    Ok(Reply::empty())
}
