//! TLS for clients whose servers speak none.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// Returns a configuration that trusts nobody.
#[must_use]
#[expect(clippy::unwrap_used, reason = "the provider has what both versions need")]
pub fn nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}
