//! Taking what the agent reported.

use chat::{
    diff::{Checkout, Tree},
    port::{CommitError, Unavailable},
    time::Timestamp,
    wake::{Look, PullWake},
};

use crate::{App, PullPorts};

/// How often a checkout is written again because it had moved on.
pub(crate) const TRIES: usize = 10;
/// How old the last sign of interest may be before a new one is noted: each costs a write.
const WANTED_MS: u64 = 60_000;

/// What is known now.
pub(crate) struct Seen {
    pub(crate) checkout: Checkout,
    /// Whether the tree is another than it was.
    pub(crate) is_new: bool,
    /// Whether it is on this look to ask for the pull request.
    pub(crate) asks: bool,
}

/// None: there is no tree, or this is not the time to look at it.
pub(crate) async fn run<P: PullPorts>(app: &App<P>, wake: &PullWake) -> Result<Option<Seen>, Unavailable> {
    for _ in 0..TRIES {
        let now = app.ports.now();
        let id = wake.workspace_id;
        let before = app.ports.checkout(id).await?.unwrap_or_else(|| Checkout::begun(id));
        // Another look has been there since, or has just begun.
        if wake.why == Look::Again && !before.is_due(now) {
            return Ok(None);
        }
        let reported = app.ports.reported(id).await?;
        let tree = reported.and_then(|reported| reported.report.git.as_ref().map(Tree::from));
        if tree.is_none() && before.tree.is_none() {
            return Ok(None);
        }
        let (mut checkout, asks) = taken(app, wake, &before, tree, now).await?;
        let is_new = checkout.tree != before.tree;
        if checkout == before {
            return Ok(Some(Seen { checkout, is_new, asks }));
        }
        checkout.edition += 1;
        match app.ports.put_checkout(&checkout).await {
            Ok(()) => return Ok(Some(Seen { checkout, is_new, asks })),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Unavailable(error)) => return Err(error),
        }
    }
    Err(Unavailable { dependency: "the directory", reason: "a checkout is changing too fast".into() })
}

async fn taken<P: PullPorts>(
    app: &App<P>,
    wake: &PullWake,
    before: &Checkout,
    tree: Option<Tree>,
    now: Timestamp,
) -> Result<(Checkout, bool), Unavailable> {
    let mut checkout = before.clone();
    checkout.take(tree, now);
    checkout.join(&app.ports.bound(wake.workspace_id).await?);
    checkout.join(wake.chat_id.as_slice());
    if wake.why == Look::Wanted && now.since_ms(checkout.wanted_at) > WANTED_MS {
        checkout.wanted_at = now;
    }
    let is_kept = |github: &forge::GitHub| checkout.source().is_some_and(|(at, _)| github.keeps(&at));
    // Whoever may be asked since just now has not been.
    let is_kept = app.github.as_ref().is_some_and(is_kept);
    checkout.look_at = is_kept.then(|| checkout.look_at.unwrap_or(now));
    let asks = checkout.is_due(now);
    if asks {
        checkout.begin(now);
    }
    Ok((checkout, asks))
}
