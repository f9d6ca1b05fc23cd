//! A deleted resource: the delete workflow runs, the files are withdrawn, the destinations confirm, the finalizer drops, the row goes.

use super::{FINALIZER, Pass, action, admit, advance, children, place};
use crate::{
    reason::Reason,
    run::{RunPhase, Workflow},
};

/// One decision on the way out. Works stay placed until the delete workflow has succeeded: what it talks to is still there.
pub fn retire(pass: &mut Pass) -> Reason {
    if let Some(reason) = action::give_way(pass).or_else(|| run_delete_workflow(pass)) {
        return reason;
    }
    give_up(pass)
}

/// Takes everything away that was placed, and with it the row.
pub fn give_up(pass: &mut Pass) -> Reason {
    pass.observed.works.clear();
    place::forsake(pass);
    let by = place::asked_by(pass);
    for placement in &mut pass.observed.placements {
        place::withdraw(placement, by.as_deref());
    }
    pass.observed.placements.retain(|placement| !placement.settled());
    if let Some(reason) = place::waiting(&pass.observed.placements) {
        return reason;
    }
    if let Some(reason) = children::remove(pass) {
        return reason;
    }
    let finalizers = &mut pass.observed.resource.metadata.finalizers;
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    if !finalizers.is_empty() {
        let finalizers = finalizers.join(", ");
        return Reason::HeldByFinalizers { finalizers };
    }
    pass.forget = true;
    Reason::Deleted
}

pub fn run_delete_workflow(pass: &mut Pass) -> Option<Reason> {
    let begun = pass.run().filter(|run| run.spec.workflow == Workflow::Delete).map(|run| run.status.phase);
    let trigger = match begun {
        Some(RunPhase::Succeeded) => return None,
        Some(RunPhase::Running | RunPhase::Suspended | RunPhase::Failed) => match admit::again(pass) {
            None => {
                let waiting = advance::advance(pass);
                pass.look_again();
                return waiting;
            }
            Some(trigger) => trigger,
        },
        Some(RunPhase::Superseded) => "asked to run again",
        None => "deleted",
    };
    if let Some(reason) = admit::supersede(pass) {
        return Some(reason);
    }
    let offer = pass.observed.offer.clone()?;
    let pipelines = offer.pipelines(pass.observed.subject.workflow_type(), Workflow::Delete);
    if pipelines.is_empty() {
        return None;
    }
    admit::start(pass, Workflow::Delete, pipelines, trigger);
    advance::advance(pass)
}
