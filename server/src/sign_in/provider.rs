//! One identity provider: where a browser is sent, and what the code is worth that it brings back.

use super::{
    keys::{Known, Published},
    refusal::{Refusal, exchange_failed, refused, short},
    signature,
    start::Secrets,
    wire::Wire,
};
use crate::settings;
use chrono::DateTime;
use domain::{
    Clock, Timestamp,
    sign_in::{LEEWAY, Rules, check_claims, logout},
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenVerifier, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _, UserInfoClaims,
    core::{CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreGenderClaim, CoreIdToken, CoreTokenResponse},
};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// In bytes; OpenID Connect allows as many characters, all of them ASCII.
const LONGEST_SUBJECT: usize = 255;
const LONGEST_SESSION: usize = 1_024;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

pub struct Provider {
    settings: settings::Provider,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    known: Known,
    wire: Wire,
    clock: Arc<dyn Clock>,
}

/// Who came, by the word of a provider that was checked.
pub struct Claimed {
    pub subject: String,
    pub claims: Value,
    /// The session's name at the provider; empty where it has none.
    pub sid: String,
    /// To be named when they sign out.
    pub id_token: String,
}

/// All claims of a UserInfo answer, whatever they are.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Others {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Others {}

impl Provider {
    pub fn new(
        settings: settings::Provider,
        base: &str,
        client: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let secret = settings.client_secret.as_ref().map(settings::Secret::read).transpose()?;
        let redirect =
            RedirectUrl::new(format!("{base}/auth/{}/callback", settings.name)).map_err(|e| format!("{base}: {e}"))?;
        let wire = Wire::new(client, &settings);
        let known = Known::new(&settings.issuer, wire.clone(), clock.clone());
        Ok(Self { secret: secret.map(ClientSecret::new), redirect, known, wire, clock, settings })
    }

    pub fn name(&self) -> &str {
        &self.settings.name
    }

    pub fn title(&self) -> &str {
        self.settings.title()
    }

    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    pub fn rules(&self) -> &Rules {
        &self.settings.claims
    }

    /// Where the browser goes: authorization code, always with PKCE.
    pub async fn authorization(&self, secrets: &Secrets<'_>) -> Result<Url, Refusal> {
        let published = self.published().await?;
        let client = self.client(&published);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secrets.verifier()));
        let (state, nonce) = (secrets.state.to_owned(), secrets.nonce());
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        let scopes = self.settings.scopes.iter().map(|scope| Scope::new(scope.clone()));
        let (url, ..) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(url)
    }

    /// What the code is worth. `issuer` is the response's `iss`, where it has one.
    pub async fn claimed(&self, code: &str, issuer: Option<&str>, secrets: &Secrets<'_>) -> Result<Claimed, Refusal> {
        let published = self.published().await?;
        let answers_with_issuer =
            published.metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer != self.issuer() => return refused("the answer comes from another issuer (iss)"),
            None if answers_with_issuer => return refused("the answer does not say whose it is (iss)"),
            _ => {}
        }
        let client = self.client(&published);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|_| Refusal::NotBelieved("it has no token endpoint".to_owned()))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier()));
        let tokens: CoreTokenResponse = request.request_async(&self.wire).await.map_err(|e| exchange_failed(&e))?;
        let Some(id_token) = tokens.id_token() else { return refused("there is no ID token in its answer") };
        let mut claims = self.verified(id_token, &tokens, &published, &secrets.nonce()).await?;
        let subject = claims["sub"].as_str().unwrap_or_default().to_owned();
        if subject.is_empty() {
            return refused("its ID token names nobody (sub)");
        }
        // before the UserInfo endpoint says more: what names a session is signed
        let sid = claims["sid"].as_str().unwrap_or_default().to_owned();
        if subject.len() > LONGEST_SUBJECT || sid.len() > LONGEST_SESSION {
            return refused("its ID token has a longer name for somebody than there can be (sub, sid)");
        }
        if self.settings.user_info && published.metadata.userinfo_endpoint().is_some() {
            self.ask_for_more(&client, &tokens, &subject, &mut claims).await?;
        }
        Ok(Claimed { subject, claims, sid, id_token: id_token.to_string() })
    }

    /// Where a browser goes to sign out there too; none where the provider has no such place.
    pub async fn end_session(&self, id_token: &str, back: &str) -> Option<Url> {
        let published = self.published().await.ok()?;
        let end = published.metadata.additional_metadata().end_session_endpoint.as_deref()?;
        let mut url = Url::parse(end).ok().filter(|url| self.wire.check(url).is_ok())?;
        let mut query = url.query_pairs_mut();
        if !id_token.is_empty() {
            query.append_pair("id_token_hint", id_token);
        }
        query.append_pair("client_id", &self.settings.client_id).append_pair("post_logout_redirect_uri", back);
        drop(query);
        Some(url)
    }

    /// Whose sessions a logout token ends.
    pub async fn ended(&self, token: &str) -> Result<logout::Ended, Refusal> {
        let published = self.published().await?;
        let algorithms = &self.settings.algorithms;
        let mut claims = signature::claims(token, &published.keys, algorithms);
        if claims == Err(signature::NO_KEY.to_owned())
            && let Some(renewed) = self.known.renewed().await
        {
            claims = signature::claims(token, &renewed.keys, algorithms);
        }
        let claims = claims.map_err(Refusal::NotBelieved)?;
        logout::read(&claims, self.issuer(), &self.settings.client_id, seconds(self.clock.now()))
            .map_err(Refusal::NotBelieved)
    }

    async fn published(&self) -> Result<Arc<Published>, Refusal> {
        self.known.published().await.map_err(|silent| Refusal::Silent(silent.0))
    }

    fn client(&self, published: &Published) -> Client {
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(published.metadata.clone(), id, self.secret.clone());
        let methods = published.metadata.token_endpoint_auth_methods_supported();
        let by_header = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        client.set_redirect_uri(self.redirect.clone()).set_auth_type(if by_header {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        })
    }

    /// The claims of an ID token that is the provider's, for us, for this sign-in, and in time.
    async fn verified(
        &self,
        id_token: &CoreIdToken,
        tokens: &CoreTokenResponse,
        published: &Published,
        nonce: &str,
    ) -> Result<Value, Refusal> {
        let Err(first) = self.checked(id_token, tokens, published, nonce) else { return payload(id_token) };
        // perhaps it has new keys; what else may be wrong is wrong with them too
        if first.1
            && let Some(renewed) = self.known.renewed().await
        {
            return match self.checked(id_token, tokens, &renewed, nonce) {
                Ok(()) => payload(id_token),
                Err((why, _)) => Err(Refusal::NotBelieved(why)),
            };
        }
        Err(Refusal::NotBelieved(first.0))
    }

    /// The error says whether other keys could help.
    fn checked(
        &self,
        id_token: &CoreIdToken,
        tokens: &CoreTokenResponse,
        published: &Published,
        nonce: &str,
    ) -> Result<(), (String, bool)> {
        use openidconnect::{ClaimsVerificationError::SignatureVerification, SignatureVerificationError as Wrong};
        let now = seconds(self.clock.now());
        let issuer = published.metadata.issuer().clone();
        let id = ClientId::new(self.settings.client_id.clone());
        // without the secret: whoever knows it must not be able to sign
        let verifier = IdTokenVerifier::new_public_client(id, issuer, published.keys.clone())
            .set_allowed_algs(self.settings.algorithms.iter().map(Into::into))
            .set_time_fn(move || DateTime::from_timestamp(now - LEEWAY, 0).unwrap_or_default());
        let claims = id_token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|error| {
            let by_key = matches!(&error, SignatureVerification(Wrong::NoMatchingKey | Wrong::CryptoError(_)));
            let why = match &error {
                SignatureVerification(why) => why.to_string(),
                other => other.to_string(),
            };
            (short(&format!("its ID token is not valid: {why}")), by_key)
        })?;
        if let Some(expected) = claims.access_token_hash() {
            let hash = id_token.signing_alg().and_then(|algorithm| {
                AccessTokenHash::from_token(tokens.access_token(), algorithm, id_token.signing_key(&verifier)?)
                    .map_err(|e| Wrong::Other(e.to_string()))
            });
            if hash.as_ref() != Ok(expected) {
                return Err(("its ID token belongs to another access token (at_hash)".to_owned(), false));
            }
        }
        let all = signature::payload(&id_token.to_string()).ok_or(("its ID token cannot be read".to_owned(), false))?;
        check_claims(&all, &self.settings.client_id, now)
            .map_err(|why| (format!("its ID token is not valid: {why}"), false))
    }

    /// Adds the claims that only the UserInfo endpoint gives out. What the ID token says stands.
    async fn ask_for_more(
        &self,
        client: &Client,
        tokens: &CoreTokenResponse,
        subject: &str,
        claims: &mut Value,
    ) -> Result<(), Refusal> {
        let subject = openidconnect::SubjectIdentifier::new(subject.to_owned());
        let request = client.user_info(tokens.access_token().clone(), Some(subject));
        let request = request.map_err(|_| Refusal::NotBelieved("it has no UserInfo endpoint".to_owned()))?;
        let more: UserInfoClaims<Others, CoreGenderClaim> = request
            .request_async(&self.wire)
            .await
            .map_err(|e| Refusal::NotBelieved(short(&format!("its UserInfo is not valid: {e}"))))?;
        let mut more = serde_json::to_value(&more).unwrap_or_default();
        // an address is verified where it stands: what is said of this one is said of no other
        if let (Some(known), Some(more)) = (claims.get("email"), more.as_object_mut())
            && more.get("email") != Some(known)
        {
            more.remove("email_verified");
        }
        if let (Some(claims), Value::Object(more)) = (claims.as_object_mut(), more) {
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(())
    }
}

/// The claims of an ID token that has been checked, all of them.
fn payload(id_token: &CoreIdToken) -> Result<Value, Refusal> {
    let broken = || Refusal::NotBelieved("its ID token cannot be read".to_owned());
    signature::payload(&id_token.to_string()).ok_or_else(broken)
}

fn seconds(at: Timestamp) -> i64 {
    at.micros() / 1_000_000
}
