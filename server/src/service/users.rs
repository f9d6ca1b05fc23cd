//! Who has a name here, served as objects of the kind `User`: people, who come through a provider, and service accounts, which are made here.

use super::{
    Asker, Services,
    kinds::Served,
    metadata::cause,
    objects::{Precondition, WriteOptions, Written, checked},
    patches::Change,
};
use domain::{
    Error, Metadata, Object, Result,
    caller::{Role, roles},
    object::API_VERSION,
    sign_in::{Profile, is_reserved, is_user},
};
use serde::Deserialize;
use serde_json::json;
use store::{Person, Query};

pub const PLURAL: &str = "users";
/// Who vouches for service accounts: no provider can, since an issuer is an address.
pub const SERVICE_ACCOUNT: &str = "midspan:service-account";
/// As many as one list shows.
const LISTED: i64 = 1_000;

/// What is asked for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Asked {
    roles: Vec<Role>,
    /// What it is for.
    title: String,
    disabled: bool,
    /// Told, not asked.
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Services {
    pub(crate) async fn create_user(
        &self,
        asker: &Asker,
        served: &Served,
        object: &Object,
        options: WriteOptions,
    ) -> Result<Written> {
        if object.kind != served.kind || object.api_version != served.api_version() {
            return Err(Error::bad_request(format!("a {} of {} is expected here", served.kind, served.api_version())));
        }
        let name = &object.metadata.name;
        let asked: Asked = checked(&object.spec, served, name)?;
        let refused = |field: &str, message: &str| {
            let cause = cause("FieldValueInvalid", field, message.to_owned());
            Err(forms::admission::refusal(&served.invalid_name(name), vec![cause]))
        };
        if !is_user(name) {
            return refused("metadata.name", "must be 1 to 63 letters, digits, dots, dashes, underscores and at signs");
        }
        if is_reserved(name) {
            return refused("metadata.name", "stands for the server's own; choose another");
        }
        if asked.kind.as_deref().is_some_and(|kind| kind != "serviceAccount") {
            return refused("spec.type", "must be serviceAccount: people come through their provider");
        }
        if asked.disabled {
            return refused("spec.disabled", "must not be set on a new one");
        }
        if asked.roles.is_empty() {
            return refused("spec.roles", "must hold developer, platform or both");
        }
        if asked.title.chars().count() > 200 || asked.title.contains(char::is_control) {
            return refused("spec.title", "must be one line of at most 200 characters");
        }
        let groups =
            Role::ALL.into_iter().filter(|role| asked.roles.contains(role)).map(|role| role.group().to_owned());
        let now = self.now();
        let person = Person {
            id: self.ids.uid("user"),
            name: name.clone(),
            issuer: SERVICE_ACCOUNT.to_owned(),
            subject: name.clone(),
            created: now,
            seen: now,
            disabled: false,
            profile: Profile { title: asked.title, groups: groups.collect(), ..Profile::default() },
        };
        let made = told(&person);
        if !options.dry_run {
            // first: what is not written down must not be possible
            self.store.commit(vec![self.audit(asker, "create", None, Some(&made))]).await?;
            if !self.store.insert_person(&person).await? {
                return Err(Error::new(
                    domain::ErrorKind::AlreadyExists,
                    format!("{} {name:?} already exists", served.resource()),
                ));
            }
        }
        Ok(Written { object: made, warnings: Vec::new(), changed: true })
    }

    /// Whether somebody is let in is all that changes. Who is not any more is signed out everywhere, and stays so when they are let in again.
    pub(crate) async fn change_user(
        &self,
        asker: &Asker,
        served: &Served,
        name: &str,
        change: &Change,
        options: WriteOptions,
    ) -> Result<Written> {
        let before = self.user(name).await?;
        let wanted: Asked = checked(&change.apply(&before)?.spec, served, name)?;
        let is: Asked = checked(&before.spec, served, name)?;
        if wanted.roles != is.roles || wanted.title != is.title || wanted.kind != is.kind {
            let cause = cause(
                "FieldValueForbidden",
                "spec",
                "nothing but spec.disabled changes here: roles of people follow from their provider".to_owned(),
            );
            return Err(forms::admission::refusal(&served.invalid_name(name), vec![cause]));
        }
        let mut after = before.clone();
        after.spec["disabled"] = json!(wanted.disabled);
        let changed = wanted.disabled != is.disabled;
        if changed && !options.dry_run {
            self.store.commit(vec![self.audit(asker, "update", Some(&before), Some(&after))]).await?;
            self.store.disable_person(name, wanted.disabled).await?;
            if wanted.disabled {
                self.store.sessions_end_others(name, "").await?;
            }
        }
        Ok(Written { object: after, warnings: Vec::new(), changed })
    }

    /// Forgets somebody, with their tokens and sessions. A person may come again, and is new then.
    pub(crate) async fn delete_user(
        &self,
        asker: &Asker,
        name: &str,
        precondition: &Precondition,
        served: &Served,
        options: WriteOptions,
    ) -> Result<Written> {
        let person = self.store.person(name).await?.ok_or_else(|| absent(name))?;
        let object = told(&person);
        precondition.check(&object, served)?;
        if !options.dry_run {
            self.store.commit(vec![self.audit(asker, "delete", Some(&object), None)]).await?;
            // last of all the person: whoever is cut short here is asked again
            for token in self.store.tokens(name).await?.iter().filter(|token| token.data["person"] == name) {
                self.store.revoke_token(&token.id).await?;
            }
            self.store.sessions_end_others(name, "").await?;
            self.store.forget_views(name).await?;
            self.store.delete_person(name, &person.issuer).await?;
        }
        Ok(Written { object, warnings: Vec::new(), changed: true })
    }

    pub(crate) async fn user(&self, name: &str) -> Result<Object> {
        self.store.person(name).await?.as_ref().map(told).ok_or_else(|| absent(name))
    }

    pub(crate) async fn users(&self, query: &Query) -> Result<store::Page> {
        let people = match &query.name {
            Some(name) => self.store.person(name).await?.into_iter().collect(),
            None => self.store.people(LISTED).await?,
        };
        let objects = people.iter().map(told).collect();
        Ok(store::Page { objects, version: self.store.version().await?, next: None, remaining: None })
    }
}

fn absent(name: &str) -> Error {
    Error::not_found("users.midspan.dev", name)
}

fn told(person: &Person) -> Object {
    let is_account = person.issuer == SERVICE_ACCOUNT;
    let kind = if is_account { "serviceAccount" } else { "person" };
    let roles = roles(&person.profile.groups);
    let mut status =
        json!({"roles": roles.join(", "), "groups": person.profile.groups, "lastSeen": person.seen.to_second()});
    if !is_account {
        status["issuer"] = json!(person.issuer);
        status["subject"] = json!(person.subject);
        status["email"] = json!(person.profile.email);
    }
    Object {
        api_version: API_VERSION.to_owned(),
        kind: "User".to_owned(),
        metadata: Metadata {
            name: person.name.clone(),
            uid: person.id.clone(),
            generation: 1,
            creation_timestamp: Some(person.created.to_second()),
            ..Metadata::default()
        },
        spec: json!({"type": kind, "roles": roles, "title": person.profile.title, "disabled": person.disabled}),
        status,
        ..Object::default()
    }
}
