//! How a workspace comes to be, once for each idempotency key.

use chat::{
    id::WorkspaceId,
    limit::{RECEIPT_MS, WORKSPACES},
    port::{Clock, CommitError, CountWorkspaces, Person, Receipt, Scope},
    workspace::{Workspace, WorkspaceRefusal, WorkspaceView, WrongName},
};
use edge::{Rejection, Reply, Request, receipt};

use crate::{App, WorkspacePorts, change::ROUNDS};

/// What came of it.
pub(crate) enum Made {
    /// It is new.
    New(Box<Workspace>),
    /// An earlier request with the same key made it, and was answered so.
    Before(Reply),
}

/// Makes the workspace that `seed` describes, or finds it made.
pub(crate) async fn make<P: WorkspacePorts, M: Sync, K: Clock>(
    app: &App<P, M, K>,
    person: Person,
    request: &Request,
    seed: &Workspace,
) -> Result<Made, Rejection> {
    let (key, fingerprint) = (receipt::key(request)?, request.fingerprint());
    let scope = Scope::User(person.user_id);
    for _ in 0..ROUNDS {
        if let Some(key) = &key
            && let Some(found) = app.ports.receipt(scope, key).await?
        {
            return receipt::again(found, &fingerprint).map(Made::Before);
        }
        check_room(&app.ports, person).await?;
        let made = Workspace { id: WorkspaceId(app.clock.new_id()), ..seed.clone() };
        let receipt = key.clone().map(|key| Receipt {
            scope,
            key,
            fingerprint: fingerprint.clone(),
            status: 201,
            body: serde_json::to_string(&WorkspaceView::from(&made)).unwrap_or_default(),
            expires_at: app.clock.now().plus_ms(RECEIPT_MS),
        });
        match app.ports.make_workspace(&made, receipt.as_ref()).await {
            Ok(()) => return Ok(Made::New(Box::new(made))),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Unavailable(unavailable)) => return Err(unavailable.into()),
        }
    }
    Err(Rejection::Contended)
}

/// Two requests at once may both find room for one more: the bound is against running away, not a price.
async fn check_room<P: CountWorkspaces>(ports: &P, person: Person) -> Result<(), Rejection> {
    let held = ports.held(person.user_id).await?;
    if held < WORKSPACES { Ok(()) } else { Err(WorkspaceRefusal::TooMany.into()) }
}

/// Says that a name is none.
pub(crate) fn wrong_name(wrong: WrongName) -> Rejection {
    Rejection::field("name", wrong.to_string())
}
