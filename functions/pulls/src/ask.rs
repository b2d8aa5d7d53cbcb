//! Asking for the pull request of a branch.

use chat::{
    diff::Checkout,
    port::{CommitError, Unavailable},
};

use crate::{App, PullPorts, see::TRIES};

/// What is known after asking.
pub(crate) struct Told {
    pub(crate) checkout: Checkout,
    /// Whether the pull request is not as it was.
    pub(crate) is_new: bool,
}

/// None: the tree has turned to another branch meanwhile; whoever saw that has asked for that one's.
pub(crate) async fn run<P: PullPorts>(app: &App<P>, checkout: Checkout) -> Result<Option<Told>, Unavailable> {
    let (Some(github), Some((repository, branch))) = (&app.github, checkout.source()) else {
        return Ok(None);
    };
    let said = github.pull(&repository, branch, checkout.etag.as_deref()).await;
    for _ in 0..TRIES {
        let Some(before) = app.ports.checkout(checkout.workspace_id).await? else { return Ok(None) };
        if before.source() != checkout.source() {
            return Ok(None);
        }
        let mut after = before.clone();
        after.end(said.asked.clone(), app.ports.now());
        after.etag.clone_from(&said.etag);
        after.edition += 1;
        match app.ports.put_checkout(&after).await {
            Ok(()) => return Ok(Some(Told { is_new: after.pull != before.pull, checkout: after })),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Unavailable(error)) => return Err(error),
        }
    }
    Err(Unavailable { dependency: "the directory", reason: "a checkout is changing too fast".into() })
}
