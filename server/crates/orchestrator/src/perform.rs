//! A step with an effect: performed beside the loop, its outcome recorded whatever happens, a panic included.

use crate::{
    content::Content,
    driver::{Orchestrator, broke_down},
    failpoint,
    keep_log::Printed,
    outputs::Kept,
    resource_pass::wake,
    steps::{
        Ended, Folders, LogSink, Mask, StepInput,
        access::{Access, Rights},
        given,
    },
    tenure::{Performed, Tenure, lock},
};
use domain::{
    Digest, Error, ErrorKind, Result,
    object::Typed,
    plan::Observed,
    run::{Holder, Outcome, Phase, RunKind, StepAt},
    workflow::{Container, Retry, StepKind},
};
use futures::FutureExt as _;
use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
    time::Duration,
};
use store::Op;
use tokio::sync::{Semaphore, mpsc};

/// What breaks down each time must not keep a processor busy.
const AFTER_A_PANIC: Duration = Duration::from_secs(1);
/// A token outlives its step by no more than this, whatever happens.
const AFTER_THE_STEP: Duration = Duration::from_mins(1);
/// An attempt that has been taken up this often and breaks down once more has failed.
const TAKEN_UP: u32 = 3;

/// Where the outcome of a step belongs.
struct Place {
    run: String,
    resource: String,
    namespace: String,
    at: StepAt,
    attempt: u32,
    holder: Holder,
    retry: Retry,
    tenure: Arc<Tenure>,
}

impl Orchestrator {
    /// Performs the step the committed plan asked for. Returns at once.
    pub(crate) fn perform(&self, observed: Arc<Observed>, at: StepAt, tenure: Arc<Tenure>, performed: Performed) {
        let orchestrator = self.clone();
        self.inner.tasks.spawn(async move {
            let metadata = &observed.resource.metadata;
            let (uid, namespace) = (metadata.uid.clone(), metadata.namespace.clone());
            let performing = orchestrator.perform_to_end(observed, at, tenure);
            let ended = Box::pin(AssertUnwindSafe(performing).catch_unwind()).await;
            // from here on a pass sees that nobody is at the step
            drop(performed);
            if let Err(panic) = ended {
                tracing::error!(resource = uid, error = %broke_down(&*panic), "performing a step broke off; it is taken up again");
                orchestrator.paused(AFTER_A_PANIC).await;
                orchestrator.hand_over(&uid, &namespace).await;
            }
        });
    }

    async fn perform_to_end(&self, observed: Arc<Observed>, at: StepAt, tenure: Arc<Tenure>) {
        let Some(run) = observed.runs.last() else { return };
        let mut place = Place {
            run: run.metadata.uid.clone(),
            resource: observed.resource.metadata.uid.clone(),
            namespace: observed.resource.metadata.namespace.clone(),
            at,
            attempt: run.step(at).map_or(1, |step| step.attempt),
            holder: observed.holder.clone(),
            retry: Retry::default(),
            tenure,
        };
        let (resumed, again) = run.step(at).map_or((0, false), |step| (step.resumed, step.again()));
        let mut before = Folders::default();
        let ended = match self.prepare(&observed, at).await {
            Err(error) => Some(Ended::Failed {
                message: error.message,
                exit_code: None,
                permanent: error.kind != ErrorKind::ServiceUnavailable,
                unclear: false,
            }),
            Ok(input) => {
                place.retry = input.step.retry;
                before.clone_from(&input.before);
                let pass = input.given.access.as_ref().map(|access| access.id.clone());
                let ended = self.perform_step(input, &place, resumed, again).await;
                if let Some(id) = pass {
                    self.let_out(&id).await;
                }
                ended
            }
        };
        match ended {
            // what was done is recorded even now, unless somebody else has taken the step over
            Some(ended) if matches!(ended, Ended::Done { .. }) || !place.tenure.over.is_cancelled() => {
                let kept = self.keep_until_judged(&observed, &place, &before, ended).await;
                self.record_until_kept(&place, kept).await;
            }
            _ => self.hand_over(&place.resource, &place.namespace).await,
        }
    }

    /// This replica has lost the step: whoever looks next takes the attempt up; what it came to here is not ours to say.
    async fn hand_over(&self, resource: &str, namespace: &str) {
        while let Err(error) = self.inner.store.commit(vec![wake(resource, namespace, self.inner.clock.now())]).await {
            tracing::warn!(%error, resource, "cannot hand over a step yet");
            if self.paused(Duration::from_secs(1)).await {
                return;
            }
        }
        // no object has changed by it, so nothing else tells the loop that the key is due
        self.inner.left_behind.notify_one();
    }

    async fn prepare(&self, observed: &Observed, at: StepAt) -> Result<StepInput> {
        let Some(offer) = self.offer_of_run(observed).await? else {
            let revision = observed.runs.last().map_or("", |run| run.spec.revision.as_str());
            return Err(Error::not_found("revisions.midspan.dev", revision));
        };
        let input = self.step_input(observed, at, &offer, &Content::default()).await?;
        let mut input = input.ok_or_else(|| Error::bad_request("the promise's revision has no such step"))?;
        if input.step.uses == StepKind::Container {
            self.give(&mut input).await?;
        }
        self.let_in(&mut input).await?;
        Ok(input)
    }

    /// A token for the step's programs, where its pipeline asks for rights and they can reach the API.
    async fn let_in(&self, input: &mut StepInput) -> Result<()> {
        if input.given.permissions.is_empty() || !matches!(input.step.uses, StepKind::Container | StepKind::Command) {
            return Ok(());
        }
        let Some(server) = self.inner.runner.api(input) else { return Ok(()) };
        let namespace = input.given.namespace.clone();
        let mut grants = input.given.permissions.clone();
        for grant in grants.iter_mut().filter(|grant| grant.resource_namespace.is_empty()) {
            grant.resource_namespace.clone_from(&namespace);
        }
        let id = format!("token_{}", Digest::of(&input.idempotency_key).short(26));
        let subject = format!("pipeline:{namespace}/{}/{}", input.promise, input.pipeline);
        let until = self.inner.clock.now() + input.step.timeout() + AFTER_THE_STEP;
        let token = self.gate()?.let_in(Rights { id: id.clone(), subject, grants, until }).await?;
        input.secrets_to_mask.push(token.clone());
        input.given.access = Some(Access { server, token, namespace, id });
        Ok(())
    }

    async fn let_out(&self, id: &str) {
        let done = async { self.gate()?.let_out(id).await };
        if let Err(error) = done.await {
            tracing::warn!(%error, id, "a step's token stays until it expires");
        }
    }

    /// Loads the secrets and config maps that a container names; what is secret will not be printed.
    async fn give(&self, input: &mut StepInput) -> Result<()> {
        let container = Container::read(&input.step.with)?;
        let [secrets, config_maps] = given::names(&container, &input.volumes);
        let (store, namespace) = (&self.inner.store, input.given.namespace.clone());
        for name in secrets {
            if let Some(values) = store.secret(&namespace, &name).await? {
                let values = values.into_iter().map(|(key, value)| (key, value.as_bytes().to_vec())).collect();
                input.given.secrets.insert(name, values);
            }
        }
        for name in config_maps {
            if let Some(values) = store.config_map(&namespace, &name).await? {
                input.given.config_maps.insert(name, values);
            }
        }
        input.secrets_to_mask.extend(input.given.to_mask());
        Ok(())
    }

    /// `None` when this replica was away for too long: the step may be somebody else's by now.
    async fn perform_step(&self, input: StepInput, place: &Place, resumed: u32, again: bool) -> Option<Ended> {
        let per_promise = {
            let mut all = lock(&self.inner.promise_steps);
            let limit = self.inner.config.steps_per_promise;
            all.entry(input.promise.clone()).or_insert_with(|| Arc::new(Semaphore::new(limit))).clone()
        };
        let _own = per_promise.acquire_owned().await;
        let _all = self.inner.all_steps.clone().acquire_owned().await;
        if again {
            failpoint::pass("step.reap");
            self.inner.runner.reap(&input).await;
        }
        let (sender, pieces) = mpsc::channel(256);
        let printed = Printed {
            run: place.run.clone(),
            pipeline: input.pipeline.clone(),
            step: input.step.name.clone(),
            attempt: place.attempt,
            pieces,
        };
        let log = self.inner.tasks.spawn(printed.keep(self.clone()));
        let cancel = place.tenure.over.child_token();
        let performing = async {
            failpoint::pass("step.perform");
            let ended = self.inner.runner.perform(input, LogSink::new(sender), cancel).await;
            failpoint::pass("step.performed");
            ended
        };
        let ended = AssertUnwindSafe(place.tenure.while_it_counts(performing)).catch_unwind().await;
        let _ = log.await;
        ended.unwrap_or_else(|panic| {
            if resumed < TAKEN_UP {
                // what it has done is not known: the same attempt is taken up again, under the same key
                resume_unwind(panic);
            }
            let message = format!("the step {}", broke_down(&*panic));
            Some(Ended::unclear(message))
        })
    }

    /// What was done is done: while the database is away its outputs wait here to be judged.
    async fn keep_until_judged(&self, observed: &Observed, place: &Place, before: &Folders, ended: Ended) -> Kept {
        let run = observed.runs.last();
        let names = run.and_then(|run| {
            let pipeline = run.status.pipelines.get(place.at.pipeline)?;
            Some((pipeline.name.as_str(), pipeline.steps.get(place.at.step)?.name.as_str()))
        });
        let mut pause = Duration::from_millis(50);
        loop {
            let kept = async {
                let kept = self.keep_outputs(observed, before, ended.clone()).await?;
                if let Some((pipeline, step)) = names.filter(|_| !kept.secrets.is_empty()) {
                    let mask = Mask::new(&kept.secrets);
                    let of = (place.run.as_str(), pipeline, step, place.attempt);
                    self.inner.store.rewrite_log(of, |text| mask.text(text)).await?;
                }
                Ok::<_, Error>(kept)
            };
            match kept.await {
                Ok(kept) => return kept,
                Err(error) => {
                    tracing::warn!(%error, run = place.run, "a step's outputs cannot be sealed yet");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
        }
    }

    /// The outcome must not be lost: while the database is away it is kept here and tried again.
    async fn record_until_kept(&self, place: &Place, kept: Kept) {
        let mut content = Content { seals: kept.seals, ..Content::default() };
        let outcome = content.outcome(kept.ended);
        let mut pause = Duration::from_millis(50);
        loop {
            match self.record(place, &outcome, &content).await {
                Ok(()) => return,
                Err(error) if error.kind == ErrorKind::Conflict => {
                    tracing::debug!(%error, "recording an outcome again");
                }
                Err(error) => {
                    tracing::warn!(%error, run = place.run, "cannot record a step's outcome yet");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
        }
    }

    async fn record(&self, place: &Place, outcome: &Outcome, content: &Content) -> Result<()> {
        let now = self.inner.clock.now();
        let Some(object) = self.inner.store.by_uid(&place.run).await? else { return Ok(()) };
        let mut run = Typed::<RunKind>::parse(object)?;
        let ours = run
            .step(place.at)
            .is_some_and(|step| step.phase == Phase::Running && step.holder.as_ref() == Some(&place.holder));
        if !ours || !run.record(place.at, outcome.clone(), place.retry, now) {
            tracing::warn!(run = place.run, "a step's outcome came after somebody else took the step over");
            return Ok(());
        }
        let blobs =
            content.blobs.iter().map(|(digest, bytes)| Op::Blob { digest: digest.clone(), bytes: bytes.to_vec() });
        let mut ops: Vec<Op> = blobs.chain(content.seals.iter().cloned()).collect();
        ops.push(Op::Update(run.to_object()));
        ops.push(wake(&place.resource, &place.namespace, now));
        failpoint::pass("step.record");
        self.inner.store.commit(ops).await?;
        failpoint::pass("step.recorded");
        Ok(())
    }
}
