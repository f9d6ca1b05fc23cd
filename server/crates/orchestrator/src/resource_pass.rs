//! One pass over one resource: load, plan, compute what is pure, commit the difference, start what is not.

use crate::{
    content::{Content, freeze_input},
    difference::difference,
    driver::{Batch, Orchestrator},
    failpoint,
    steps::{Folders, StepInput, template},
    tenure::{Tenure, lock},
};
use domain::{
    Object, Result,
    digest::Digest,
    binding::BindingKind,
    object::{API_VERSION, GROUP, Kind, Typed},
    plan::{self, Observed, Offer, Plan},
    request::RequestKind,
    run::{Holder, Phase, Run, RunKind, StepAt},
    status::ResourceStatus,
    work::{Files, WorkKind},
};
use std::{collections::BTreeMap, sync::Arc};
use store::{Lease, Op};

impl Orchestrator {
    pub(crate) async fn resource_pass(&self, lease: &Lease, uid: &str, batch: &Batch) -> Result<()> {
        let Some(observed) = self.observe(uid, lease, batch).await? else { return self.settle(lease, None).await };
        let before = observed.clone();
        let now = self.inner.clock.now();
        let mut content = Content::default();
        let mut plan = plan::plan(observed, now);
        while let Some((at, offer)) = pure_step(&plan) {
            self.compute(&mut plan.next, at, &offer, &mut content).await?;
            plan = plan::plan(plan.next, now);
        }
        if let Some(at) = plan.perform {
            freeze_input(&mut plan.next, at, &mut content);
        }
        let ops = difference(&before, &plan, lease, content, now);
        // begun before the intent is committed: no pass may ever find the intent and nobody at it
        let step = plan.perform.zip(plan.next.runs.last());
        let step = step.map(|(at, run)| (at, self.inner.performing.begin(&run.metadata.uid, lease.fence)));
        failpoint::pass("resource.commit");
        self.inner.store.commit(ops).await?;
        failpoint::pass("resource.committed");
        tracing::debug!(uid, reason = plan.reason.code(), "pass");
        if let Some((at, performed)) = step {
            self.perform(plan.next, at, batch.tenure.clone(), performed);
        }
        Ok(())
    }

    async fn observe(&self, uid: &str, lease: &Lease, batch: &Batch) -> Result<Option<Observed>> {
        let store = &self.inner.store;
        let Some((resource, owned)) = lock(&batch.observed).remove(uid) else { return Ok(None) };
        let (mut runs, mut requests, mut works, mut placements) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut binding = None;
        for object in owned {
            match object.kind.as_str() {
                BindingKind::KIND if object.api_version == BindingKind::API_VERSION => {
                    binding = Some(Typed::<BindingKind>::parse(object)?);
                }
                _ if object.api_version != API_VERSION => {}
                RunKind::KIND => runs.push(Typed::<RunKind>::parse(object)?),
                RequestKind::KIND => requests.push(Typed::<RequestKind>::parse(object)?),
                WorkKind::KIND => works.push(Typed::<WorkKind>::parse(object)?),
                "Placement" => placements.push(Typed::parse(object)?),
                _ => {}
            }
        }
        let status = ResourceStatus::read(&resource.status);
        if runs.is_empty() && !status.run.is_empty() {
            let newest = store.by_name(GROUP, RunKind::KIND, &resource.metadata.namespace, &status.run).await?;
            runs.extend(newest.map(Typed::<RunKind>::parse).transpose()?);
        }
        runs.sort_by_key(|run: &Run| run.spec.sequence);
        requests.sort_by_key(|request: &domain::request::Request| request.spec.generation);
        let (course, offer) = self.course(&resource, &status, binding, batch).await?;
        let tenure = &batch.tenure;
        let holder = Holder { replica: tenure.replica.clone(), fence: lease.fence };
        let mut live = self.live_holders(&runs, tenure).await?;
        let held = runs.last().and_then(|run| Some((run, run.step(run.running()?)?.holder.as_ref()?)));
        if held.is_some_and(|(run, held)| {
            held.replica == tenure.replica && !batch.performing.contains(&(run.metadata.uid.clone(), held.fence))
        }) {
            // the intent was stored though its commit was reported lost: it is in our name, and nobody is at it
            live.remove(&tenure.replica);
        }
        Ok(Some(Observed {
            resource,
            runs,
            requests,
            works,
            placements,
            offer,
            course,
            destinations: batch.destinations.clone(),
            live,
            holder,
        }))
    }

    /// The replicas that count as alive. A holder that the last heartbeat did not know may be new: ask again before calling it dead.
    async fn live_holders(&self, runs: &[Run], tenure: &Tenure) -> Result<std::collections::BTreeSet<String>> {
        let live = lock(&self.inner.live).clone();
        let holders = runs
            .iter()
            .flat_map(|run| &run.status.pipelines)
            .flat_map(|p| &p.steps)
            .filter_map(|step| step.holder.as_ref());
        if holders.into_iter().all(|holder| live.contains(&holder.replica)) {
            return Ok(live);
        }
        let mut live = self.inner.store.live_replicas(self.inner.clock.now()).await?;
        live.insert(tenure.replica.clone());
        Ok(live)
    }

    /// Computes a template step and records it in the run, all in memory.
    async fn compute(&self, next: &mut Observed, at: StepAt, offer: &Offer, content: &mut Content) -> Result<()> {
        let now = self.inner.clock.now();
        let Some(input) = self.step_input(next, at, offer, content).await? else { return Ok(()) };
        let retry = input.step.retry;
        let outcome = content.outcome(template::render(&input));
        if let Some(run) = next.runs.last_mut() {
            run.record(at, outcome, retry, now);
        }
        Ok(())
    }

    /// What a step is given: the object as it stands, its definition, and what the steps before it left.
    pub(crate) async fn step_input(
        &self,
        next: &Observed,
        at: StepAt,
        offer: &Offer,
        content: &Content,
    ) -> Result<Option<StepInput>> {
        let Some(run) = next.runs.last() else { return Ok(None) };
        let (Some(step), Some(pipeline), Some(state)) =
            (offer.step(run.spec.workflow, at), run.status.pipelines.get(at.pipeline), run.step(at))
        else {
            return Ok(None);
        };
        debug_assert_eq!(state.phase, Phase::Running);
        let before = Folders {
            output: self.load(&pipeline.output, content).await?,
            metadata: self.load(&pipeline.metadata, content).await?,
        };
        let object = match &state.input {
            Some(digest) if state.resumed > 0 => self.frozen(digest, content).await?,
            _ => next.resource.clone(),
        };
        Ok(Some(StepInput {
            object,
            promise: offer.promise.name.clone(),
            promise_version: offer.promise.version.clone(),
            workflow: run.spec.workflow,
            run: run.metadata.uid.clone(),
            pipeline: pipeline.name.clone(),
            step: step.clone(),
            plural: offer.promise.spec.api.as_ref().map_or_else(String::new, |api| api.plural.clone()),
            idempotency_key: run.idempotency_key(at),
            fence: next.holder.fence,
            before,
            secrets_to_mask: Vec::new(),
        }))
    }

    async fn frozen(&self, digest: &Digest, content: &Content) -> Result<Object> {
        let name = "object".to_owned();
        let mut files = self.load(&Files::from([(name.clone(), digest.clone())]), content).await?;
        let bytes = files.remove(&name).unwrap_or_default();
        Object::from_value(serde_json::from_slice(&bytes).map_err(domain::Error::internal)?)
    }

    async fn load(&self, files: &Files, content: &Content) -> Result<BTreeMap<String, bytes::Bytes>> {
        let missing: Vec<Digest> =
            files.values().filter(|digest| !content.blobs.contains_key(*digest)).cloned().collect();
        let stored = if missing.is_empty() { BTreeMap::new() } else { self.inner.store.blobs(&missing).await? };
        let bytes = |digest: &Digest| {
            content.blobs.get(digest).cloned().or_else(|| stored.get(digest).map(|bytes| bytes.clone().into()))
        };
        files
            .iter()
            .map(|(path, digest)| {
                let bytes = bytes(digest)
                    .ok_or_else(|| domain::Error::internal(format!("blob {digest} of {path} is missing")))?;
                Ok((path.clone(), bytes))
            })
            .collect()
    }
}

/// The step to compute now, if the plan's step is a computation.
fn pure_step(plan: &Plan) -> Option<(StepAt, Arc<Offer>)> {
    let (at, offer) = (plan.perform?, plan.next.offer.clone()?);
    let run = plan.next.runs.last()?;
    let step =
        offer.step(run.spec.workflow, at).filter(|step| step.uses.is_pure() && offer.revision == run.spec.revision)?;
    step.uses.is_pure().then_some((at, offer))
}

/// Wakes a resource now.
pub(crate) fn wake(uid: &str, namespace: &str, now: domain::Timestamp) -> Op {
    Op::Wake { key: uid.to_owned(), lane: namespace.to_owned(), due: now }
}
