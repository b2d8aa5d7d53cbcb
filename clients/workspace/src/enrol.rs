//! Becoming the agent of a workspace.

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::sleep;

use crate::{
    args::Args,
    home::{Home, Identity, first_secret, hash},
    http::{Api, Failed},
};

const UNKNOWN: &str = "this machine is not enrolled: give --url and --token once";
/// How often a deployment that does not answer is asked.
const TRIES: u32 = 8;

/// Returns who the agent is: as it was enrolled, or by the enrolment token that it was given, if that is another one.
///
/// # Errors
/// It is not enrolled and cannot be.
pub async fn identity(home: &Home, args: &Args) -> anyhow::Result<Identity> {
    let known = home.identity()?;
    let Some(enrolment) = &args.token else { return known.context(UNKNOWN) };
    let enrolment_hash = Some(hash(enrolment));
    if let Some(known) = known.as_ref().filter(|known| known.enrolment_hash == enrolment_hash) {
        return Ok(known.clone());
    }
    let url = args.url.as_deref().or_else(|| Some(known.as_ref()?.url.as_str())).context(UNKNOWN)?;
    let secret_file = match &known {
        None => first_secret(),
        Some(_) => format!("secret-{}", hash(enrolment).get(..16).unwrap_or_default()),
    };
    let token_hash = hash(&home.secret(&secret_file)?);
    let enrolled = exchange(&Api::new(url)?, enrolment, &token_hash).await?;
    let (url, workspace_id) = (url.trim_end_matches('/').to_owned(), enrolled.workspace_id);
    let identity =
        Identity { url, workspace_id, socket_url: enrolled.socket_url, enrolment_hash, secret_file };
    home.keep_identity(&identity)?;
    tracing::info!(workspace = %identity.workspace_id, "enrolled");
    Ok(identity)
}

/// Asks until there is an answer: the same hash is answered the same.
async fn exchange(api: &Api, enrolment: &str, token_hash: &str) -> Result<crate::http::Enrolled, Failed> {
    let mut pause = Duration::from_millis(250);
    for _ in 1..TRIES {
        match api.exchange(enrolment, token_hash).await {
            Err(Failed::Passing(reason)) => tracing::warn!(reason, "not enrolled yet"),
            answered => return answered,
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(8));
    }
    api.exchange(enrolment, token_hash).await
}
