//! Who comes through a provider: each identity has a name of its own here, and keeps it.

use super::{Asker, Services};
use domain::{Caller, Error, ErrorKind, Result, event::AuditEntry, object::GROUP, sign_in::Profile};
use serde_json::{Value, json};
use store::Person;

/// Whom a provider vouches for.
pub struct Identity<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    /// The name they get who come for the first time; the error says why there is none.
    pub name: Result<String, String>,
    pub profile: Profile,
}

impl Services {
    /// Lets somebody in whom a provider vouches for, with the groups it says now; the error is told to them.
    pub async fn let_in(&self, identity: Identity<'_>) -> Result<Person> {
        let now = self.now();
        if let Some(person) = self.store.person_by_identity(identity.issuer, identity.subject).await? {
            if person.disabled || !self.store.person_came(&person.id, now, &identity.profile).await? {
                return Err(Error::forbidden(format!("{} is not let in here any more.", person.name)));
            }
            return Ok(Person { seen: now, profile: identity.profile, ..person });
        }
        let name = identity.name.map_err(|why| Error::forbidden(format!("Your account has no name here: {why}.")))?;
        let person = Person {
            id: self.ids.uid("person"),
            name,
            issuer: identity.issuer.to_owned(),
            subject: identity.subject.to_owned(),
            created: now,
            seen: now,
            disabled: false,
            profile: identity.profile,
        };
        if self.store.insert_person(&person).await? {
            return Ok(person);
        }
        // their own second sign-in at the same moment, or a name that is somebody else's
        match self.store.person_by_identity(identity.issuer, identity.subject).await? {
            Some(known) if !known.disabled => Ok(known),
            _ => Err(Error::forbidden(format!(
                "The name {} belongs to somebody else here; the platform team can sort that out.",
                person.name
            ))),
        }
    }

    /// What somebody may do now, whenever they signed in. The id tells them from another who has come to their name since.
    pub async fn caller_of_person(&self, name: &str, id: &str) -> Result<Caller> {
        let refused = || Error::new(ErrorKind::Unauthorized, "Unauthorized");
        let known = self.store.person(name).await?;
        let person = known.filter(|person| !person.disabled && person.id == id).ok_or_else(refused)?;
        Ok(Caller { name: person.name, groups: person.profile.groups, ..Caller::default() })
    }

    /// The audit line of somebody who came in, went, or was turned away.
    pub(crate) fn audit_of_sign_in(&self, asker: &Asker, verb: &str, outcome: &str, data: Value) -> store::Op {
        let mut told = json!({"requestId": asker.request_id, "address": asker.address});
        if let (Some(told), Value::Object(data)) = (told.as_object_mut(), data) {
            told.extend(data);
        }
        store::Op::Audit(AuditEntry {
            at: self.now(),
            actor: asker.caller.name.clone(),
            verb: verb.to_owned(),
            group: GROUP.to_owned(),
            kind: "Session".to_owned(),
            outcome: outcome.to_owned(),
            source: asker.source.clone(),
            data: told,
            ..AuditEntry::default()
        })
    }
}
