//! What `/me` and `/device` show: who one is, where one is signed in, which tokens one has.

use super::ServerPortal;
use crate::{http::device, service::people::Persona};
use app::pages::{
    device::DevicePage,
    me::{MePage, SessionRow, TokenRow},
};
use domain::{Result, Timestamp, caller::Scope, caller::roles};
use store::Token;

/// So many of each are shown.
const MOST: i64 = 100;

impl ServerPortal {
    pub(super) async fn device_page(&self, code: &str) -> Result<DevicePage> {
        // whoever guesses codes is slowed down where they are answered; here a look costs a try too
        self.doors.look_at_code(&self.asker)?;
        device::shown(&self.doors, code).await
    }

    pub(super) async fn me_page(&self) -> Result<MePage> {
        let (store, now) = (&self.doors.services.store, self.doors.services.now());
        let caller = &self.asker.caller;
        let profile = store.person(&caller.name).await?.map(|person| person.profile).unwrap_or_default();
        let this = &self.asker.session;
        let session = |session: store::Session| SessionRow {
            is_this: session.id == *this,
            provider: self.through(&session.provider),
            id: session.id,
            client: session.client,
            created: session.created,
            seen: session.seen,
        };
        // a token that may do less than its owner does not look into their other things
        let (found, mut tokens) = if caller.is_whole() {
            (store.sessions_of(&caller.name, now, MOST).await?, store.tokens(&caller.name).await?)
        } else {
            (Vec::new(), Vec::new())
        };
        let sessions: Vec<_> = found.into_iter().map(session).collect();
        tokens.reverse();
        let signed_in_by =
            sessions.iter().find(|row| row.is_this).map_or_else(|| self.otherwise(), |row| row.provider.clone());
        Ok(MePage {
            title: profile.title,
            email: profile.email,
            signed_in_by,
            roles: roles(&caller.groups).join(", "),
            groups: caller.groups.clone(),
            sessions,
            tokens: tokens.iter().take(usize::try_from(MOST).unwrap_or(100)).map(|token| row(token, now)).collect(),
            no_tokens: self.no_tokens(),
            keys_off: self.asker.taste.keys_off,
            ..MePage::default()
        })
    }

    /// How somebody got in, in words.
    fn through(&self, provider: &str) -> String {
        match self.doors.sign_in.provider(provider) {
            Some(provider) => provider.title().to_owned(),
            None => "a token or a password".to_owned(),
        }
    }

    fn otherwise(&self) -> String {
        let in_dev = self.doors.dev && Persona::by_name(&self.asker.caller.name).is_some();
        if in_dev { "development mode".to_owned() } else { "a token or a password".to_owned() }
    }

    fn no_tokens(&self) -> String {
        if self.asker.may_give_tokens {
            return String::new();
        }
        "A browser that was signed in with a token or a password makes no further tokens. The platform team does, with midspan token create.".to_owned()
    }
}

fn row(token: &Token, now: Timestamp) -> TokenRow {
    TokenRow {
        id: token.id.clone(),
        purpose: if token.name.is_empty() { "Token".to_owned() } else { token.name.clone() },
        scope: scope(token),
        created: token.created,
        used: token.used,
        expires: token.expires.map(|at| at.to_string().chars().take(10).collect()).unwrap_or_default(),
        has_expired: token.expires.is_some_and(|at| at <= now),
    }
}

fn scope(token: &Token) -> String {
    let scope: Option<Scope> =
        token.data.get("scope").and_then(|scope| serde_json::from_value(scope.clone()).ok()).unwrap_or_default();
    let Some(scope) = scope else { return "Everything you may".to_owned() };
    let what = if scope.read_only { "Reading" } else { "Everything you may" };
    if scope.namespaces.is_empty() { what.to_owned() } else { format!("{what}, in {}", scope.namespaces.join(", ")) }
}
