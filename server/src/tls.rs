//! What the server shows of itself over TLS: a certificate chain and its key, read from PEM.

use anyhow::{Context as _, Result};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use std::{path::Path, sync::Arc};

/// The settings of a TLS server with the certificate and key of these files.
pub fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("no private key can be read from {}", key.display()))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .with_context(|| format!("the certificate in {} and its key do not go together", certificate.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The certificates of a PEM file; at least one.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let chain = read().with_context(|| format!("no certificate can be read from {}", file.display()))?;
    anyhow::ensure!(!chain.is_empty(), "{} holds no certificate", file.display());
    Ok(chain)
}

/// One implementation of cryptography for everything in the process that speaks TLS. Saying so again changes nothing.
pub fn install_provider() {
    let _ = ring::default_provider().install_default();
}

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
