//! What makes a run start, and what becomes of the one before.

use super::{
    given::{ONE_STEP, offer},
    invariants,
    world::World,
};
use crate::{
    plan::{self, PAUSED, RECONCILE},
    reason::Reason,
};
use insta::assert_snapshot;

const TWO_STEPS: &str = "
configure:
- {name: instance, steps: [{name: plan, uses: template}, {name: apply, uses: command}]}
";

#[test]
fn a_settled_resource_is_not_touched_by_another_pass_however_late() {
    let mut world = World::ready(ONE_STEP);
    world.later(1_000_000);
    let observed = world.observed();
    let plan = plan::plan(observed.clone(), world.now);
    assert!(invariants::unchanged(&observed, &plan));
    assert_eq!((plan.reason, plan.wake), (Reason::Ready, None));
}

#[test]
fn a_changed_spec_runs_again_and_replaces_the_files() {
    let mut world = World::ready(ONE_STEP);
    world.change_spec();
    world.carry_on();
    assert_snapshot!(world.story(), @r"
       - the spec changes
    0s Progressing StepRunning       Running step render of pipeline instance
       - step render is done
    0s Progressing Placing           Writing to destination dev
       - the store writes
    0s Ready       Ready             Everything asked for is in place
    ");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 configure generation 2 the spec changed: Succeeded (instance/render Succeeded)
    ");
    assert_eq!(world.placements.len(), 1);
}

#[test]
fn a_change_while_a_step_runs_waits_for_its_end_and_then_supersedes_the_run() {
    let mut world = World::started(TWO_STEPS);
    world.change_spec();
    world.pass();
    world.change_spec();
    world.pass();
    world.step(world.usual());
    world.carry_on();
    assert_snapshot!(world.story(), @r"
    0s Progressing StepRunning       Running step plan of pipeline instance
       - the spec changes
    0s Progressing FinishingOlder    Finishing the running step of generation 1 before the newer one starts
       - the spec changes
    0s Progressing FinishingOlder    Finishing the running step of generation 1 before the newer one starts
       - step plan is done
    0s Progressing StepRunning       Running step plan of pipeline instance
       - step plan is done
    0s Progressing StepRunning       Running step apply of pipeline instance
       - step apply is done
    0s Progressing Placing           Writing to destination dev
       - the store writes
    0s Ready       Ready             Everything asked for is in place
    ");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (instance/plan Succeeded, instance/apply Skipped)
    2 configure generation 3 the spec changed: Succeeded (instance/plan Succeeded, instance/apply Succeeded)
    ");
    assert_snapshot!(world.answers(), @r"
    create Superseded A newer request took its place
    update Superseded A newer request took its place
    update Succeeded
    ");
}

#[test]
fn a_failed_step_is_not_waited_for_when_something_newer_is_asked() {
    let mut world = World::started(ONE_STEP);
    world.step_fails("no quota");
    world.pass();
    world.change_spec();
    world.pass();
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (instance/render Failed)
    2 configure generation 2 the spec changed: Running (instance/render Running)
    ");
}

#[test]
fn a_dead_holders_step_is_finished_before_the_newer_run_starts() {
    let mut world = World::started(TWO_STEPS);
    world.change_spec();
    world.holder_dies();
    assert_eq!(world.pass(), Reason::FinishingOlder { generation: 1 });
    let step = world.run().step(world.running().unwrap()).unwrap();
    assert_eq!((step.resumed, step.holder.as_ref()), (1, Some(&world.holder)));
}

#[test]
fn a_new_revision_runs_what_it_says() {
    let mut world = World::ready(ONE_STEP);
    assert_eq!((world.status().revision.as_str(), world.status().promise_version.as_str()), ("r1", "v-r1"));
    world.new_revision("r2", TWO_STEPS);
    world.pass();
    assert_eq!(world.status().revision, "r1", "what is placed is still of the first");
    world.carry_on();
    assert_eq!((world.status().revision.as_str(), world.status().promise_version.as_str()), ("r2", "v-r2"));
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 configure generation 1 the promise has a new revision: Succeeded (instance/plan Succeeded, instance/apply Succeeded)
    ");
}

#[test]
fn the_manual_label_runs_everything_once_more_and_is_taken_off() {
    let mut world = World::ready(ONE_STEP);
    world.label(RECONCILE, "false");
    assert_eq!(world.pass(), Reason::Ready);
    world.label(RECONCILE, "true");
    world.carry_on();
    assert!(!world.labelled(RECONCILE));
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 configure generation 1 asked to run again: Succeeded (instance/render Succeeded)
    ");
}

#[test]
fn the_manual_label_while_a_step_runs_stays_until_the_new_run_starts() {
    let mut world = World::started(TWO_STEPS);
    world.label(RECONCILE, "true");
    world.pass();
    assert!(world.labelled(RECONCILE));
    world.step(world.usual());
    world.pass();
    assert!(!world.labelled(RECONCILE));
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (instance/plan Succeeded, instance/apply Skipped)
    2 configure generation 1 asked to run again: Running (instance/plan Running, instance/apply Pending)
    ");
}

#[test]
fn a_failed_run_stays_failed_until_somebody_acts() {
    let mut world = World::started(ONE_STEP);
    world.step_is_refused("no");
    world.pass();
    world.later(1_000_000);
    assert!(matches!(world.pass(), Reason::StepFailed { .. }));
    world.label(RECONCILE, "true");
    assert_eq!(world.carry_on(), Reason::Ready);
}

#[test]
fn a_paused_resource_starts_nothing_and_goes_on_where_it_stood() {
    let mut world = World::of(TWO_STEPS);
    world.label(PAUSED, "true");
    world.pass();
    assert!(world.runs.is_empty());
    world.unlabel(PAUSED);
    world.pass();
    world.label(PAUSED, "true");
    world.step(world.usual());
    world.pass();
    world.change_spec();
    world.pass();
    world.unlabel(PAUSED);
    world.carry_on();
    assert_snapshot!(world.story(), @r"
       - label kratix.io/paused=true
    0s Suspended   Paused            Paused by the label kratix.io/paused; remove it to go on
       - label kratix.io/paused removed
    0s Progressing StepRunning       Running step plan of pipeline instance
       - label kratix.io/paused=true
       - step plan is done
    0s Suspended   Paused            Paused by the label kratix.io/paused; remove it to go on
       - the spec changes
    0s Suspended   Paused            Paused by the label kratix.io/paused; remove it to go on
       - label kratix.io/paused removed
    0s Progressing StepRunning       Running step plan of pipeline instance
       - step plan is done
    0s Progressing StepRunning       Running step apply of pipeline instance
       - step apply is done
    0s Progressing Placing           Writing to destination dev
       - the store writes
    0s Ready       Ready             Everything asked for is in place
    ");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (instance/plan Succeeded, instance/apply Skipped)
    2 configure generation 2 the spec changed: Succeeded (instance/plan Succeeded, instance/apply Succeeded)
    ");
}

#[test]
fn pausing_a_ready_resource_leaves_what_was_achieved_standing() {
    let mut world = World::ready(ONE_STEP);
    let before = world.status();
    world.label(PAUSED, "true");
    world.pass();
    assert_eq!(world.status().last_operation, before.last_operation);
    world.unlabel(PAUSED);
    world.pass();
    assert_eq!((world.status().phase, world.runs.len()), (before.phase, 1));
}

#[test]
fn without_its_promise_a_resource_waits_and_says_for_what() {
    let mut world = World::of(ONE_STEP);
    world.offer = None;
    world.pass();
    assert_snapshot!(world.story(), @"  0s Pending     PromiseMissing    The promise database is not there; apply it to go on");
    world.offer = Some(offer("r1", ONE_STEP));
    assert_eq!(world.carry_on(), Reason::Ready);
}
