//! What a provider publishes of itself, kept for a while: endpoints and keys. A provider that does not answer is known from before;
//! one that has changed its keys is asked anew, but nobody can make us ask often.

use super::wire::{Silent, Wire};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{Clock, Timestamp};
use openidconnect::{
    ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
        CoreResponseType, CoreSubjectIdentifierType,
    },
};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What is known for so long is asked for again.
const FRESH: Duration = Duration::from_mins(10);
/// A provider that does not answer is known from before for so long.
const STALE: Duration = Duration::from_hours(24);
/// One that did not answer is left alone for so long.
const PAUSE: Duration = Duration::from_secs(15);
/// A key that is not known is looked for once in so long, whoever names it.
const LOOK: Duration = Duration::from_secs(30);

/// What the discovery document says beyond what everybody's says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct More {
    pub end_session_endpoint: Option<String>,
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl openidconnect::AdditionalProviderMetadata for More {}

pub type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What a provider has published.
pub struct Published {
    pub metadata: Metadata,
    pub keys: CoreJsonWebKeySet,
    at: Timestamp,
}

/// What is known of one provider.
pub struct Known {
    issuer: String,
    wire: Wire,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Held by whoever asks: the others wait for the answer instead of asking too.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    published: Option<Arc<Published>>,
    /// When it last gave no answer, and which trouble there was.
    failed: Option<(Timestamp, String)>,
    /// When keys were last looked for because one was not known.
    looked: Option<Timestamp>,
}

impl Known {
    pub fn new(issuer: &str, wire: Wire, clock: Arc<dyn Clock>) -> Self {
        Self { issuer: issuer.to_owned(), wire, clock, state: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// What the provider has published, as far as it is known or can be asked for.
    pub async fn published(&self) -> Result<Arc<Published>, Silent> {
        let now = self.clock.now();
        let known = self.state().published.clone();
        if let Some(known) = known.as_ref().filter(|known| now.since(known.at) < FRESH) {
            return Ok(known.clone());
        }
        let usable = known.filter(|known| now.since(known.at) < STALE);
        let _asking = match (&usable, self.asking.try_lock()) {
            (_, Ok(asking)) => asking,
            // somebody asks already: what is known will do meanwhile
            (Some(known), Err(_)) => return Ok(known.clone()),
            (None, Err(_)) => self.asking.lock().await,
        };
        if let Some(told) = self.told_meanwhile(now) {
            return told.or_else(|silent| usable.ok_or(silent));
        }
        match self.ask().await {
            Ok(published) => Ok(self.learn(published)),
            Err(silent) => {
                self.state().failed = Some((self.clock.now(), silent.0.clone()));
                match usable {
                    Some(known) => {
                        tracing::warn!(
                            issuer = self.issuer,
                            error = silent.0,
                            "a provider does not answer; what it said before is used"
                        );
                        Ok(known)
                    }
                    None => Err(silent),
                }
            }
        }
    }

    /// The same with keys asked for just now, if it is time for that: for a token that none of the known keys fits.
    pub async fn renewed(&self) -> Option<Arc<Published>> {
        let _asking = self.asking.lock().await;
        let now = self.clock.now();
        {
            let mut state = self.state();
            if state.looked.is_some_and(|at| now.since(at) < LOOK) {
                return None;
            }
            state.looked = Some(now);
        }
        match self.ask().await {
            Ok(published) => Some(self.learn(published)),
            Err(silent) => {
                tracing::warn!(issuer = self.issuer, error = silent.0, "a provider's new keys cannot be had");
                None
            }
        }
    }

    /// What whoever asked before us has learned while we waited.
    fn told_meanwhile(&self, since: Timestamp) -> Option<Result<Arc<Published>, Silent>> {
        let state = self.state();
        if let Some(known) = state.published.as_ref().filter(|known| known.at >= since) {
            return Some(Ok(known.clone()));
        }
        let failed = state.failed.as_ref().filter(|(at, _)| self.clock.now().since(*at) < PAUSE);
        failed.map(|(_, why)| Err(Silent(why.clone())))
    }

    fn learn(&self, published: Published) -> Arc<Published> {
        let published = Arc::new(published);
        let mut state = self.state();
        state.published = Some(published.clone());
        state.failed = None;
        published
    }

    async fn ask(&self) -> Result<Published, Silent> {
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let metadata: Metadata = self.read(&place).await?;
        // byte for byte: another issuer could otherwise speak for this one
        if metadata.issuer().as_str() != self.issuer {
            return Err(Silent(format!(
                "{place} is the document of another issuer, {:?}; signIn must name it exactly so",
                metadata.issuer().as_str()
            )));
        }
        let urls = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(openidconnect::TokenUrl::url),
        ];
        for url in urls.into_iter().flatten() {
            self.wire.check(url)?;
        }
        let place = metadata.jwks_uri().as_str();
        let keys =
            serde_json::from_value(whole(self.read(place).await?)).map_err(|e| Silent(format!("{place}: {e}")))?;
        Ok(Published { metadata, keys, at: self.clock.now() })
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, Silent> {
        let place = Url::parse(url).map_err(|e| Silent(format!("{url:?} is no address: {e}")))?;
        let body = self.wire.document(&place).await?;
        serde_json::from_slice(&body).map_err(|e| Silent(format!("{url}: {e}")))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without what is no key, or half of one: it would be taken for a second one that could be meant.
fn whole(mut set: Value) -> Value {
    if let Some(keys) = set.get_mut("keys").and_then(Value::as_array_mut) {
        keys.retain(is_whole);
    }
    set
}

fn is_whole(key: &Value) -> bool {
    let has = |name: &str| {
        let text = key[name].as_str().unwrap_or_default();
        !text.is_empty() && BASE64_URL_SAFE_NO_PAD.decode(text).is_ok()
    };
    match key["kty"].as_str() {
        Some("RSA") => has("n") && has("e"),
        Some("EC") => has("x") && has("y"),
        Some("OKP") => has("x"),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
