//! Health: a promise's rules asked about a resource as it stands, what others have recorded about it, and the looks of its probe, which are made
//! beside everything else and hold nothing up.

mod definition;

pub use definition::faults;

use crate::{
    children,
    driver::{Batch, Orchestrator},
    outputs,
    resource_pass::wake,
    spec_secrets,
    steps::{Folders, StepInput, condition, given::Given},
    tenure::Tenure,
};
use domain::{
    ErrorKind, Object, Result,
    digest::derive_uid,
    health::{HEALTH_OF, HEALTH_RECORD, HealthRecord, ProbeKind, ProbeSpec, Probed, Verdict, health_of},
    object::Typed,
    plan::{Observed, Offer, Plan, Ruled, asked_about},
    promise::{KRATIX_GROUP, Promise},
    run::Workflow,
    selector::{Requirement, Selector},
    status::ResourceStatus,
    workflow::Step,
};
use forms::rules::Condition;
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use store::{Op, Query};

/// What a rule may speak of. `object` is the same as `resource`.
const NAMES: [&str; 5] = ["resource", "object", "promise", "status", "children"];
/// So many records of one resource are looked at.
const RECORDS: i64 = 50;
/// A look that finds no room for so long is lost, and is made again later.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an outcome is tried to be kept; the next look finds it out as well.
const TRIES: u32 = 5;

/// Answers a plan that asks for the rules.
pub(crate) fn judge(plan: &mut Plan) {
    let next = &plan.next;
    let offer = next.offer.clone();
    let spec = offer.as_ref().and_then(|offer| Some((offer, offer.promise.spec.health.as_ref()?)));
    let verdicts = spec.map_or_else(Vec::new, |(offer, spec)| {
        let mut resource = next.resource.clone();
        resource.status = asked_about(&ResourceStatus::read(&resource.status));
        let mut values = condition::values(&resource, offer, Map::new());
        values.retain(|(name, _)| NAMES.contains(name));
        values.push(("children", Value::Object(children::seen(&next.children))));
        let words = |message: &str| definition::words(message, input(next, offer, resource.clone(), Step::default()));
        spec.rules.iter().map(|rule| verdict(&rule.when, &rule.message, &values, words)).collect()
    });
    plan.next.ruled = Some(Ruled::about(&plan.next.resource, verdicts));
}

fn verdict(when: &str, message: &str, values: &[(&str, Value)], words: impl Fn(&str) -> Result<String>) -> Verdict {
    match Condition::read(when, &NAMES, "").and_then(|condition| condition.holds(values)) {
        Err(error) => Err(error.message),
        Ok(false) => Ok(None),
        // a rule that holds holds, even if its words cannot be filled in
        Ok(true) => Ok(Some(words(message).unwrap_or_else(|error| format!("{message} ({})", error.message)))),
    }
}

/// What a template about a resource is given outside of any run.
fn input(next: &Observed, offer: &Offer, object: Object, step: Step) -> StepInput {
    let sequence = next.probe.as_ref().map_or(0, |probe| probe.status.sequence).to_string();
    StepInput {
        promise: offer.promise.name.clone(),
        promise_version: offer.promise.version.clone(),
        workflow: Workflow::Configure,
        act: None,
        run: String::new(),
        pipeline: "health".to_owned(),
        step,
        volumes: Vec::new(),
        given: Given { namespace: object.metadata.namespace.clone(), ..Given::default() },
        last: true,
        plural: String::new(),
        idempotency_key: derive_uid("look", &[&object.metadata.uid, &sequence]),
        fence: next.holder.fence,
        before: Folders::default(),
        children: children::seen(&next.children),
        secrets_to_mask: Vec::new(),
        object,
    }
}

impl Orchestrator {
    /// What others have recorded about a resource, or a promise. Where nobody writes records this asks once a batch.
    pub(crate) async fn records(&self, resource: &Object, batch: &Batch) -> Result<Vec<HealthRecord>> {
        let (promise, of) = (resource.facets().promise, &resource.metadata);
        let subject = if Promise::is_promise(resource.group(), &resource.kind) {
            health_of(&of.name, "", "")
        } else if promise.is_empty() {
            return Ok(Vec::new());
        } else {
            health_of(promise, &of.namespace, &of.name)
        };
        let all = || Query::of_kind(KRATIX_GROUP, HEALTH_RECORD);
        let store = &self.inner.store;
        let any = batch
            .records
            .get_or_try_init(async || store.find(&Query { limit: 1, ..all() }).await.map(|found| !found.is_empty()))
            .await?;
        if !any {
            return Ok(Vec::new());
        }
        let labels = Selector { requirements: vec![Requirement::In(HEALTH_OF.to_owned(), vec![subject])] };
        let found = store.find(&Query { labels, deleting: Some(false), limit: RECORDS, ..all() }).await?;
        // one that was stored by other rules is nobody's verdict
        let mut records: Vec<_> = found.iter().filter_map(|object| HealthRecord::read(object).ok()).collect();
        records.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        Ok(records)
    }

    /// Makes the look that the committed plan has begun. Returns at once.
    pub(crate) fn probe(&self, next: Arc<Observed>, tenure: Arc<Tenure>) {
        let orchestrator = self.clone();
        self.inner.tasks.spawn(async move {
            let looking = orchestrator.ask(&next);
            tokio::select! {
                // whoever plans next finds that the look was lost
                () = tenure.over.cancelled() => {}
                () = orchestrator.inner.stop.cancelled() => {}
                () = looking => {}
            }
        });
    }

    async fn ask(&self, next: &Observed) {
        let offer = next.offer.clone();
        let spec = offer.as_ref().and_then(|offer| Some((offer, offer.promise.spec.health.as_ref()?.probe.as_ref()?)));
        let (Some((offer, spec)), Some(probe)) = (spec, &next.probe) else { return };
        let Ok(Ok(_room)) = tokio::time::timeout(PATIENCE, self.inner.all_probes.clone().acquire_owned()).await else {
            tracing::warn!(resource = next.resource.metadata.uid, "no room for a probe; it is made later");
            return;
        };
        metrics::counter!("midspan_probes").increment(1);
        let probed = match self.asking(next, offer, spec).await {
            Ok(input) => self.inner.runner.probe(input).await,
            Err(error) if error.kind == ErrorKind::ServiceUnavailable => return,
            Err(error) => Probed::Unasked(error.message),
        };
        for _ in 0..TRIES {
            match self.take_down(next, &probe.metadata.uid, probe.status.sequence, &probed).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(%error, probe = probe.metadata.uid, "cannot keep what a probe found"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What the probe's call is given: the resource as a step would see it.
    async fn asking(&self, next: &Observed, offer: &Offer, spec: &ProbeSpec) -> Result<StepInput> {
        let mut secrets = outputs::known_secrets(&self.inner.store, &next.resource).await?;
        let mut object = self.inner.offers.completed(offer, next.resource.clone());
        spec_secrets::open(&self.inner.store, &self.inner.offers, offer, &mut object, &mut secrets).await?;
        self.fill_in(&mut object, &next.inputs, true, &mut secrets).await?;
        Ok(StepInput { secrets_to_mask: secrets, ..input(next, offer, object, definition::step(spec)) })
    }

    async fn take_down(&self, next: &Observed, uid: &str, sequence: i64, probed: &Probed) -> Result<()> {
        let now = self.inner.clock.now();
        let Some(row) = self.inner.store.by_uid(uid).await? else { return Ok(()) };
        let mut probe = Typed::<ProbeKind>::parse(row)?;
        if !probe.record(sequence, probed.clone(), now) {
            return Ok(());
        }
        let of = &next.resource.metadata;
        self.inner.store.commit(vec![Op::Update(probe.to_object()), wake(&of.uid, &of.namespace, now)]).await?;
        Ok(())
    }
}
