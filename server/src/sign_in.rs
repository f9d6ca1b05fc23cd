//! Signing in: the identity providers this server relies on, how long sessions live, and how often somebody may try.

pub mod address;
pub mod keys;
pub mod limits;
pub mod password;
pub mod provider;
pub mod refusal;
mod signature;
pub mod start;
mod wire;

use crate::{config::ServeConfig, settings::Settings};
use anyhow::{Result, bail, ensure};
use domain::Clock;
use limits::Limits;
use password::LocalAdmin;
use provider::Provider;
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// How long a session lives: since it was last used, and since it began.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    pub idle: Duration,
    pub longest: Duration,
}

/// What the doors need to let people in.
pub struct SignIn {
    pub providers: Vec<Arc<Provider>>,
    pub lifetimes: Lifetimes,
    pub device_tokens: Duration,
    pub local_admin: Option<LocalAdmin>,
    pub limits: Limits,
    /// How browsers reach this server, without a slash at the end.
    pub url: String,
    pub proxies: Vec<crate::settings::Network>,
}

impl SignIn {
    /// Reads secrets, asks nobody: a provider that is down now may be up when somebody comes.
    pub fn new(config: &ServeConfig, address: SocketAddr, clock: &Arc<dyn Clock>) -> Result<Self> {
        let Settings { url, trusted_proxies, sign_in } = config.settings.clone();
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let url = match url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            // only here it is known by which name browsers come
            None if address.ip().is_loopback() => format!("{scheme}://{address}"),
            None if sign_in.providers.is_empty() => String::new(),
            None => bail!(
                "url: say in the configuration file how browsers reach this server, such as https://midspan.example.com"
            ),
        };
        ensure!(
            sign_in.longest.0 >= sign_in.idle.0,
            "signIn.longest: a session cannot end before it may be idle for so long (signIn.idle)"
        );
        if url.starts_with("https:") && config.tls.is_none() && trusted_proxies.is_empty() {
            tracing::warn!(
                "browsers come through a proxy that is not named in trustedProxies: all of them count as one address"
            );
        }
        let client = crate::network::to_providers().map_err(|e| anyhow::anyhow!("no HTTP client: {e}"))?;
        let providers = sign_in.providers.into_iter().map(|settings| {
            let name = settings.name.clone();
            let provider = Provider::new(settings, &url, client.clone(), clock.clone());
            provider.map(Arc::new).map_err(|why| anyhow::anyhow!("sign-in provider {name}: {why}"))
        });
        Ok(Self {
            providers: providers.collect::<Result<_>>()?,
            lifetimes: Lifetimes { idle: sign_in.idle.0, longest: sign_in.longest.0 },
            device_tokens: sign_in.device_tokens.0,
            local_admin: sign_in.local_admin.map(|admin| LocalAdmin::read(&admin.password_hash_file)).transpose()?,
            limits: Limits::new(sign_in.attempts_per_minute),
            url,
            proxies: trusted_proxies,
        })
    }

    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.name() == name)
    }
}
