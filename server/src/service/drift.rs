//! How the destinations of a resource stand against what was placed there: told file by file, and looked at anew when somebody asks.

mod veiled;

use super::{Asker, Services, kinds::Served, preview::FileChange};
use domain::{
    Digest, Error, ErrorKind, Object, Result, Timestamp, Typed,
    caller::Verb,
    destination::{StateStoreRef, StateStoreStatus, look_asked},
    drift::{Difference, Drift, LOOK_ASKED, OnDrift},
    object::GROUP,
    placement::{Placement, PlacementKind},
};
use orchestrator::{STORES_LANE, store_key};
use similar::TextDiff;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use store::Op;
use veiled::Veil;

/// How often a question is put again that lost a race against another writer of the store's row.
const ATTEMPTS: usize = 20;
/// A larger file is not compared line by line.
const LARGEST: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_millis(100);

/// How a resource's destinations stand.
pub struct Standing {
    pub policy: OnDrift,
    /// What differs, if anything does.
    pub drift: Option<Drift>,
    pub files: Vec<Differing>,
    pub stores: Vec<Looked>,
}

/// One file that is not as it was placed.
pub struct Differing {
    pub difference: Difference,
    /// As it was placed, and as it was found; neither where it cannot be shown.
    pub change: FileChange,
    /// Why it cannot be shown.
    pub hidden: &'static str,
}

/// A state store, and when it was looked at.
pub struct Looked {
    pub name: String,
    pub at: Option<Timestamp>,
    /// The newest question, and the newest that this answers.
    pub asked: i64,
    pub answered: i64,
    /// Why it cannot be looked at.
    pub failure: String,
}

impl Differing {
    /// From what was placed to what was found, as `diff -u` writes it; empty where it cannot be shown.
    pub fn text(&self) -> String {
        let FileChange { before, after, path, .. } = &self.change;
        let (old, new) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
        if !self.hidden.is_empty() || old.len() + new.len() > LARGEST {
            return String::new();
        }
        let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
        diff.unified_diff().context_radius(3).header(&format!("placed/{path}"), &format!("found/{path}")).to_string()
    }
}

impl Services {
    pub async fn drift(&self, asker: &Asker, served: &Served, namespace: &str, name: &str) -> Result<Standing> {
        self.authorise_one(asker, Verb::Read, served, namespace, name)?;
        let promised =
            served.promised().ok_or_else(|| Error::bad_request(format!("{} are placed nowhere", served.plural)))?;
        let object = self.stored(served, namespace, name).await?;
        let promised = self.bound(promised, &object).await?;
        let placements = self.placements_of(&object).await?;
        let mut stores = Vec::new();
        for key in keys(&placements) {
            let store = self.state_store(&key).await?;
            stores.push(looked(&key, store));
        }
        let files = self.differing(&object, &placements).await?;
        Ok(Standing { policy: promised.offer.promise.on_drift(), drift: Drift::of(&placements), files, stores })
    }

    /// Asks for a look at every store that holds something of the resource. The number is what the stores' answers are told by.
    pub async fn ask_to_look(&self, asker: &Asker, served: &Served, namespace: &str, name: &str) -> Result<i64> {
        self.authorise_one(asker, Verb::Write, served, namespace, name)?;
        let object = self.stored(served, namespace, name).await?;
        let mut newest = self.now().micros();
        for key in keys(&self.placements_of(&object).await?) {
            newest = newest.max(self.ask_store(&key, newest).await?);
        }
        self.store.commit(vec![self.audit(asker, "look", None, Some(&object))]).await?;
        Ok(newest)
    }

    async fn ask_store(&self, key: &str, question: i64) -> Result<i64> {
        for _ in 0..ATTEMPTS {
            let Some(mut store) = self.state_store(key).await? else { return Ok(question) };
            // a later question than any before, whatever the clocks say
            let question = question.max(look_asked(&store.metadata).saturating_add(1));
            store.metadata.annotations.insert(LOOK_ASKED.to_owned(), question.to_string());
            let wake = Op::Wake { key: store_key(key), lane: STORES_LANE.to_owned(), due: self.now() };
            match self.store.commit(vec![Op::Update(store), wake]).await {
                Err(error) if error.kind == ErrorKind::Conflict => {}
                asked => return asked.map(|_| question),
            }
        }
        Err(Error::unavailable(format!("the state store {key} is being changed by others; ask again")))
    }

    async fn state_store(&self, key: &str) -> Result<Option<Object>> {
        let StateStoreRef { kind, name } = StateStoreRef::of_key(key);
        self.store.by_name(kind.group(), kind.as_str(), "", &name).await
    }

    async fn placements_of(&self, object: &Object) -> Result<Vec<Placement>> {
        let owned = self.store.owned(&object.metadata.uid).await?;
        let placements = owned.into_iter().filter(|object| object.group() == GROUP && object.kind == "Placement");
        placements.map(Typed::<PlacementKind>::parse).collect()
    }

    async fn differing(&self, object: &Object, placements: &[Placement]) -> Result<Vec<Differing>> {
        let found = |placement: &Placement| placement.status.drift.clone().map_or_else(Vec::new, |found| found.files);
        let digests: Vec<Digest> = placements
            .iter()
            .flat_map(|one| {
                found(one).into_iter().flat_map(|file| [one.spec.files.get(&file.path).cloned(), file.found])
            })
            .flatten()
            .collect();
        if placements.iter().all(|placement| placement.status.drift.is_none()) {
            return Ok(Vec::new());
        }
        let blobs = self.store.blobs(&digests).await?;
        let veil = Veil::new(orchestrator::outputs::known_secrets(&self.store, object).await?);
        let mut files = Vec::new();
        for placement in placements {
            for file in found(placement) {
                let bytes = |digest: Option<&Digest>| digest.map(|digest| blobs.get(digest).map(Vec::as_slice));
                let placed = bytes(placement.spec.files.get(&file.path));
                let there = bytes(file.found.as_ref()).or((file.change != Difference::Missing).then_some(None));
                let shown = veil.over(placed, there);
                let hidden = shown.as_ref().err().copied().unwrap_or_default();
                let (before, after) = shown.unwrap_or_default();
                let change = FileChange {
                    path: placement.spec.full(&file.path),
                    destination: placement.spec.destination.clone(),
                    before,
                    after,
                };
                files.push(Differing { difference: file.change, change, hidden });
            }
        }
        files.sort_by(|a, b| (&a.change.destination, &a.change.path).cmp(&(&b.change.destination, &b.change.path)));
        Ok(files)
    }
}

fn keys(placements: &[Placement]) -> BTreeSet<String> {
    placements.iter().map(|placement| placement.spec.state_store.clone()).collect()
}

fn looked(key: &str, store: Option<Object>) -> Looked {
    let name = StateStoreRef::of_key(key).name;
    let Some(store) = store else {
        let failure = "the state store is not there".to_owned();
        return Looked { name, at: None, asked: 0, answered: i64::MAX, failure };
    };
    let asked = look_asked(&store.metadata);
    let status: StateStoreStatus = serde_json::from_value(store.status).unwrap_or_default();
    let ready = status.conditions.iter().find(|condition| condition.kind == "Ready");
    let refused = ready.filter(|ready| ready.status == domain::condition::Truth::False);
    let failure = refused.map_or_else(|| status.look.failure.clone(), |ready| ready.message.clone());
    Looked { name, at: status.look.looked_at, asked, answered: status.look.answered, failure }
}

/// What every door tells of it.
pub fn told(standing: &Standing) -> serde_json::Value {
    use serde_json::json;
    let files: Vec<_> = standing
        .files
        .iter()
        .map(|file| {
            let FileChange { path, destination, .. } = &file.change;
            let mut told =
                json!({"path": path, "destination": destination, "change": file.difference, "diff": file.text()});
            if !file.hidden.is_empty() {
                told["hidden"] = json!(file.hidden);
            }
            told
        })
        .collect();
    let stores: BTreeMap<&str, _> = standing
        .stores
        .iter()
        .map(|one| (one.name.as_str(), json!({"lookedAt": one.at, "answered": one.answered, "failure": one.failure})))
        .collect();
    let drift = standing.drift.as_ref();
    json!({
        "kind": "Drift", "apiVersion": domain::object::API_VERSION, "policy": standing.policy,
        "drifted": drift.is_some(), "count": drift.map_or(0, |drift| drift.count), "since": drift.map(|drift| drift.since),
        "message": drift.map_or_else(|| "Everything stands as it was placed".to_owned(), Drift::words),
        "files": files, "stateStores": stores,
    })
}
