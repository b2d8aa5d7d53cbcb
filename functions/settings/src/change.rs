//! What all changes share: read, decide, keep; and again, where somebody else was quicker.

use chat::{
    catalogue::{Catalogue, Edit, Preferences},
    limit::RECEIPT_MS,
    port::{Clock, KeepCatalogue, Kept, Person, Receipt, Scope},
};
use edge::{Rejection, Reply, Request, receipt};

use crate::{App, SettingPorts};

/// How often an edit is decided anew.
const ROUNDS: usize = 8;

/// Makes an edit, which `decide` makes of the stored catalogue, and returns the next one.
pub(crate) async fn edit<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    decide: impl Fn(&Catalogue) -> Result<Edit, Rejection> + Send + Sync,
) -> Result<Catalogue, Rejection> {
    for _ in 0..ROUNDS {
        let stored = app.ports.catalogue().await?;
        let edited = stored.edit(app.catalogues.presets(), decide(&stored)?)?;
        match app.ports.keep(&edited, None).await? {
            Kept::Done => return Ok(edited.catalogue),
            Kept::Overtaken => {}
        }
    }
    Err(Rejection::Contended)
}

/// Makes an edit once for each idempotency key, and answers 201 with what `respond` says of the next catalogue.
pub(crate) async fn create<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
    respond: impl Fn(&Catalogue) -> Reply + Send + Sync,
    decide: impl Fn(&Catalogue) -> Result<Edit, Rejection> + Send + Sync,
) -> Result<Reply, Rejection> {
    let key = receipt::key(request)?;
    for _ in 0..ROUNDS {
        if let Some(reply) = answered_before(app, person, request, key.as_deref()).await? {
            return Ok(reply);
        }
        let stored = app.ports.catalogue().await?;
        let edited = stored.edit(app.catalogues.presets(), decide(&stored)?)?;
        let reply = respond(&edited.catalogue);
        let receipt = key.as_ref().map(|key| Receipt {
            scope: Scope::User(person.user_id),
            key: key.clone(),
            fingerprint: request.fingerprint(),
            status: reply.status,
            body: reply.body.clone().unwrap_or_default(),
            expires_at: app.clock.now().plus_ms(RECEIPT_MS),
        });
        match app.ports.keep(&edited, receipt.as_ref()).await? {
            Kept::Done => return Ok(reply),
            Kept::Overtaken => {}
        }
    }
    Err(Rejection::Contended)
}

/// Changes a person's preferences, and returns the next ones.
pub(crate) async fn prefer<P: KeepCatalogue>(
    ports: &P,
    person: Person,
    change: impl Fn(&mut Preferences) + Send + Sync,
) -> Result<Preferences, Rejection> {
    for _ in 0..ROUNDS {
        let mut preferences = ports.preferences(person.user_id).await?;
        change(&mut preferences);
        preferences.revision += 1;
        match ports.keep_preferences(person.user_id, &preferences).await? {
            Kept::Done => return Ok(preferences),
            Kept::Overtaken => {}
        }
    }
    Err(Rejection::Contended)
}

async fn answered_before<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
    key: Option<&str>,
) -> Result<Option<Reply>, Rejection> {
    let Some(key) = key else { return Ok(None) };
    let found = app.ports.receipt(Scope::User(person.user_id), key).await?;
    found.map(|found| receipt::again(found, &request.fingerprint())).transpose()
}
