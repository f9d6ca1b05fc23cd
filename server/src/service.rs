//! The verbs. Each authorises, validates, changes everything in one transaction and wakes who must act; doors only translate.

pub mod actions;
mod bindings;
pub mod checks;
mod children;
pub mod drift;
pub mod expiry;
pub mod form_drafts;
mod health_records;
pub mod holders;
pub mod kinds;
mod metadata;
pub mod namespaces;
pub mod objects;
mod outputs;
pub mod patches;
pub mod people;
pub mod persons;
pub mod pins;
pub mod placement;
pub mod places;
pub mod preview;
pub mod promises;
mod references;
mod releases;
mod removal;
pub mod requests;
pub mod resources;
pub mod revisions;
pub mod saved_views;
mod secrets;
mod spec_secrets;
mod steps;
pub mod tokens;
mod unknown;
pub mod users;

use crate::identity::Ids;
use domain::{
    Caller, Clock, Error, Object, Result, Timestamp,
    caller::{self, Asked, Target, Verb},
    event::AuditEntry,
};
use kinds::{Kinds, Origin, Served};
use orchestrator::Offers;
use std::sync::Arc;
use store::Store;

/// Everything a verb needs. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub offers: Arc<Offers>,
    pub kinds: Arc<Kinds>,
}

/// Who asks, through which door: what every change is recorded with.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    pub caller: Caller,
    /// `page`, `api`, `cli`.
    pub source: String,
    pub request_id: String,
    /// Where it comes from; empty for the server itself.
    pub address: String,
    /// The browser's session, as people name it; empty for what is no browser.
    pub session: String,
    /// Whether this browser may make tokens on its owner's rights.
    pub may_give_tokens: bool,
    pub taste: Taste,
    pub errand: Errand,
}

/// How a browser wants its pages. No rule depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taste {
    /// `light` or `dark`; empty = like the system.
    pub theme: String,
    /// Single letters do nothing.
    pub keys_off: bool,
}

/// What a write carries out. Nobody outside can say so of his own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Errand {
    /// The asker's own wish, as it comes in.
    #[default]
    Wish,
    /// The draft request with this uid.
    Draft(String),
    /// What a parent's step asks for.
    Child,
}

impl Services {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The one place where rights are asked for.
    pub fn authorise(&self, asker: &Asker, verb: Verb, served: &Served, namespace: &str) -> Result<()> {
        self.authorise_one(asker, verb, served, namespace, "")
    }

    /// The same for the one object of that name.
    pub fn authorise_one(&self, asker: &Asker, verb: Verb, served: &Served, namespace: &str, name: &str) -> Result<()> {
        let forbidden = |why: String| Error::forbidden(format!("{} is forbidden: {why}", served.resource()));
        if !asker.caller.grants.is_empty() {
            let asked = Asked { group: &served.group, plural: &served.plural, namespace, name };
            return asker.caller.is_granted(verb, asked).map_err(forbidden);
        }
        if let Some(scope) = &asker.caller.scope {
            scope.covers(verb, &served.plural, served.namespaced, namespace).map_err(forbidden)?;
        }
        let target = match &served.origin {
            Origin::Promised(_) | Origin::Binding | Origin::Health => Target::Resource { namespace },
            Origin::Namespace => Target::Namespaces,
            Origin::Token | Origin::User => Target::Tokens,
            Origin::Platform
            | Origin::Release
            | Origin::Promise
            | Origin::Derived
            | Origin::View
            | Origin::Events
            | Origin::Secret
            | Origin::ConfigMap => Target::Platform(&served.plural),
        };
        caller::may(&asker.caller, verb, target).map_err(forbidden)
    }

    /// The audit line of a change.
    pub(crate) fn audit(
        &self,
        asker: &Asker,
        verb: &str,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> store::Op {
        let empty = Object::default();
        let subject = after.or(before).unwrap_or(&empty);
        let told = |object: Option<&Object>| object.map_or(serde_json::Value::Null, |object| object.spec.clone());
        store::Op::Audit(AuditEntry {
            at: self.now(),
            actor: asker.caller.name.clone(),
            verb: verb.to_owned(),
            group: subject.group().to_owned(),
            kind: subject.kind.clone(),
            namespace: subject.metadata.namespace.clone(),
            name: subject.metadata.name.clone(),
            uid: subject.metadata.uid.clone(),
            outcome: "allowed".to_owned(),
            source: asker.source.clone(),
            data: serde_json::json!({"requestId": asker.request_id, "address": asker.address, "before": told(before), "after": told(after)}),
        })
    }
}
