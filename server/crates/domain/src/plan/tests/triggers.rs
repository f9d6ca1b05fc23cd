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
use std::time::Duration;

const TWO_STEPS: &str = "
configure:
- {name: instance, steps: [{name: plan, uses: template}, {name: apply, uses: command}]}
";

#[test]
fn a_settled_resource_is_not_touched_by_another_pass_until_it_is_time_to_look_again() {
    let mut world = World::ready(ONE_STEP);
    world.later(9 * 3_600);
    let observed = world.observed();
    let plan = plan::plan(observed.clone(), world.now);
    assert!(invariants::unchanged(&observed, &plan));
    let wait = plan.wake.map(|at| at.since(world.now).as_secs());
    assert!(wait.is_some_and(|wait| (3_600..3_600 + 2_250).contains(&wait)), "{wait:?}");
    assert_eq!(plan.reason, Reason::Ready);
    world.later(2 * 3_600);
    world.carry_on();
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 configure generation 1 it was time to look again: Succeeded (instance/render Succeeded)
    ");
}

#[test]
fn without_an_interval_nothing_is_run_again_by_itself() {
    let mut world = World::ready(ONE_STEP);
    world.course.interval = None;
    world.later(1_000_000);
    assert_eq!(plan::plan(world.observed(), world.now).wake, None);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(world.runs.len(), 1);
}

#[test]
fn a_failed_run_is_looked_at_again_after_its_interval() {
    let mut world = World::started(ONE_STEP);
    world.course.interval = Some(Duration::from_mins(1));
    world.step_is_refused("no");
    world.pass();
    world.later(59);
    assert!(matches!(world.pass(), Reason::StepFailed { .. }));
    world.later(6);
    assert_eq!(world.carry_on(), Reason::Ready);
}

#[test]
fn what_the_promise_asks_of_all_its_resources_is_done_once() {
    let mut world = World::ready(ONE_STEP);
    world.course.round = 1;
    world.carry_on();
    world.carry_on();
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 configure generation 1 the promise asked all of its resources to run again: Succeeded (instance/render Succeeded)
    ");
}

#[test]
fn a_pin_to_a_version_the_promise_does_not_have_waits_and_says_so() {
    let mut world = World::ready(ONE_STEP);
    let ran = world.offer.take();
    world.course.pin = Some("v9".to_owned());
    world.pass();
    assert_snapshot!(world.story(), @"  0s Pending     VersionMissing    Pinned to version v9, which the promise database does not have; apply that version, or pin another");
    world.offer = ran;
    assert_eq!(world.pass(), Reason::Ready);
    assert_eq!(world.runs.len(), 1, "what it runs has not changed");
}

#[test]
fn what_takes_an_output_of_another_waits_for_it_and_runs_again_when_it_changes() {
    let mut world = World::of(ONE_STEP);
    world.inputs.missing = Some("postgresql db in default is not there".to_owned());
    world.pass();
    assert_snapshot!(world.story(), @"  0s Pending     InputMissing      Waits for an output it uses: postgresql db in default is not there");
    world.inputs.missing = None;
    world.inputs.values.insert("/host".to_owned(), "one".into());
    world.carry_on();
    world.inputs.values.insert("/host".to_owned(), "two".into());
    world.carry_on();
    // it is gone again: what stands goes on with what it was given
    world.inputs.values.clear();
    world.inputs.missing = Some("postgresql db in default is not there".to_owned());
    assert_eq!(world.pass(), Reason::Ready);
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 configure generation 1 an output it uses changed: Succeeded (instance/render Succeeded)
    ");
}

#[test]
fn a_failed_upgrade_stays_where_it_failed_until_something_changes() {
    let mut world = World::ready(ONE_STEP);
    world.course.after_failure = false;
    world.new_revision("r2", TWO_STEPS);
    world.pass();
    world.step_is_refused("no such image");
    for _ in 0..3 {
        assert!(matches!(world.pass(), Reason::StepFailed { .. }));
        world.later(100_000);
    }
    assert_eq!((world.runs.len(), world.status().revision.as_str()), (2, "r1"), "neither tried again nor gone back");
    world.new_revision("r3", ONE_STEP);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(world.status().revision, "r3");
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
    world.course.after_failure = false;
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
fn pausing_a_ready_resource_leaves_what_was_achieved_standing_and_its_end_runs_everything_again() {
    let mut world = World::ready(ONE_STEP);
    let before = world.status();
    world.label(PAUSED, "true");
    world.pass();
    assert_eq!(world.status().last_operation, before.last_operation);
    world.unlabel(PAUSED);
    world.carry_on();
    world.carry_on();
    assert_eq!(world.status().phase, before.phase);
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 configure generation 1 taken out of its pause: Succeeded (instance/render Succeeded)
    ");
}

#[test]
fn a_paused_promise_pauses_what_was_made_from_it() {
    let mut world = World::started(TWO_STEPS);
    world.course.promise_paused = true;
    world.pass();
    world.step(world.usual());
    world.pass();
    world.course.promise_paused = false;
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(world.condition("Reconciled"), "True Reconciled: Everything asked for is in place");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (instance/plan Succeeded, instance/apply Skipped)
    2 configure generation 1 taken out of its pause: Succeeded (instance/plan Succeeded, instance/apply Succeeded)
    ");
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
