//! Children: resources that this one has asked for. It is ready when they are, and goes before they do, the youngest first.

use super::{Pass, action};
use crate::{
    object::Object,
    reason::Reason,
    run::{Phase, Run, RunPhase, StepAt, StepRun},
    status::{ResourcePhase, ResourceStatus},
    workflow::StepKind,
};
use std::{collections::BTreeSet, time::Duration};

/// The name by which the steps of its parent know a child.
pub const CHILD: &str = "midspan.dev/child";
/// The pipeline and step that asked for it.
pub const CHILD_OF_STEP: &str = "midspan.dev/child-of-step";
/// `created`: nobody waits until it is ready.
pub const CHILD_WAIT: &str = "midspan.dev/child-wait";

/// A deletion that was refused is asked for again after this.
const AGAIN: Duration = Duration::from_secs(30);

/// Why a child keeps its parent from being ready; nothing when it does not.
pub fn child_trouble(child: &Object) -> Option<String> {
    let name = format!("{} {}", child.kind, child.metadata.name);
    if child.deleting() {
        return Some(format!("{name} is being removed"));
    }
    if child.metadata.labels.get(CHILD_WAIT).is_some_and(|wait| wait == "created") {
        return None;
    }
    let status = ResourceStatus::read(&child.status);
    let ready = status.phase == ResourcePhase::Ready && status.observed_generation == child.metadata.generation;
    (!ready).then(|| if status.message.is_empty() { name.clone() } else { format!("{name}: {}", status.message) })
}

/// How a step's children are marked as its own.
pub fn child_of_step(pipeline: &str, step: &str) -> String {
    crate::name::to_value(&format!("{pipeline}.{step}"))
}

/// What the children keep a resource from being ready for, once its own run is done.
pub fn troubled(pass: &Pass) -> Option<Reason> {
    let what = pass.observed.children.iter().find_map(child_trouble)?;
    Some(Reason::ChildNotReady { what })
}

/// The children of steps that the succeeded run no longer has are asked to go.
pub fn forget_vanished(pass: &mut Pass) {
    let Some(run) = pass.run() else { return };
    let asking = asking(run);
    let vanished = |child: &&Object| {
        let asked = |step: &String| asking.contains(step) || action::is_of_action(step);
        !child.deleting() && !child.metadata.labels.get(CHILD_OF_STEP).is_some_and(asked)
    };
    let vanished: Vec<Object> = pass.observed.children.iter().filter(vanished).cloned().collect();
    if !vanished.is_empty() {
        pass.wake_at(pass.now + AGAIN);
    }
    pass.remove.extend(vanished);
}

/// Whether a child that the succeeded run made is gone, taken away by somebody else: then it is to be made anew.
pub fn lost(pass: &Pass) -> bool {
    let Some(run) = pass.run().filter(|run| run.status.phase == RunPhase::Succeeded) else { return false };
    let Some(offer) = pass.observed.offer.as_ref().filter(|offer| offer.revision == run.spec.revision) else {
        return false;
    };
    let here =
        |alias: &String| pass.observed.children.iter().any(|child| child.metadata.labels.get(CHILD) == Some(alias));
    steps_that_asked(run).any(|at| {
        let asked = offer.step(&run.spec, at).and_then(|step| step.with.get("resources")?.as_object());
        asked.is_some_and(|asked| !asked.keys().all(here))
    })
}

fn asking(run: &Run) -> BTreeSet<String> {
    let of = |at: StepAt| {
        let pipeline = run.status.pipelines.get(at.pipeline)?;
        Some(child_of_step(&pipeline.name, &pipeline.steps.get(at.step)?.name))
    };
    steps_that_asked(run).filter_map(of).collect()
}

fn steps_that_asked(run: &Run) -> impl Iterator<Item = StepAt> {
    let asked = |step: &StepRun| step.uses == Some(StepKind::Resource) && step.phase == Phase::Succeeded;
    run.steps().filter(move |(_, step)| asked(step)).map(|(at, _)| at)
}

/// On the way out: one child after the other, the youngest first. `Some` while there are any.
pub fn remove(pass: &mut Pass) -> Option<Reason> {
    // their uids sort by time
    let youngest = pass.observed.children.iter().max_by(|a, b| a.metadata.uid.cmp(&b.metadata.uid))?.clone();
    let message = ResourceStatus::read(&youngest.status).message;
    let mut what = format!("{} {}", youngest.kind, youngest.metadata.name);
    if youngest.deleting() && !message.is_empty() {
        what = format!("{what}: {message}");
    }
    if !youngest.deleting() {
        pass.remove.push(youngest);
    }
    pass.wake_at(pass.now + AGAIN);
    Some(Reason::RemovingChild { what })
}
