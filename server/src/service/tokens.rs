//! Access tokens: made for a person or a machine, listed without their secret, ended at once. Platform engineers alone may, and each act is audited.

use super::{
    Asker, Services,
    kinds::Served,
    metadata::cause,
    objects::{Precondition, WriteOptions, Written, checked},
};
use domain::{
    Caller, Error, Metadata, Object, Result, Timestamp,
    caller::{Role, Scope, roles},
    object::API_VERSION,
    sign_in::{codes, is_user},
};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use store::{Query, Token};

pub const PLURAL: &str = "tokens";

/// As many as one list shows.
const LISTED: i64 = 1_000;
/// The use of a token is written down at most this often.
const USE_NOTED: Duration = Duration::from_hours(1);
/// A hundred years.
const LONGEST: u64 = 36_500 * 86_400;

/// What is asked for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Asked {
    user: String,
    /// Of a service account they are its own, and none are asked for here.
    roles: Vec<Role>,
    /// Nothing is changed with it.
    read_only: bool,
    /// Good in these alone.
    namespaces: Vec<String>,
    purpose: String,
    /// For ever unless told.
    expiration_seconds: Option<u64>,
}

impl Services {
    pub(crate) async fn create_token(
        &self,
        asker: &Asker,
        served: &Served,
        object: &Object,
        options: WriteOptions,
    ) -> Result<Written> {
        if object.kind != served.kind || object.api_version != served.api_version() {
            return Err(Error::bad_request(format!("a {} of {} is expected here", served.kind, served.api_version())));
        }
        let asked: Asked = checked(&object.spec, served, &object.metadata.name)?;
        let refused = |field: &str, message: String| {
            let cause = cause("FieldValueInvalid", field, message);
            Err(forms::admission::refusal(&served.invalid_name(&object.metadata.name), vec![cause]))
        };
        if !object.metadata.name.is_empty() || !object.metadata.generate_name.is_empty() {
            return refused("metadata.name", "tokens are named by the server: leave it out".to_owned());
        }
        if !is_user(&asked.user) {
            let message = "must be a name of at most 63 letters, digits, dots, dashes, underscores and at signs";
            return refused("spec.user", format!("{:?} {message}", asked.user));
        }
        if asked.purpose.chars().count() > 200 || asked.purpose.contains(char::is_control) {
            return refused("spec.purpose", "must be one line of at most 200 characters".to_owned());
        }
        let account =
            self.store.person(&asked.user).await?.filter(|person| person.issuer == super::users::SERVICE_ACCOUNT);
        if account.is_none() == asked.roles.is_empty() {
            let message = if account.is_some() {
                "must be left out: a token of a service account has the account's"
            } else {
                "must hold developer, platform or both"
            };
            return refused("spec.roles", message.to_owned());
        }
        if let Some(at) = asked.namespaces.iter().position(|name| !domain::name::is_label(name)) {
            return refused(&format!("spec.namespaces[{at}]"), "is no name of a namespace".to_owned());
        }
        if let Some(seconds) = asked.expiration_seconds
            && !(60..=LONGEST).contains(&seconds)
        {
            return refused("spec.expirationSeconds", format!("must be from 60 to {LONGEST}"));
        }
        let groups =
            Role::ALL.into_iter().filter(|role| asked.roles.contains(role)).map(|role| role.group().to_owned());
        let caller = Caller { name: asked.user, groups: groups.collect(), ..Caller::default() };
        let expires = asked.expiration_seconds.map(|seconds| self.now() + Duration::from_secs(seconds));
        let (mut token, text) = self.new_token(&caller, &asked.purpose, expires);
        if let Some(account) = account {
            token.data = json!({"person": account.name, "id": account.id});
        }
        let scope = Scope { read_only: asked.read_only, namespaces: asked.namespaces };
        if scope != Scope::default() {
            token.data["scope"] = json!(scope);
        }
        let mut made = told(&token);
        if !options.dry_run {
            // first: what is not written down must not be possible
            self.store.commit(vec![self.audit(asker, "create", None, Some(&made))]).await?;
            self.store.insert_token(&token).await?;
            made.status["token"] = json!(text);
        }
        Ok(Written { object: made, warnings: Vec::new(), changed: true })
    }

    pub(crate) async fn revoke_token(
        &self,
        asker: &Asker,
        name: &str,
        precondition: &Precondition,
        served: &Served,
        options: WriteOptions,
    ) -> Result<Written> {
        let object = self.token(name).await?;
        precondition.check(&object, served)?;
        if !options.dry_run {
            self.store.commit(vec![self.audit(asker, "delete", Some(&object), None)]).await?;
            self.store.revoke_token(&object.metadata.uid).await?;
        }
        Ok(Written { object, warnings: Vec::new(), changed: true })
    }

    pub(crate) async fn token(&self, name: &str) -> Result<Object> {
        let found = self.store.token(&name.replace('-', "_")).await?;
        found.as_ref().map(told).ok_or_else(|| Error::not_found("tokens.midspan.dev", name))
    }

    pub(crate) async fn tokens(&self, query: &Query) -> Result<store::Page> {
        let all = self.store.all_tokens(LISTED).await?;
        let named = |object: &Object| query.name.as_ref().is_none_or(|name| *name == object.metadata.name);
        let objects = all.iter().map(told).filter(named).collect();
        Ok(store::Page { objects, version: self.store.version().await?, next: None, remaining: None })
    }

    /// A token and its text, which nobody keeps.
    pub(super) fn new_token(&self, caller: &Caller, purpose: &str, expires: Option<Timestamp>) -> (Token, String) {
        let text = codes::token(&self.ids.secret());
        let token = Token {
            id: self.ids.uid("token"),
            hash: domain::Digest::of(&text).to_string(),
            subject: caller.name.clone(),
            name: purpose.to_owned(),
            created: self.now(),
            expires,
            used: None,
            data: json!({"groups": caller.groups}),
        };
        (token, text)
    }

    /// Writes down that a token is in use, now and then.
    pub(super) async fn note_use(&self, token: &Token) {
        let now = self.now();
        if token.used.is_some_and(|used| now < used + USE_NOTED) {
            return;
        }
        if let Err(error) = self.store.touch_token(&token.id, now).await {
            tracing::warn!(%error, "the use of a token is not written down");
        }
    }
}

/// A token as an object: all but its secret.
pub(super) fn told(token: &Token) -> Object {
    let groups: Vec<String> =
        token.data.get("groups").and_then(|groups| serde_json::from_value(groups.clone()).ok()).unwrap_or_default();
    let roles = roles(&groups);
    // one that somebody has given themselves has the rights of its owner
    let is_own = token.data.get("person").is_some();
    let mut status = json!({"roles": if is_own { "its owner's".to_owned() } else { roles.join(", ") }});
    if let Some(scope) = token.data.get("scope").filter(|scope| !scope.is_null()) {
        status["scope"] = scope.clone();
    }
    for (key, at) in [("expires", token.expires), ("lastUsed", token.used)] {
        if let Some(at) = at {
            status[key] = json!(at.to_second());
        }
    }
    Object {
        api_version: API_VERSION.to_owned(),
        kind: "Token".to_owned(),
        metadata: Metadata {
            name: token.id.replace('_', "-"),
            uid: token.id.clone(),
            generation: 1,
            creation_timestamp: Some(token.created.to_second()),
            ..Metadata::default()
        },
        spec: json!({"user": token.subject, "roles": roles, "purpose": token.name}),
        status,
        ..Object::default()
    }
}
