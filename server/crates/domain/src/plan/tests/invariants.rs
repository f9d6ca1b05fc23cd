//! What holds for every pass, whatever the world looks like.

use crate::{
    Timestamp,
    drift::OnDrift,
    plan::{self, Observed, Plan, PromiseState, Subject},
    reason::Reason,
    run::{Phase, Run, StepAt},
};
use std::collections::BTreeSet;

/// Panics, naming the broken invariant, if this plan is not one of ours.
#[track_caller]
pub fn check(before: &Observed, plan: &Plan, now: Timestamp) {
    only_steps_of_one_group_run_and_their_holders_live(before, plan);
    for run in &before.runs {
        what_is_finished_stays(
            run,
            plan.next.runs.iter().find(|next| next.metadata.uid == run.metadata.uid).expect("runs do not vanish"),
        );
    }
    if plan.forget {
        assert!(
            plan.next.resource.metadata.finalizers.is_empty()
                && plan.next.placements.is_empty()
                && plan.next.works.is_empty(),
            "{plan:#?}"
        );
        return;
    }
    waiting_is_explained(plan, now);
    if unchanged(before, plan) {
        return;
    }
    let after = plan::plan(plan.next.clone(), now);
    assert!(
        unchanged(&plan.next, &after) && after.reason == plan.reason,
        "a pass after a pass changed something:\n{:#?}\n{after:#?}",
        plan.next
    );
    assert_eq!(after.wake, plan.wake, "a pass after a pass forgot the alarm");
}

/// The plan writes nothing and does nothing.
pub fn unchanged(before: &Observed, plan: &Plan) -> bool {
    plan.perform.is_empty() && !plan.forget && rows_equal(before, &plan.next)
}

/// Both plans decide the same.
pub fn same(one: &Plan, other: &Plan) -> bool {
    let decision = |plan: &Plan| (plan.perform.clone(), plan.forget, plan.wake, plan.reason.clone());
    rows_equal(&one.next, &other.next) && decision(one) == decision(other)
}

fn rows_equal(one: &Observed, other: &Observed) -> bool {
    one.resource == other.resource
        && one.runs == other.runs
        && one.requests == other.requests
        && one.works == other.works
        && one.placements == other.placements
        && one.course == other.course
}

#[track_caller]
fn only_steps_of_one_group_run_and_their_holders_live(before: &Observed, plan: &Plan) {
    for run in &plan.next.runs {
        let groups: BTreeSet<_> =
            run.running().map(|at| (at.pipeline, run.status.pipelines[at.pipeline].group(at.step).start)).collect();
        assert!(groups.len() <= 1, "steps run at once that must wait for each other: {plan:#?}");
        assert!(
            run.steps().filter(|(_, step)| step.holder.is_some()).all(|(_, step)| step.phase == Phase::Running),
            "a step that does not run is held: {plan:#?}"
        );
    }
    let held = |at: StepAt| before.runs.last().and_then(|run| run.step(at)?.holder.as_ref());
    for at in &plan.perform {
        let lives = held(*at).is_some_and(|holder| before.live.contains(&holder.replica));
        assert!(!lives || before.abandoned.contains(at), "a step was taken from a living holder");
        let step = plan.next.runs.last().and_then(|run| run.step(*at)).expect("the step to perform exists");
        assert_eq!(
            (step.phase, step.holder.as_ref()),
            (Phase::Running, Some(&before.holder)),
            "a step is performed without its intent"
        );
    }
}

#[track_caller]
fn what_is_finished_stays(before: &Run, after: &Run) {
    if before.status.phase.finished() {
        assert_eq!(before, after, "a finished run changed");
    }
    for (old, new) in before.status.pipelines.iter().zip(&after.status.pipelines) {
        for (old_step, new_step) in old.steps.iter().zip(&new.steps) {
            if old_step.phase == Phase::Succeeded && old.phase != Phase::Suspended {
                assert_eq!(old_step, new_step, "a finished step changed");
            }
            assert!(
                new.attempts > old.attempts || new_step.attempt >= old_step.attempt || old.phase == Phase::Suspended,
                "an attempt was forgotten"
            );
        }
    }
}

/// Whoever waits has an alarm set or names what must change.
#[track_caller]
fn waiting_is_explained(plan: &Plan, now: Timestamp) {
    assert!(plan.wake.is_none_or(|at| at > now), "an alarm in the past: {plan:#?}");
    let next = &plan.next;
    let explained = match &plan.reason {
        Reason::StepRunning { .. } | Reason::FinishingOlder { .. } => {
            next.runs.last().is_some_and(|run| run.running().next().is_some())
        }
        Reason::StepRetrying { at, .. } => plan.wake == Some(*at),
        Reason::Suspended { until, .. } => {
            plan.wake == *until && next.resource.metadata.labels.contains_key(plan::SUSPENDED)
        }
        Reason::StepFailed { cause, .. } => !cause.is_empty(),
        Reason::Placing { destination }
        | Reason::Repairing { destination }
        | Reason::Withdrawing { destination }
        | Reason::PlacementFailing { destination, .. } => {
            next.placements.iter().any(|placement| placement.spec.destination == *destination && !placement.settled())
        }
        Reason::Paused => next.resource.metadata.labels.contains_key(plan::PAUSED),
        Reason::PromisePaused { .. } => next.course.promise_paused,
        Reason::PromiseMissing { .. } | Reason::VersionMissing { .. } => next.offer.is_none(),
        Reason::StepWaiting { .. } => plan.wake.is_some(),
        Reason::ChildNotReady { .. } | Reason::RemovingChild { .. } => !next.children.is_empty(),
        Reason::InputMissing { .. } => next.inputs.missing.is_some(),
        Reason::PromiseUnavailable { .. } => {
            matches!(next.subject, Subject::Resource(PromiseState::Unavailable { .. }))
        }
        Reason::PromiseLeaving { .. } => matches!(next.subject, Subject::Resource(PromiseState::Leaving { .. })),
        Reason::RequirementUnmet { .. } | Reason::ResourcesRunning { .. } | Reason::ResourcesLeaving { .. } => {
            matches!(next.subject, Subject::Promise(_))
        }
        Reason::NoDestination { .. } => !next.works.is_empty(),
        Reason::HeldByFinalizers { finalizers } => !finalizers.is_empty(),
        Reason::Ready => {
            let repairs = next.offer.as_ref().is_some_and(|offer| offer.promise.on_drift() == OnDrift::Repair);
            next.placements.iter().all(|placement| placement.settled() && !(repairs && placement.drifted()))
                && next
                    .runs
                    .iter()
                    .rfind(|run| run.spec.action.is_none())
                    .map_or(matches!(next.subject, Subject::Promise(_)), |run| run.status.phase.finished())
        }
        Reason::ActionRunning { .. } => next.runs.last().is_some_and(|run| run.spec.action.is_some()),
        Reason::Deleted => plan.forget,
    };
    assert!(explained, "it waits for something that is not so: {plan:#?}");
}
