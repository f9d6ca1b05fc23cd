//! What a pass looks at beside the object's own rows: a resource's promise, and the promises around a promise.

use crate::driver::{Batch, Orchestrator};
use domain::{
    Object, Result,
    object::{GROUP, Typed},
    plan::{Dependent, Offer, PromiseState, Subject, Surroundings},
    promise::{
        Availability, Promise, PromiseName, PromiseStatus, RequiredBy, Requirement, RequirementState, RequirementStatus,
    },
    reason::Reason,
    run::{RunKind, Workflow, WorkflowType},
    selector::{Requirement as Label, Selector},
};
use store::Query;

/// Resources asked to go with their promise in one pass: bounds its transaction, not the work that gets done.
const TOGETHER: i64 = 100;

/// A promise as the others see it.
pub(crate) struct Known {
    uid: String,
    name: String,
    version: String,
    available: bool,
    deleting: bool,
    requires: Vec<Requirement>,
}

/// The resources of a promise.
pub fn made_from(promise: &str) -> Query {
    Query { promise: Some(promise.to_owned()), resources: true, ..Query::default() }
}

impl Orchestrator {
    /// Whether the object is a resource or a promise, with what matters of the others.
    pub(crate) async fn subject(&self, object: &Object, offer: Option<&Offer>, batch: &Batch) -> Result<Subject> {
        if Promise::is_promise(object.group(), &object.kind) {
            self.around(object, offer, batch).await.map(Subject::Promise)
        } else {
            self.promise_state(object.facets().promise, offer, batch).await.map(Subject::Resource)
        }
    }

    /// What of a revision's requirements is not there.
    pub(crate) async fn unmet(&self, offer: &Offer, batch: &Batch) -> Result<Option<String>> {
        let promises = batch.known.get_or_try_init(|| self.known()).await?;
        for required in &offer.promise.spec.requires {
            let state = self.requirement(required, promises).await?;
            if state != RequirementState::Installed {
                let (promise, state) = (required.name.clone(), state.as_str().to_owned());
                return Ok(Some(Reason::RequirementUnmet { promise, state }.to_string()));
            }
        }
        Ok(None)
    }

    async fn around(&self, object: &Object, offer: Option<&Offer>, batch: &Batch) -> Result<Surroundings> {
        let name = &object.metadata.name;
        let promises = batch.known.get_or_try_init(|| self.known()).await?;
        let mut around = Surroundings::default();
        for required in offer.map_or(&[][..], |offer| &offer.promise.spec.requires) {
            let state = self.requirement(required, promises).await?;
            let (name, version) = (required.name.clone(), required.version.clone());
            around.requires.push(RequirementStatus { name, version, state });
        }
        around.required_by = promises.iter().filter_map(|known| dependent(known, name)).collect();
        if !object.deleting() {
            return Ok(around);
        }
        let store = &self.inner.store;
        around.running = self.running(name).await?;
        around.resources = usize::try_from(store.count(&made_from(name)).await?).unwrap_or(usize::MAX);
        let standing = Query { deleting: Some(false), limit: TOGETHER, ..made_from(name) };
        around.standing = store.find(&standing).await?;
        let revisions =
            Query { labels: labelled(&[("midspan.dev/promise", name)]), ..Query::of_kind(GROUP, "Revision") };
        around.revisions = store.find(&revisions).await?.into_iter().map(|object| object.metadata.uid).collect();
        Ok(around)
    }

    /// A version counts once it has been there, so that a requirement stays met when the required promise goes on.
    async fn requirement(&self, required: &Requirement, promises: &[Known]) -> Result<RequirementState> {
        let Some(known) = promises.iter().find(|known| known.name == required.name) else {
            return Ok(RequirementState::NotInstalled);
        };
        if !required.version.is_empty() && known.version != required.version {
            let labels = [("midspan.dev/promise", known.name.as_str()), ("midspan.dev/version", &required.version)];
            let query = Query { labels: labelled(&labels), ..Query::of_kind(GROUP, "Revision") };
            if self.inner.store.count(&query).await? == 0 {
                return Ok(RequirementState::OtherVersion);
            }
        }
        let there = known.available && !known.deleting;
        Ok(if there { RequirementState::Installed } else { RequirementState::NotAvailable })
    }

    /// Runs of the promise's resources that are on their way, those that remove one aside.
    async fn running(&self, promise: &str) -> Result<usize> {
        let labels = labelled(&[("midspan.dev/promise", promise)]);
        let query = Query { labels, active: Some(true), limit: TOGETHER, ..Query::of_kind(GROUP, "Run") };
        let mut running = 0;
        for object in self.inner.store.find(&query).await? {
            let spec = Typed::<RunKind>::parse(object)?.spec;
            running += usize::from(spec.workflow_type == WorkflowType::Resource && spec.workflow != Workflow::Delete);
        }
        Ok(running)
    }

    async fn known(&self) -> Result<Vec<Known>> {
        let mut all = Vec::new();
        for query in crate::sweep::promises() {
            for object in self.inner.store.find(&query).await? {
                let status = PromiseStatus::read(&object.status);
                let offer = self.inner.offers.by_name(&self.inner.store, &status.revision).await?;
                all.push(Known {
                    deleting: object.deleting(),
                    uid: object.metadata.uid,
                    name: object.metadata.name,
                    version: status.version,
                    available: status.status == Availability::Available,
                    requires: offer.map(|offer| offer.promise.spec.requires.clone()).unwrap_or_default(),
                });
            }
        }
        Ok(all)
    }
}

/// How a promise stands for what was made from it.
pub(crate) fn state(promise: &Object) -> PromiseState {
    let status = PromiseStatus::read(&promise.status);
    if promise.deleting() {
        PromiseState::Leaving { uid: promise.metadata.uid.clone() }
    } else if status.status == Availability::Unavailable {
        PromiseState::Unavailable { why: status.message }
    } else {
        PromiseState::Available
    }
}

fn dependent(known: &Known, on: &str) -> Option<Dependent> {
    let required = known.requires.iter().find(|required| required.name == on)?;
    let promise = PromiseName { name: known.name.clone(), version: known.version.clone() };
    let told = RequiredBy { promise, required_version: required.version.clone() };
    Some(Dependent { uid: known.uid.clone(), told })
}

fn labelled(labels: &[(&str, &str)]) -> Selector {
    let each = labels.iter().map(|(key, value)| Label::In((*key).to_owned(), vec![(*value).to_owned()]));
    Selector { requirements: each.collect() }
}
