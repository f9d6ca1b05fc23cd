//! Which kinds are served: Midspan's own and one for each promise, the moment it is applied.

use super::Services;
use domain::{
    Error, ErrorKind, Metadata, Object, Result,
    object::{API_VERSION, GROUP, VERSION},
    plan::{Dependent, Offer, Surroundings},
    promise::{self, KRATIX_GROUP, Promise, PromiseName, RequiredBy, Requirement, RequirementState, RequirementStatus},
};
use forms::schema::Schema;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use store::{Query, Store};

/// A kind that clients can talk about.
#[derive(Clone, Debug)]
pub struct Served {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub short_names: Vec<String>,
    pub namespaced: bool,
    pub origin: Origin,
    /// Of the promise that offers it; empty for Midspan's own.
    pub promise_uid: String,
}

/// Who writes a kind, and so what a change of it means.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Written by people: state stores, destinations.
    Platform,
    /// A promise document, Midspan's or Kratix's.
    Promise,
    /// Where a promise is installed from.
    Release,
    /// Written by Midspan alone: revisions, runs, works, placements, probes, requests.
    Derived,
    /// A kind that a promise offers.
    Promised(Arc<Promised>),
    Namespace,
    /// Values for state stores and steps: sealed, or in the open.
    Secret,
    ConfigMap,
    /// Kratix's `ResourceBinding`.
    Binding,
    /// Kratix's `HealthRecord`.
    Health,
    /// Rows of another kind as Kratix's clients know them: read only.
    View,
    /// The time line, read as Kubernetes events.
    Events,
    /// Access tokens, which stand in a table of their own.
    Token,
    /// People and service accounts, likewise.
    User,
}

/// A promise's current offer with its schema compiled.
pub struct Promised {
    pub offer: Arc<Offer>,
    pub schema: Schema,
}

impl std::fmt::Debug for Promised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Promised").field("revision", &self.offer.revision).finish_non_exhaustive()
    }
}

impl Served {
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `postgresqls.data.example.com`, as messages name a kind.
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `Postgresql.data.example.com "shop"`, as messages name an invalid object.
    pub fn invalid_name(&self, name: &str) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        format!("{}{group} {name:?}", self.kind)
    }

    pub fn promised(&self) -> Option<&Arc<Promised>> {
        match &self.origin {
            Origin::Promised(promised) => Some(promised),
            _ => None,
        }
    }
}

/// The served kinds as of some version of the store.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub kinds: Vec<Arc<Served>>,
    /// Every promise, those without an API too, by name.
    pub promises: BTreeMap<String, Published>,
    /// The store's version when it was made.
    as_of: i64,
    /// The version of the newest promise in it: whoever relies on knowing all promises makes sure that there is no newer one.
    pub(crate) newest: i64,
}

/// What the snapshot knows of a promise beside its API.
#[derive(Clone, Debug)]
pub struct Published {
    pub uid: String,
    pub version: String,
    pub available: bool,
    pub requires: Vec<Requirement>,
}

impl Snapshot {
    /// What a promise sees of the others: as much as is known without asking for their older versions.
    pub fn around(&self, promise: &Promise) -> Surroundings {
        let requires = promise.spec.requires.iter().map(|required| RequirementStatus {
            name: required.name.clone(),
            version: required.version.clone(),
            state: match self.promises.get(&required.name) {
                None => RequirementState::NotInstalled,
                Some(other) if !required.version.is_empty() && other.version != required.version => {
                    RequirementState::Unknown
                }
                Some(other) if !other.available => RequirementState::NotAvailable,
                Some(_) => RequirementState::Installed,
            },
        });
        let required_by = self.promises.iter().filter_map(|(name, other)| {
            let required = other.requires.iter().find(|required| required.name == promise.name)?;
            let name = PromiseName { name: name.clone(), version: other.version.clone() };
            let told = RequiredBy { promise: name, required_version: required.version.clone() };
            Some(Dependent { uid: other.uid.clone(), told })
        });
        Surroundings { requires: requires.collect(), required_by: required_by.collect(), ..Surroundings::default() }
    }

    /// The keys of the promises that require this one.
    pub fn dependents(&self, promise: &str) -> impl Iterator<Item = &str> {
        let requires = move |published: &&Published| published.requires.iter().any(|required| required.name == promise);
        self.promises.values().filter(requires).map(|published| published.uid.as_str())
    }

    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Served>> {
        self.kinds.iter().find(|kind| kind.group == group && kind.version == version && kind.plural == plural).cloned()
    }

    pub fn by_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Served>> {
        self.kinds.iter().find(|served| served.kind == kind && served.api_version() == api_version).cloned()
    }

    pub fn by_promise(&self, promise: &str) -> Option<Arc<Served>> {
        self.kinds
            .iter()
            .find(|served| served.promised().is_some_and(|promised| promised.offer.promise.name == promise))
            .cloned()
    }
}

/// Keeps the snapshot and the compiled schemas.
#[derive(Default)]
pub struct Kinds {
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held while a promise is published, from the look at who offers what until its own kind is served.
    pub(crate) publishing: tokio::sync::Mutex<()>,
    /// By revision, which never changes.
    promised: Mutex<HashMap<String, Arc<Promised>>>,
}

impl Kinds {
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Of two that are made at a time the later one stays, whichever is ready first.
    fn replace(&self, snapshot: Snapshot) {
        let mut current = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        if snapshot.as_of >= current.as_of {
            *current = Arc::new(snapshot);
        }
    }

    pub(crate) fn compiled(&self, offer: Arc<Offer>) -> Result<Arc<Promised>> {
        let mut all = self.promised.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(promised) = all.get(&offer.revision) {
            return Ok(promised.clone());
        }
        let schema = schema_of(&offer.promise)?;
        let promised = Arc::new(Promised { offer: offer.clone(), schema });
        all.insert(offer.revision.clone(), promised.clone());
        Ok(promised)
    }
}

/// The compiled schema of a promise's API.
pub fn schema_of(promise: &Promise) -> Result<Schema> {
    let schema = promise.spec.api.as_ref().map_or(serde_json::Value::Null, |api| api.schema.clone());
    let schema = if schema.is_null() { serde_json::json!({"type": "object"}) } else { schema };
    Schema::parse_structural(&domain::reference::described(&schema)).map_err(|mut error| {
        error.message = format!("Promise {:?} is invalid: spec.api.schema: {}", promise.name, error.message);
        error.kind = ErrorKind::Invalid;
        error
    })
}

impl Services {
    /// Reads the promises again. Called after every change of one, by this replica or another.
    pub async fn refresh_kinds(&self) -> Result<()> {
        let as_of = self.store.version().await?;
        let kinds = own_kinds().into_iter().map(Arc::new).collect();
        let mut snapshot = Snapshot { kinds, as_of, ..Snapshot::default() };
        for promise in promises(&self.store).await? {
            let Metadata { name, uid, resource_version, .. } = promise.metadata.clone();
            snapshot.newest = snapshot.newest.max(resource_version);
            match self
                .offers
                .current(&self.store, &name)
                .await
                .and_then(|offer| offer.map(|offer| self.kinds.compiled(offer)).transpose())
            {
                Ok(Some(promised)) => {
                    let told = &promised.offer.promise;
                    let (version, requires) = (told.version.clone(), told.spec.requires.clone());
                    let available =
                        promise.status["status"] == "Available" && promise.metadata.deletion_timestamp.is_none();
                    snapshot.promises.insert(name, Published { uid: uid.clone(), version, available, requires });
                    snapshot.kinds.extend(served(promised, uid).map(Arc::new));
                }
                Ok(None) => {}
                // one promise that cannot be read must not take the others down
                Err(error) => tracing::error!(promise = name, %error, "promise is not served"),
            }
        }
        self.kinds.replace(snapshot);
        Ok(())
    }

    /// After a write that knew of promises up to a version: whether there are others by now, so that it may be tried again.
    pub(crate) async fn promises_moved(&self, served: &Served, known: i64) -> Result<bool> {
        if !matches!(served.origin, Origin::Promise) {
            return Ok(false);
        }
        self.refresh_kinds().await?;
        Ok(self.kinds.snapshot().newest != known)
    }

    /// The kind at an address of the API.
    pub fn served(&self, group: &str, version: &str, plural: &str) -> Result<Arc<Served>> {
        self.kinds.snapshot().find(group, version, plural).ok_or_else(not_served)
    }
}

pub(crate) fn not_served() -> Error {
    Error::new(ErrorKind::NotFound, "the server could not find the requested resource")
}

async fn promises(store: &Store) -> Result<Vec<Object>> {
    let mut all = Vec::new();
    for group in promise::GROUPS {
        all.extend(store.list(&Query::of_kind(group, "Promise")).await?.objects);
    }
    Ok(all)
}

fn served(promised: Arc<Promised>, promise_uid: String) -> Option<Served> {
    let api = promised.offer.promise.spec.api.clone()?;
    Some(Served {
        group: api.group,
        version: api.version,
        kind: api.kind,
        plural: api.plural,
        singular: api.singular,
        short_names: api.short_names,
        namespaced: true,
        origin: Origin::Promised(promised),
        promise_uid,
    })
}

/// The kinds that are there before any promise.
pub fn own_kinds() -> Vec<Served> {
    let own = |kind: &str, plural: &str, namespaced: bool, origin: Origin| Served {
        group: GROUP.to_owned(),
        version: VERSION.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        singular: kind.to_lowercase(),
        short_names: Vec::new(),
        namespaced,
        origin,
        promise_uid: String::new(),
    };
    let core = |kind: &str, plural: &str, short: &str, namespaced: bool, origin: Origin| Served {
        group: String::new(),
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        singular: kind.to_lowercase(),
        short_names: vec![short.to_owned()],
        namespaced,
        origin,
        promise_uid: String::new(),
    };
    let kratix = |kind: &str, plural: &str, namespaced: bool, origin: Origin| Served {
        group: KRATIX_GROUP.to_owned(),
        ..own(kind, plural, namespaced, origin)
    };
    debug_assert_eq!(API_VERSION, format!("{GROUP}/{VERSION}"));
    vec![
        core("Namespace", "namespaces", "ns", false, Origin::Namespace),
        core("Event", "events", "ev", true, Origin::Events),
        Served { short_names: Vec::new(), ..core("Secret", "secrets", "", true, Origin::Secret) },
        core("ConfigMap", "configmaps", "cm", true, Origin::ConfigMap),
        own("Promise", "promises", false, Origin::Promise),
        own("Revision", "revisions", false, Origin::Derived),
        own("StateStore", "statestores", false, Origin::Platform),
        own("Destination", "destinations", false, Origin::Platform),
        own("Request", "requests", true, Origin::Derived),
        own("Run", "runs", true, Origin::Derived),
        own("Work", "works", true, Origin::Derived),
        own("Placement", "placements", true, Origin::Derived),
        own("Probe", "probes", true, Origin::Derived),
        own("Token", super::tokens::PLURAL, false, Origin::Token),
        own("User", super::users::PLURAL, false, Origin::User),
        kratix("Promise", "promises", false, Origin::Promise),
        kratix("ResourceBinding", "resourcebindings", true, Origin::Binding),
        kratix("HealthRecord", "healthrecords", true, Origin::Health),
        kratix("PromiseRevision", "promiserevisions", false, Origin::View),
        kratix("PromiseRelease", "promisereleases", false, Origin::Release),
        Served {
            short_names: vec!["dest".to_owned(), "dests".to_owned()],
            ..kratix("Destination", "destinations", false, Origin::Platform)
        },
        kratix("GitStateStore", "gitstatestores", false, Origin::Platform),
        kratix("BucketStateStore", "bucketstatestores", false, Origin::Platform),
    ]
}
