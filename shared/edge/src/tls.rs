//! How TLS is spoken: one configuration for all that a function asks, so that certificates are read once.

use std::{io, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_native_certs::load_native_certs;

use crate::config::ConfigError;

/// Returns a configuration that trusts the certificates of the system, or those that `SSL_CERT_FILE` names. Its clones
/// share them.
///
/// # Errors
/// There are no certificates to trust.
pub fn client() -> Result<ClientConfig, ConfigError> {
    let found = load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, unusable) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
        return Err(ConfigError::Certificates(io::Error::new(io::ErrorKind::NotFound, why)));
    }
    // A bundle that breaks off is trusted as far as it goes: what that cannot reach fails by itself.
    if unusable > 0 || !found.errors.is_empty() {
        let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        tracing::warn!(usable, unusable, ?errors, "not all certificates can be read");
    }
    trusting(roots)
}

/// Returns a configuration that trusts nobody: for a machine without certificates, whose services speak plain HTTP.
///
/// # Errors
/// TLS cannot be spoken.
pub fn nobody() -> Result<ClientConfig, ConfigError> {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, ConfigError> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
