//! Who keeps pull requests.

use super::{Vars, optional};
use crate::secret::Secret;

/// GitHub, or what speaks like it.
#[derive(Clone, Debug)]
pub struct GitHub {
    /// Where its REST API is.
    pub api_url: String,
    /// The host that its repositories are at. No other is asked about.
    pub host: String,
    /// What it is asked with; without, it tells what everybody may know.
    pub token: Option<Secret>,
}

impl GitHub {
    /// Without an address nobody is asked.
    pub(super) fn of(vars: &Vars) -> Option<Self> {
        Some(Self {
            api_url: optional(vars, "GITHUB_API_URL")?.to_owned(),
            host: optional(vars, "GITHUB_HOST").unwrap_or("github.com").to_ascii_lowercase(),
            token: optional(vars, "GITHUB_TOKEN").map(Secret::new),
        })
    }
}
