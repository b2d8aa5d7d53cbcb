//! Becoming the agent of a workspace.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    args::Args,
    home::{Home, Identity, hash},
    http::{Api, Failed},
};

/// How often a deployment that does not answer is asked.
const TRIES: u32 = 8;

/// Returns who the agent is: as it was enrolled, or by the enrolment token that it was given.
///
/// # Errors
/// It is not enrolled and cannot be.
pub async fn identity(home: &Home, args: &Args) -> anyhow::Result<Identity> {
    if let Some(identity) = home.identity()? {
        return Ok(identity);
    }
    let (Some(url), Some(enrolment)) = (&args.url, &args.token) else {
        anyhow::bail!("this machine is not enrolled: give --url and --token once");
    };
    let token_hash = hash(&home.secret()?);
    let enrolled = exchange(&Api::new(url)?, enrolment, &token_hash).await?;
    let url = url.trim_end_matches('/').to_owned();
    let identity = Identity { url, workspace_id: enrolled.workspace_id, socket_url: enrolled.socket_url };
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
