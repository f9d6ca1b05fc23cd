//! The newest run's next step: start, wait, retry, take up what a dead holder left, suspend, finish.

use super::{Pass, SUSPENDED};
use crate::{
    digest::derive_uid,
    object::Object,
    reason::Reason,
    run::{Phase, PipelineRun, RunPhase, StepAt, Workflow},
    selector::Labels,
    time::Timestamp,
    work::{Group, Work, WorkSpec, group},
};

/// Moves the run by one decision. `Some` says what it waits for; `None` means it has succeeded.
pub fn advance(pass: &mut Pass) -> Option<Reason> {
    let run = pass.run()?;
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
        }
    }
    let now = pass.now;
    pass.run_mut()?.finish(RunPhase::Succeeded, "", now);
    if configure {
        forget_vanished_pipelines(pass);
    }
    None
}

fn advance_pipeline(pass: &mut Pass, index: usize) -> Option<Reason> {
    if pass.run()?.status.pipelines.get(index)?.phase == Phase::Suspended
        && let Some(reason) = suspended(pass, index)
    {
        return Some(reason);
    }
    let run = pass.run()?;
    let pipeline = run.status.pipelines.get(index)?;
    if pipeline.phase == Phase::Succeeded {
        return None;
    }
    let step = pipeline.steps.iter().position(|step| step.phase != Phase::Succeeded)?;
    perform_step(pass, StepAt { pipeline: index, step })
}

fn perform_step(pass: &mut Pass, at: StepAt) -> Option<Reason> {
    let (now, live, holder) = (pass.now, pass.observed.live.clone(), pass.observed.holder.clone());
    let of = attempts_allowed(pass, at);
    let run = pass.run_mut()?;
    let pipeline = run.status.pipelines.get_mut(at.pipeline)?;
    pipeline.phase = Phase::Running;
    let pipeline_name = pipeline.name.clone();
    let step = pipeline.steps.get_mut(at.step)?;
    let begin = match step.phase {
        Phase::Running if step.holder.as_ref().is_some_and(|holder| live.contains(&holder.replica)) => false,
        // the holder is gone and nobody knows how far it came: the same attempt again, under the same key
        Phase::Running => {
            step.resumed += 1;
            true
        }
        Phase::Failed => match step.next_attempt_at {
            None => {
                let cause = step.message.clone();
                run.finish(RunPhase::Failed, cause, now);
                return Some(failure(pass));
            }
            Some(next) if next > now => {
                let (step, attempt, cause) = (step.name.clone(), step.attempt, step.message.clone());
                pass.wake_at(next);
                return Some(Reason::StepRetrying { pipeline: pipeline_name, step, attempt, of, at: next, cause });
            }
            Some(_) => {
                step.attempt += 1;
                step.resumed = 0;
                true
            }
        },
        _ => {
            step.attempt = 1;
            true
        }
    };
    if begin {
        step.phase = Phase::Running;
        step.holder = Some(holder);
        step.started_at = Some(now);
        step.finished_at = None;
        step.next_attempt_at = None;
        step.exit_code = None;
    }
    let step = step.name.clone();
    if begin {
        pass.perform = Some(at);
    }
    Some(Reason::StepRunning { pipeline: pipeline_name, step })
}

/// A pipeline asked to wait. The label and the run's phase change in the same commit, so neither can be lost alone.
fn suspended(pass: &mut Pass, index: usize) -> Option<Reason> {
    let now = pass.now;
    let newly = pass.run()?.status.phase == RunPhase::Running;
    let labelled = pass.labelled(SUSPENDED);
    let pipeline = pass.run()?.status.pipelines.get(index)?;
    let (name, message, until) = (pipeline.name.clone(), pipeline.message.clone(), pipeline.next_retry_at);
    let due = until.is_some_and(|at| at <= now);
    if !due && (newly || labelled) {
        pass.label(SUSPENDED, Some("true"));
        pass.run_mut()?.status.phase = RunPhase::Suspended;
        if let Some(at) = until {
            pass.wake_at(at);
        }
        return Some(Reason::Suspended { pipeline: name, message, until });
    }
    // due, or somebody took the label off: the same pipeline from its first step
    pass.label(SUSPENDED, None);
    let run = pass.run_mut()?;
    run.status.phase = RunPhase::Running;
    let pipeline = run.status.pipelines.get_mut(index)?;
    let steps = pipeline
        .steps
        .iter()
        .map(|step| crate::run::StepRun { name: step.name.clone(), uses: step.uses, ..Default::default() })
        .collect();
    *pipeline =
        PipelineRun { name, steps, attempts: pipeline.attempts + u32::from(until.is_none()), ..PipelineRun::default() };
    None
}

/// The files of a finished pipeline become the resource's work of that name.
fn put_work(pass: &mut Pass, index: usize) {
    let observed = &mut pass.observed;
    let Some(run) = observed.runs.last() else { return };
    let Some(pipeline) = run.status.pipelines.get(index) else { return };
    let resource = &observed.resource;
    let uid = derive_uid("work", &[&resource.metadata.uid, &pipeline.name]);
    let groups = group(&pipeline.output, &pipeline.result.selectors);
    let old = observed.works.iter().position(|work| work.metadata.uid == uid);
    if groups.is_empty() {
        if let Some(old) = old {
            observed.works.remove(old);
        }
        return;
    }
    let new = work(resource, &run.spec.promise, &pipeline.name, &run.metadata.name, groups, pass.now);
    match old {
        Some(old) => observed.works[old].spec = new.spec,
        None => observed.works.push(new),
    }
}

/// The work of one pipeline. Its identity follows from the resource and the pipeline.
pub fn work(resource: &Object, promise: &str, pipeline: &str, run: &str, groups: Vec<Group>, now: Timestamp) -> Work {
    let uid = derive_uid("work", &[&resource.metadata.uid, pipeline]);
    let metadata = crate::Metadata {
        name: uid.replace('_', "-"),
        namespace: resource.metadata.namespace.clone(),
        labels: Labels::from([
            ("midspan.dev/promise".to_owned(), promise.to_owned()),
            ("midspan.dev/resource".to_owned(), resource.metadata.name.clone()),
        ]),
        owner_references: vec![resource.as_owner()],
        creation_timestamp: Some(now.to_second()),
        uid,
        ..crate::Metadata::default()
    };
    let spec = WorkSpec {
        promise: promise.to_owned(),
        resource: resource.metadata.name.clone(),
        pipeline: pipeline.to_owned(),
        run: run.to_owned(),
        groups,
    };
    Work { metadata, spec, status: () }
}

/// Works of pipelines that the promise no longer has go once the whole run has succeeded, not before.
fn forget_vanished_pipelines(pass: &mut Pass) {
    let Some(run) = pass.observed.runs.last() else { return };
    let names: Vec<&str> = run.status.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    pass.observed.works.retain(|work| names.contains(&work.spec.pipeline.as_str()));
}

fn failure(pass: &Pass) -> Reason {
    let failed = pass.run().and_then(|run| {
        let at = run.find(|step| step.phase == Phase::Failed)?;
        let pipeline = run.status.pipelines.get(at.pipeline)?;
        let step = pipeline.steps.get(at.step)?;
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
    let workflow = pass.run().map(|run| run.spec.workflow).unwrap_or_default();
    let definition = pass.observed.offer.as_ref().and_then(|offer| offer.step(workflow, at));
    definition.map_or(1, |step| step.retry.attempts)
}
