//! Whom the functions trust: what they do on this machine, so that init reads as many certificates as elsewhere, and the
//! authority of this benchmark.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

const AUTHORITY: &str = include_str!("tls/authority.pem");
const SERVER: &[u8] = include_bytes!("tls/server.der");
const KEY: &[u8] = include_bytes!("tls/server.key.der");

/// Where systems keep their bundle: Amazon Linux and its kin, Debian and its kin.
const BUNDLES: [&str; 2] = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];

/// Writes the bundle and returns how many certificates are in it.
pub(crate) fn write_bundle(path: &Path) -> Result<usize> {
    let system = BUNDLES.iter().find_map(|bundle| fs::read_to_string(bundle).ok()).unwrap_or_default();
    let bundle = format!("{system}\n{AUTHORITY}");
    fs::write(path, &bundle)?;
    Ok(bundle.matches("BEGIN CERTIFICATE").count())
}

/// Returns what the server shows. A leaf with RSA, 2,048 bits, as AWS's are.
pub(crate) fn server_config() -> Result<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY));
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(SERVER)], key)
        .context("the certificate in benches/cold/tls")
}
