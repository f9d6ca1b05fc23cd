//! The newest run's next step: start, wait, retry, take up what a dead holder left, suspend, finish.

use super::{Observed, Pass, SUSPENDED, action, children};
use crate::{
    digest::derive_uid,
    object::Object,
    reason::Reason,
    run::{Phase, PipelineRun, RunPhase, StepAt, StepRun, Workflow},
    selector::Labels,
    time::Timestamp,
    work::{Group, Work, WorkSpec, group, home},
    workflow::{GoDuration, Step},
};
use std::ops::Range;

/// Moves the run by one decision. `Some` says what it waits for; `None` means it has succeeded.
pub fn advance(pass: &mut Pass) -> Option<Reason> {
    let run = pass.current()?;
    match run.status.phase {
        RunPhase::Succeeded => return None,
        RunPhase::Failed | RunPhase::Superseded => return Some(failure(pass)),
        RunPhase::Running | RunPhase::Suspended => {}
    }
    let configure = run.spec.workflow == Workflow::Configure;
    for index in 0..run.status.pipelines.len() {
        if let Some(reason) = advance_pipeline(pass, index) {
            return Some(reason);
        }
        if configure {
            put_work(pass, index);
        } else if pass.acting {
            action::put_work(pass, index);
        }
    }
    let now = pass.now;
    if configure && let Some(cause) = missing_outputs(pass) {
        let run = pass.current_mut()?;
        if let Some(step) = run.status.pipelines.last_mut().and_then(|pipeline| pipeline.steps.last_mut()) {
            step.phase = Phase::Failed;
            step.message.clone_from(&cause);
        }
        run.finish(RunPhase::Failed, cause, now);
        return Some(failure(pass));
    }
    pass.current_mut()?.finish(RunPhase::Succeeded, "", now);
    if configure {
        forget_vanished_pipelines(pass);
        children::forget_vanished(pass);
    }
    None
}

fn advance_pipeline(pass: &mut Pass, index: usize) -> Option<Reason> {
    if pass.current()?.status.pipelines.get(index)?.phase == Phase::Suspended
        && let Some(reason) = suspended(pass, index)
    {
        return Some(reason);
    }
    let pipeline = pass.current()?.status.pipelines.get(index)?;
    if pipeline.phase == Phase::Succeeded {
        return None;
    }
    let next = pipeline.steps.iter().position(|step| !step.is_over())?;
    let group = pipeline.group(next);
    perform_group(pass, index, group)
}

/// Steps that run together: each is started, waited for or tried again by itself; the first that has failed for good ends the run once no other
/// is running any more.
fn perform_group(pass: &mut Pass, pipeline: usize, group: Range<usize>) -> Option<Reason> {
    let now = pass.now;
    let of = |pass: &Pass| pass.current()?.status.pipelines.get(pipeline).cloned();
    pass.current_mut()?.status.pipelines.get_mut(pipeline)?.phase = Phase::Running;
    let lost = |step: &StepRun| step.phase == Phase::Failed && step.next_attempt_at.is_none();
    let cause = of(pass)?.steps.get(group.clone())?.iter().find(|step| lost(step)).map(|step| step.message.clone());
    for step in group.clone() {
        perform_step(pass, StepAt { pipeline, step }, cause.is_none());
    }
    let state = of(pass)?;
    let steps = state.steps.get(group.clone())?;
    let running: Vec<&str> =
        steps.iter().filter(|step| step.phase == Phase::Running).map(|step| step.name.as_str()).collect();
    let retrying = steps.iter().zip(group).filter_map(|(step, at)| Some((step.next_attempt_at?, at, step)));
    let next = retrying.min_by_key(|(next, ..)| *next).filter(|_| cause.is_none());
    if let Some((next, ..)) = next {
        pass.wake_at(next);
    }
    if !running.is_empty() {
        return Some(Reason::StepRunning { pipeline: state.name.clone(), step: running.join(" and ") });
    }
    if let Some(cause) = cause {
        pass.current_mut()?.finish(RunPhase::Failed, cause, now);
        return Some(failure(pass));
    }
    if let Some(waiting) = steps.iter().find(|step| step.phase == Phase::Suspended) {
        let (pipeline, step, message) = (state.name.clone(), waiting.name.clone(), waiting.message.clone());
        return Some(Reason::StepWaiting { pipeline, step, message });
    }
    let (at, index, step) = next?;
    Some(Reason::StepRetrying {
        pipeline: state.name.clone(),
        step: step.name.clone(),
        attempt: step.attempt,
        of: attempts_allowed(pass, StepAt { pipeline, step: index }),
        at,
        cause: step.message.clone(),
    })
}

/// Starts the step if it is its time and new attempts `may` be made.
fn perform_step(pass: &mut Pass, at: StepAt, may: bool) -> Option<()> {
    let (now, holder) = (pass.now, pass.observed.holder.clone());
    let attended = pass.attended(at);
    if pass.current()?.step(at)?.phase == Phase::Suspended {
        return look(pass, at, may);
    }
    let step = pass.current_mut()?.step_mut(at)?;
    match step.phase {
        Phase::Running if attended => return None,
        Phase::Running => {
            pass.take_up(at);
            return None;
        }
        Phase::Failed if may && step.next_attempt_at.is_some_and(|next| next <= now) => {
            step.attempt += 1;
            step.resumed = 0;
        }
        Phase::Pending if may => step.attempt = 1,
        _ => return None,
    }
    step.begin(holder, now);
    pass.perform.push(at);
    Some(())
}

/// A step that waits is looked at once in each pass, until its time is over.
fn look(pass: &mut Pass, at: StepAt, may: bool) -> Option<()> {
    let (now, holder) = (pass.now, pass.observed.holder.clone());
    let looked = pass.observed.looked.contains(&at);
    let run = &pass.current()?.spec;
    let definition = pass.observed.offer.as_ref().and_then(|offer| offer.step(run, at));
    let longest = definition.map_or(Step::LONGEST_WAIT, Step::timeout);
    let step = pass.current_mut()?.step_mut(at)?;
    let until = step.started_at.unwrap_or(now) + longest;
    if !looked && may {
        step.phase = Phase::Running;
        step.holder = Some(holder);
        pass.perform.push(at);
    } else if until <= now {
        step.phase = Phase::Failed;
        step.finished_at = Some(now);
        step.message = format!("waited for {}: {}", GoDuration(longest), step.message);
    } else {
        pass.wake_at(until);
    }
    Some(())
}

/// A pipeline asked to wait. The label and the run's phase change in the same commit, so neither can be lost alone.
fn suspended(pass: &mut Pass, index: usize) -> Option<Reason> {
    let now = pass.now;
    let newly = pass.current()?.status.phase == RunPhase::Running;
    let labelled = pass.labelled(SUSPENDED);
    let pipeline = pass.current()?.status.pipelines.get(index)?;
    let (name, message, until) = (pipeline.name.clone(), pipeline.message.clone(), pipeline.next_retry_at);
    let due = until.is_some_and(|at| at <= now);
    if !due && (newly || labelled) {
        pass.label(SUSPENDED, Some("true"));
        pass.current_mut()?.status.phase = RunPhase::Suspended;
        if let Some(at) = until {
            pass.wake_at(at);
        }
        return Some(Reason::Suspended { pipeline: name, message, until });
    }
    // due, or somebody took the label off: the same pipeline from its first step
    pass.label(SUSPENDED, None);
    let run = pass.current_mut()?;
    run.status.phase = RunPhase::Running;
    let pipeline = run.status.pipelines.get_mut(index)?;
    let steps = pipeline.steps.iter().map(StepRun::afresh).collect();
    *pipeline =
        PipelineRun { name, steps, attempts: pipeline.attempts + u32::from(until.is_none()), ..PipelineRun::default() };
    None
}

/// The files of a finished pipeline become the resource's work of that name.
fn put_work(pass: &mut Pass, index: usize) {
    let named = pass.current().and_then(|run| run.status.pipelines.get(index)).map(|pipeline| pipeline.name.clone());
    if let Some(name) = named {
        put_files(pass, index, &name);
    }
}

/// The same, under this name.
pub fn put_files(pass: &mut Pass, index: usize, name: &str) {
    let now = pass.now;
    let Some(run) = pass.current() else { return };
    let Some(pipeline) = run.status.pipelines.get(index) else { return };
    let resource = &pass.observed.resource;
    let uid = derive_uid("work", &[&resource.metadata.uid, name]);
    let groups = group(&pipeline.output, &pipeline.result.selectors);
    if groups.is_empty() {
        pass.observed.works.retain(|work| work.metadata.uid != uid);
        return;
    }
    let new = work(resource, &run.spec.promise, name, &run.metadata.name, groups, now);
    keep_work(&mut pass.observed, new);
}

/// Adds the work, or lets it take the place of the one before.
pub fn keep_work(observed: &mut Observed, new: Work) {
    match observed.works.iter().position(|work| work.metadata.uid == new.metadata.uid) {
        Some(old) => observed.works[old].spec = new.spec,
        None => observed.works.push(new),
    }
}

/// The work of one pipeline. Its identity follows from the resource and the pipeline.
pub fn work(resource: &Object, promise: &str, pipeline: &str, run: &str, groups: Vec<Group>, now: Timestamp) -> Work {
    let uid = derive_uid("work", &[&resource.metadata.uid, pipeline]);
    // what belongs to a promise itself names no resource
    let name = if resource.metadata.namespace.is_empty() { "" } else { &resource.metadata.name };
    let metadata = crate::Metadata {
        name: uid.replace('_', "-"),
        namespace: home(&resource.metadata.namespace),
        labels: Labels::from([
            ("midspan.dev/promise".to_owned(), promise.to_owned()),
            ("midspan.dev/resource".to_owned(), name.to_owned()),
        ]),
        owner_references: vec![resource.as_owner()],
        creation_timestamp: Some(now.to_second()),
        uid,
        ..crate::Metadata::default()
    };
    let spec = WorkSpec {
        promise: promise.to_owned(),
        resource: name.to_owned(),
        pipeline: pipeline.to_owned(),
        run: run.to_owned(),
        groups,
    };
    Work { metadata, spec, status: () }
}

/// Works of pipelines that there no longer are go once the whole run has succeeded, not before.
fn forget_vanished_pipelines(pass: &mut Pass) {
    let Some(run) = pass.current() else { return };
    let names: Vec<String> = run.status.pipelines.iter().map(|pipeline| pipeline.name.clone()).collect();
    let offer = pass.observed.offer.clone();
    // a promise's dependencies come from no pipeline, and what an action placed from none of these
    let stays = |pipeline: &str| {
        pipeline.is_empty() || names.iter().any(|name| name == pipeline) || action::keeps(offer.as_deref(), pipeline)
    };
    pass.observed.works.retain(|work| stays(&work.spec.pipeline));
}

/// What the promise says its resources give back, and no pipeline of this run did.
fn missing_outputs(pass: &Pass) -> Option<String> {
    let run = pass.current()?;
    let offer = pass.observed.offer.as_ref().filter(|offer| offer.revision == run.spec.revision)?;
    let given = run.status.pipelines.iter().flat_map(|pipeline| pipeline.result.outputs.clone()).collect();
    let missing = crate::output::missing(&offer.promise.spec.outputs, &given);
    (!missing.is_empty())
        .then(|| format!("no step gave the output {}, which spec.outputs of the promise requires", missing.join(", ")))
}

fn failure(pass: &Pass) -> Reason {
    let failed = pass.current().and_then(|run| {
        let failed = run.steps().filter(|(_, step)| step.phase == Phase::Failed);
        let (at, step) = failed.min_by_key(|(at, step)| (step.next_attempt_at.is_some(), *at))?;
        let pipeline = run.status.pipelines.get(at.pipeline)?;
        Some(Reason::StepFailed {
            pipeline: pipeline.name.clone(),
            step: step.name.clone(),
            cause: step.message.clone(),
        })
    });
    failed.unwrap_or(Reason::StepFailed {
        pipeline: String::new(),
        step: String::new(),
        cause: "the run has ended without a result".to_owned(),
    })
}

fn attempts_allowed(pass: &Pass, at: StepAt) -> u32 {
    let definition =
        pass.observed.offer.as_ref().zip(pass.current()).and_then(|(offer, run)| offer.step(&run.spec, at));
    definition.map_or(1, |step| step.retry.attempts)
}
