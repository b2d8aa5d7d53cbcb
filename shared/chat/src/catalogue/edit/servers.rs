//! How tool servers change.

use std::sync::Arc;

use super::{Catalogue, EditRefusal};
use crate::{
    catalogue::SERVERS,
    id::ServerId,
    mcp::{Server, ServerTools},
};

/// What a tool server is called in refusals.
const SERVER: &str = "tool server";

impl Catalogue {
    pub(super) fn put_server(&mut self, server: Server) -> Result<(), EditRefusal> {
        if self.servers.iter().any(|other| other.id != server.id && other.slug == server.slug) {
            return Err(EditRefusal::SlugTaken);
        }
        let full = self.servers.len() >= SERVERS;
        match self.servers.iter_mut().find(|held| held.id == server.id) {
            Some(held) => *held = Arc::new(server),
            None if full => return Err(EditRefusal::TooMany(SERVER)),
            None => self.servers.push(Arc::new(server)),
        }
        Ok(())
    }

    pub(super) fn delete_server(&mut self, id: ServerId) -> Result<(), EditRefusal> {
        self.server(id).ok_or(EditRefusal::Unknown(SERVER))?;
        self.servers.retain(|server| server.id != id);
        self.tools.retain(|tools| tools.server_id != id);
        Ok(())
    }

    /// Tools of a server that is reached otherwise by now are nobody's.
    pub(super) fn put_tools(&mut self, tools: ServerTools) -> Result<(), EditRefusal> {
        let server = self.server(tools.server_id).filter(|server| server.edition == tools.edition);
        server.ok_or(EditRefusal::Unknown(SERVER))?;
        self.tools.retain(|held| held.server_id != tools.server_id);
        self.tools.push(Arc::new(tools));
        Ok(())
    }
}
