//! One pass over one resource: load, plan, compute what is pure, commit the difference, start what is not.

use crate::{
    actions, children,
    content::{Content, freeze_input},
    course::newest,
    difference::difference,
    driver::{Batch, Orchestrator},
    failpoint, health, inputs, outputs, spec_secrets,
    steps::{Folders, StepInput, condition, given::Given, template},
    tenure::{Performed, Tenure, lock},
    wait,
};
use domain::{
    ErrorKind, Object, Result,
    binding::BindingKind,
    digest::Digest,
    health::ProbeKind,
    object::{API_VERSION, GROUP, Kind, Typed},
    plan::{self, CHILD, Observed, Offer, Subject},
    promise::{is_release, namespace_of_pipelines},
    reference::Inputs,
    request::RequestKind,
    run::{Holder, Outcome, Phase, Run, RunKind, StepAt, WorkflowType},
    work::{Files, WorkKind, home},
    workflow::StepKind,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::{Lease, Op};

impl Orchestrator {
    pub(crate) async fn resource_pass(&self, lease: &Lease, uid: &str, batch: &Batch) -> Result<()> {
        let release = lock(&batch.observed)
            .get(uid)
            .map(|(object, _)| object)
            .filter(|object| is_release(object.group(), &object.kind))
            .cloned();
        if let Some(release) = release {
            return Box::pin(self.release_pass(lease, release, batch)).await;
        }
        let Some(observed) = self.observe(uid, lease, batch).await? else { return self.settle(lease, None).await };
        let before = observed.clone();
        let now = self.inner.clock.now();
        let mut content = Content::default();
        let mut plan = plan::plan(observed, now);
        let (mut effects, mut looks) = (Vec::new(), plan.probe);
        loop {
            let mut computed = false;
            for at in std::mem::take(&mut plan.perform) {
                if self.compute(&mut plan.next, at, &mut content).await? {
                    computed = true;
                } else {
                    effects.push(at);
                }
            }
            if let Some(request) = plan.judge.take() {
                actions::judge(&mut plan.next, &request);
                computed = true;
            }
            // asked last, about what the pass has come to
            if !computed && plan.rule {
                health::judge(&mut plan);
                computed = true;
            }
            if !computed {
                break;
            }
            plan = plan::plan(plan.next, now);
            looks |= plan.probe;
        }
        if plan.next.works != before.works {
            content.keep_dependencies(&plan.next);
        }
        for at in &effects {
            freeze_input(&mut plan.next, *at, &mut content);
        }
        let ops = difference(&before, &plan, lease, content, now);
        // begun before the intent is committed: no pass may ever find the intent and nobody at it
        let run = plan.next.runs.last().map_or("", |run| run.metadata.uid.as_str());
        let steps: Vec<_> =
            effects.into_iter().map(|at| (at, self.inner.performing.begin(run, at, lease.fence))).collect();
        failpoint::pass("resource.commit");
        if let Err(error) = self.inner.store.commit(ops).await
            && !(error.kind == ErrorKind::ServiceUnavailable && self.stands(&plan.next, &steps, batch).await)
        {
            return Err(error);
        }
        failpoint::pass("resource.committed");
        tracing::debug!(uid, reason = plan.reason.code(), "pass");
        let next = Arc::new(plan.next);
        for child in &plan.remove {
            // asked for again after a while, whatever became of it
            if let Err(error) = self.gate()?.delete(&next.resource, child).await {
                tracing::warn!(%error, child = child.metadata.name, "a child cannot be deleted yet");
            }
        }
        if plan.expire
            && let Err(error) = self.gate()?.expire(&next.resource).await
        {
            self.told_held(&next.resource, &error).await;
        }
        if looks {
            self.probe(next.clone(), batch.tenure.clone());
        }
        for (at, performed) in steps {
            self.perform(next.clone(), at, batch.tenure.clone(), performed);
        }
        Ok(())
    }

    /// Whether these steps' intent stands though its commit was reported lost. It is in this replica's name then: others see a living holder and
    /// leave it alone, so it must be known here before anything else is done.
    async fn stands(&self, next: &Observed, steps: &[(StepAt, Performed)], batch: &Batch) -> bool {
        let Some(run) = next.runs.last().filter(|_| !steps.is_empty()) else { return false };
        while batch.tenure.holds() {
            let ours = |row: &Run, at: StepAt| {
                row.step(at)
                    .is_some_and(|step| step.phase == Phase::Running && step.holder.as_ref() == Some(&next.holder))
            };
            match self.inner.store.by_uid(&run.metadata.uid).await {
                Ok(row) => {
                    let row = row.and_then(|row| Typed::<RunKind>::parse(row).ok());
                    return row.is_some_and(|row| steps.iter().all(|(at, _)| ours(&row, *at)));
                }
                Err(error) => {
                    tracing::debug!(%error, run = run.metadata.uid, "cannot see yet whether an intent stands");
                }
            }
            if self.paused(Duration::from_secs(1)).await {
                return false;
            }
        }
        false
    }

    async fn observe(&self, uid: &str, lease: &Lease, batch: &Batch) -> Result<Option<Observed>> {
        let store = &self.inner.store;
        let Some((resource, owned)) = lock(&batch.observed).remove(uid) else { return Ok(None) };
        let (mut runs, mut requests, mut works, mut placements) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut binding, mut children, mut probe) = (None, Vec::new(), None);
        for object in owned {
            match object.kind.as_str() {
                BindingKind::KIND if object.api_version == BindingKind::API_VERSION => {
                    binding = Some(Typed::<BindingKind>::parse(object)?);
                }
                _ if object.metadata.labels.contains_key(CHILD) && !object.facets().promise.is_empty() => {
                    children.push(object);
                }
                _ if object.api_version != API_VERSION => {}
                RunKind::KIND => runs.push(Typed::<RunKind>::parse(object)?),
                RequestKind::KIND => requests.push(Typed::<RequestKind>::parse(object)?),
                WorkKind::KIND => works.push(Typed::<WorkKind>::parse(object)?),
                "Placement" => placements.push(Typed::parse(object)?),
                ProbeKind::KIND => probe = Some(Typed::<ProbeKind>::parse(object)?),
                _ => {}
            }
        }
        let (run, revision) = newest(&resource);
        if !runs.iter().any(|run: &Run| run.spec.action.is_none()) && !run.is_empty() {
            let newest = store.by_name(GROUP, RunKind::KIND, &home(&resource.metadata.namespace), &run).await?;
            runs.extend(newest.map(Typed::<RunKind>::parse).transpose()?);
        }
        // an action that is under way is what moves: it comes last
        runs.sort_by_key(|run: &Run| (run.spec.action.is_some(), run.spec.sequence));
        requests.sort_by_key(|request: &domain::request::Request| request.spec.generation);
        let (course, offer) = self.course(&resource, &revision, binding, batch).await?;
        let subject = self.subject(&resource, offer.as_deref(), batch).await?;
        let tenure = &batch.tenure;
        let holder = Holder { replica: tenure.replica.clone(), fence: lease.fence };
        let live = self.live_holders(&runs, tenure).await?;
        // an intent may be stored though its commit was reported lost: it is in our name, and nobody is at it
        let abandoned = runs.last().map_or_else(BTreeSet::new, |run| {
            let ours = |at: &StepAt| {
                let holder = run.step(*at).and_then(|step| step.holder.as_ref());
                holder.filter(|holder| holder.replica == tenure.replica)
            };
            let nobody = |at: &StepAt| {
                ours(at).is_some_and(|held| !batch.performing.contains(&(run.metadata.uid.clone(), *at, held.fence)))
            };
            run.running().filter(nobody).collect()
        });
        let records = self.records(&resource, batch).await?;
        let inputs = match &subject {
            Subject::Resource(_) => inputs::read(store, &self.inner.offers, &resource).await?,
            // what looks like a reference in a promise is an example of one
            Subject::Promise(_) => Inputs::default(),
        };
        Ok(Some(Observed {
            resource,
            subject,
            runs,
            requests,
            works,
            placements,
            offer,
            course,
            inputs,
            children,
            judged: plan::Judged::new(),
            probe,
            records,
            ruled: None,
            looked: BTreeSet::new(),
            destinations: batch.destinations.clone(),
            live,
            abandoned,
            holder,
        }))
    }

    /// The replicas that count as alive. A holder that the last heartbeat did not know may be new: ask again before calling it dead.
    async fn live_holders(&self, runs: &[Run], tenure: &Tenure) -> Result<BTreeSet<String>> {
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

    /// Computes in memory what needs no effect, and records it in the run: a template, or a condition that does not hold. False when the step
    /// is an effect to be performed.
    async fn compute(&self, next: &mut Observed, at: StepAt, content: &mut Content) -> Result<bool> {
        let Some(offer) = self.offer_of_run(next).await? else { return Ok(false) };
        let Some(run) = next.runs.last() else { return Ok(false) };
        let Some(step) = offer.step(&run.spec, at) else { return Ok(false) };
        let first = run.step(at).is_some_and(|state| state.attempt == 1 && state.resumed == 0);
        let judged =
            step.condition.as_deref().filter(|_| first).map(|source| condition::holds(source, next, at, &offer));
        if judged.as_ref().is_none_or(|judged| matches!(judged, Ok(true)))
            && !step.uses.is_pure()
            && !step.uses.is_looked_at()
        {
            return Ok(false);
        }
        let Some(input) = self.step_input(next, at, &offer, content).await? else { return Ok(false) };
        let outcome = match judged {
            None | Some(Ok(true)) if step.uses.is_looked_at() => {
                let looked = match step.uses {
                    StepKind::Wait => wait::look(&step.with, next, at, &offer),
                    _ => self.look_after_children(next, at, &input).await,
                };
                next.looked.insert(at);
                match looked {
                    Err(error) if matches!(error.kind, ErrorKind::ServiceUnavailable | ErrorKind::InternalError) => {
                        return Err(error);
                    }
                    Err(error) => Outcome::refused(&error),
                    Ok(outcome) => outcome,
                }
            }
            Some(Ok(false)) => Content::skipped(input.before, input.step.condition.as_deref().unwrap_or_default()),
            Some(Err(error)) => Outcome::refused(&error),
            _ => {
                let kept = self.keep_outputs(next, &input.before, template::render(&input)).await?;
                content.seals.extend(kept.seals);
                content.outcome(kept.ended)
            }
        };
        let now = self.inner.clock.now();
        if let Some(run) = next.runs.last_mut() {
            run.record(at, outcome, input.step.retry, now);
        }
        Ok(true)
    }

    /// The revision that the newest run runs.
    pub(crate) async fn offer_of_run(&self, observed: &Observed) -> Result<Option<Arc<Offer>>> {
        let revision = observed.runs.last().map_or("", |run| run.spec.revision.as_str());
        match &observed.offer {
            Some(offer) if offer.revision == revision => Ok(Some(offer.clone())),
            _ => self.inner.offers.by_name(&self.inner.store, revision).await,
        }
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
            (offer.step(&run.spec, at), run.status.pipelines.get(at.pipeline), run.step(at))
        else {
            return Ok(None);
        };
        debug_assert_eq!(state.phase, Phase::Running);
        let before = Folders {
            output: self.load(&pipeline.output, content).await?,
            metadata: self.load(&pipeline.metadata, content).await?,
        };
        let object = match &state.input {
            Some(digest) if state.again() => self.frozen(digest, content).await?,
            _ => next.resource.clone(),
        };
        let mut object = self.inner.offers.completed(offer, object);
        let mut secrets_to_mask = if step.uses.is_pure() {
            Vec::new()
        } else {
            outputs::known_secrets(&self.inner.store, &next.resource).await?
        };
        let mut children = children::seen(&next.children);
        if !step.uses.is_pure() && !step.uses.is_looked_at() {
            for child in &next.children {
                let Some(seen) = child.metadata.labels.get(CHILD).and_then(|name| children.get_mut(name)) else {
                    continue;
                };
                for (name, plain) in outputs::revealed(&self.inner.store, child).await? {
                    outputs::collect(&plain, &mut secrets_to_mask);
                    seen["outputs"][name] = plain;
                }
            }
        }
        let definition = offer.pipeline(&run.spec, at);
        let namespace = namespace_of_pipelines(&object, &offer.promise.spec.workflows);
        // a child's own schema says what of it is secret: its door opens what stands for its parent's
        if !step.uses.is_pure() && !step.uses.is_looked_at() {
            spec_secrets::open(&self.inner.store, &self.inner.offers, offer, &mut object, &mut secrets_to_mask).await?;
        }
        self.fill_in(&mut object, &next.inputs, !step.uses.is_pure(), &mut secrets_to_mask).await?;
        let act = self.act(run, &next.resource, !step.uses.is_pure(), &mut secrets_to_mask).await?;
        if let Some(act) = &act {
            object.rest.insert("input".to_owned(), act.input.clone());
        }
        Ok(Some(StepInput {
            object,
            promise: offer.promise.name.clone(),
            promise_version: offer.promise.version.clone(),
            workflow: run.spec.workflow,
            act,
            run: run.metadata.uid.clone(),
            pipeline: pipeline.name.clone(),
            step: step.clone(),
            volumes: definition.map_or_else(Vec::new, |pipeline| pipeline.volumes.clone()),
            given: Given {
                namespace,
                permissions: definition.map_or_else(Vec::new, |pipeline| pipeline.permissions.clone()),
                ..Given::default()
            },
            last: at.step + 1 == pipeline.steps.len(),
            plural: match (run.spec.workflow_type, &offer.promise.spec.api) {
                (WorkflowType::Promise, _) => "promises".to_owned(),
                (WorkflowType::Resource, api) => api.as_ref().map_or_else(String::new, |api| api.plural.clone()),
            },
            idempotency_key: run.idempotency_key(at),
            fence: next.holder.fence,
            before,
            children,
            secrets_to_mask,
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

/// Wakes a resource now.
pub(crate) fn wake(uid: &str, namespace: &str, now: domain::Timestamp) -> Op {
    Op::Wake { key: uid.to_owned(), lane: namespace.to_owned(), due: now }
}
