//! How a workspace comes to be, once for each idempotency key.

use chat::{
    id::WorkspaceId,
    limit::{RECEIPT_MS, WORKSPACES},
    port::{Clock, CommitError, ListWorkspaces, Person, Receipt, Scope, WorkspaceQuery},
    workspace::{Phase, Wanted, Workspace, WorkspaceRefusal, WorkspaceView},
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
async fn check_room<P: ListWorkspaces>(ports: &P, person: Person) -> Result<(), Rejection> {
    let query = WorkspaceQuery { owner_id: person.user_id, after: None, limit: WORKSPACES };
    let held = ports.workspaces(&query).await?.workspaces.len();
    if held < WORKSPACES { Ok(()) } else { Err(WorkspaceRefusal::TooMany.into()) }
}

/// Returns a workspace of which nothing is known yet but its name.
pub(crate) fn seed<K: Clock>(clock: &K, person: Person, name: String) -> Workspace {
    let now = clock.now();
    Workspace {
        id: WorkspaceId(clock.new_id()),
        person,
        name,
        template_id: None,
        parameters: std::collections::BTreeMap::new(),
        wanted: Wanted::Running,
        phase: Phase::Pending,
        machine: None,
        agent: None,
        failure: None,
        context_digest: None,
        edition: 1,
        last_used_at: now,
        created_at: now,
        updated_at: now,
    }
}
