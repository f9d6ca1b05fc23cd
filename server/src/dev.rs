//! What only `serve --dev` makes: a certificate for this machine, a kubeconfig that trusts it, and what stands there on the first day.

mod certificate;
mod kubeconfig;
mod seed;

use crate::{config::ServeConfig, service::people::PERSONAS};
use anyhow::{Context as _, Result};
use certificate::Certificate;
use domain::Timestamp;
use kubeconfig::Context;
use rustls::ServerConfig;
pub use seed::seed;
use std::{fs, net::SocketAddr, sync::Arc};

/// Certificate and kubeconfig for a server at this address. The personas' tokens have been made before.
pub fn prepare(config: &ServeConfig, address: SocketAddr, now: Timestamp) -> Result<Arc<ServerConfig>> {
    let certificate = Certificate::in_directory(&config.data.join("dev/tls"), address.ip(), now)?;
    let mut tokens = Vec::new();
    for persona in PERSONAS {
        let file = config.token_file(persona.token_file);
        let token = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        tokens.push((persona.token_file, token));
    }
    let contexts: Vec<_> = tokens.iter().map(|(name, token)| Context { name, token: token.trim() }).collect();
    let path = config.kubeconfig();
    kubeconfig::write(&path, address, &fs::read(&certificate.authority)?, &contexts)
        .with_context(|| format!("cannot write {}", path.display()))?;
    certificate.server_config()
}
