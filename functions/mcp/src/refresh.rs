//! A server is asked what it can do.

use chat::{
    catalogue::{Edit, EditRefusal},
    id::ServerId,
    mcp::{Server, ServerTool, ServerTools},
    port::{Kept, Unavailable},
};

use crate::{App, Keys, McpPorts, session::Session, trouble::Trouble};

/// How old a list may be when its server is called.
const FRESH_MS: u64 = 3_600_000;
/// How often an edit is decided anew.
const ROUNDS: usize = 8;

/// Asks a server, and keeps what it says, or why it says nothing.
pub(crate) async fn run<P: McpPorts, S: Keys>(app: &App<P, S>, id: ServerId) -> Result<(), Unavailable> {
    let stored = app.ports.catalogue().await?;
    let Some(server) = stored.server(id).filter(|server| server.enabled) else { return Ok(()) };
    let listed = match list(app, server).await {
        Err(Trouble::Unavailable(error)) => return Err(error),
        listed => listed.map_err(|trouble| trouble.told()),
    };
    keep(app, server, &listed).await
}

/// Asks a server whose list is old, in a session that is open already. It may be asked later as well.
pub(crate) async fn look<P: McpPorts, S: Keys>(
    app: &App<P, S>,
    server: &Server,
    known: Option<&ServerTools>,
    session: &mut Session,
) {
    let age_ms = known.map_or(u64::MAX, |known| app.ports.now().since_ms(known.fetched_at));
    if age_ms < FRESH_MS {
        return;
    }
    match session.list().await {
        Ok(listed) => {
            if let Err(error) = keep(app, server, &Ok(listed)).await {
                tracing::warn!(%error, "a list of tools was not kept");
            }
        }
        Err(trouble) => tracing::warn!(server = server.slug, %trouble, "a tool server listed nothing"),
    }
}

async fn list<P: McpPorts, S: Keys>(app: &App<P, S>, server: &Server) -> Result<Vec<ServerTool>, Trouble> {
    let mut session = Session::open(app, server).await?;
    let listed = session.list().await;
    session.close().await;
    listed
}

async fn keep<P: McpPorts, S>(
    app: &App<P, S>,
    server: &Server,
    listed: &Result<Vec<ServerTool>, String>,
) -> Result<(), Unavailable> {
    for _ in 0..ROUNDS {
        let stored = app.ports.catalogue().await?;
        let known = stored.tools_of(server).map(AsRef::as_ref);
        let edit = Edit::PutTools(Box::new(tools(app, server, known, listed)));
        let edited = match stored.edit(app.catalogues.presets(), edit) {
            Ok(edited) => edited,
            // It went, or is reached otherwise: that is another errand.
            Err(EditRefusal::Unknown(_)) => return Ok(()),
            Err(refusal) => {
                tracing::error!(%refusal, "a list of tools was refused");
                return Ok(());
            }
        };
        match app.ports.keep(&edited, None).await? {
            Kept::Done => return Ok(()),
            Kept::Overtaken => {}
        }
    }
    Err(Unavailable { dependency: "the catalogue", reason: "it is changing too fast".into() })
}

/// A server that fails keeps the tools that it had.
fn tools<P: McpPorts, S>(
    app: &App<P, S>,
    server: &Server,
    known: Option<&ServerTools>,
    listed: &Result<Vec<ServerTool>, String>,
) -> ServerTools {
    let now = app.ports.now();
    match listed {
        Ok(listed) => ServerTools::of(server.id, server.edition, listed.clone(), now),
        Err(why) => {
            let none = ServerTools::of(server.id, server.edition, Vec::new(), now);
            ServerTools { failure: Some(why.clone()), fetched_at: now, ..known.cloned().unwrap_or(none) }
        }
    }
}
