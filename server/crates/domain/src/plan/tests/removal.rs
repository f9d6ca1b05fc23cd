//! The way out: the delete workflow, the files, the finalizers, the row.

use super::{
    given::{ONE_STEP, files},
    world::World,
};
use crate::{
    plan::{FINALIZER, PAUSED, RECONCILE},
    reason::Reason,
};
use insta::assert_snapshot;

const WITH_DELETE: &str = "
configure: [{name: instance, steps: [{name: render, uses: template}]}]
delete:
- {name: backup, steps: [{name: dump, uses: command}]}
- {name: destroy, steps: [{name: destroy, uses: command, retry: {attempts: 1}}]}
";

#[test]
fn without_a_delete_workflow_the_files_are_withdrawn_and_the_row_goes() {
    let mut world = World::ready(ONE_STEP);
    world.delete();
    world.carry_on();
    assert!(world.forgotten);
    assert_snapshot!(world.story(), @r"
       - somebody deletes it
    0s Deleting    Withdrawing       Removing the files from destination dev
       - the store writes
    0s Deleting    Deleted           Deleted
    ");
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    delete Succeeded
    ");
}

#[test]
fn the_files_stay_until_every_pipeline_of_the_delete_workflow_has_succeeded() {
    let mut world = World::ready(WITH_DELETE);
    world.delete();
    world.pass();
    world.step(files(&["ignored.yaml"]));
    world.pass();
    assert_eq!(world.placed(), ["dev: instance.yaml stands"]);
    world.carry_on();
    assert!(world.forgotten);
    assert_snapshot!(world.story(), @r"
       - somebody deletes it
    0s Deleting    StepRunning       Running step dump of pipeline backup
       - step dump is done
    0s Deleting    StepRunning       Running step destroy of pipeline destroy
    0s Deleting    StepRunning       Running step destroy of pipeline destroy
       - step destroy is done
    0s Deleting    Withdrawing       Removing the files from destination dev
       - the store writes
    0s Deleting    Deleted           Deleted
    ");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 delete generation 1 deleted: Succeeded (backup/dump Succeeded, destroy/destroy Succeeded)
    ");
}

#[test]
fn a_failing_delete_workflow_stays_says_why_and_is_tried_again_when_asked() {
    let mut world = World::ready(WITH_DELETE);
    world.delete();
    world.pass();
    world.step(files(&[]));
    world.pass();
    world.step_fails("the disk is in use");
    world.pass();
    world.later(900);
    world.label(RECONCILE, "false");
    world.pass();
    assert_eq!(world.condition("DeleteWorkflowCompleted"), "False DeleteWorkflowFailed: the disk is in use");
    assert_eq!(world.placed(), ["dev: instance.yaml stands"]);
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    delete Failed Step destroy of pipeline destroy failed: the disk is in use
    ");
    world.label(RECONCILE, "true");
    world.carry_on();
    assert!(world.forgotten);
    assert_snapshot!(world.story(), @r"
         - somebody deletes it
      0s Deleting    StepRunning       Running step dump of pipeline backup
         - step dump is done
      0s Deleting    StepRunning       Running step destroy of pipeline destroy
         - step destroy fails: the disk is in use
      0s Failed      StepFailed        Step destroy of pipeline destroy failed: the disk is in use
         - label kratix.io/manual-reconciliation=false
    900s Failed      StepFailed        Step destroy of pipeline destroy failed: the disk is in use
         - label kratix.io/manual-reconciliation=true
    900s Deleting    StepRunning       Running step dump of pipeline backup
         - step dump is done
    900s Deleting    StepRunning       Running step destroy of pipeline destroy
         - step destroy is done
    900s Deleting    Withdrawing       Removing the files from destination dev
         - the store writes
    900s Deleting    Deleted           Deleted
    ");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (instance/render Succeeded)
    2 delete generation 1 deleted: Failed (backup/dump Succeeded, destroy/destroy Failed)
    3 delete generation 1 asked to run again: Succeeded (backup/dump Succeeded, destroy/destroy Succeeded)
    ");
}

#[test]
fn the_finalizer_drops_only_when_every_destination_has_confirmed() {
    let mut world = World::ready(ONE_STEP);
    assert_eq!(world.resource.metadata.finalizers, [FINALIZER]);
    world.delete();
    world.pass();
    world.store_refuses("the branch main is protected");
    assert!(matches!(world.pass(), Reason::PlacementFailing { .. }));
    assert_eq!(world.resource.metadata.finalizers, [FINALIZER]);
    world.store_writes();
    assert_eq!(world.pass(), Reason::Deleted);
    assert!(world.forgotten && world.resource.metadata.finalizers.is_empty());
}

#[test]
fn foreign_finalizers_hold_the_row_but_not_the_files() {
    let mut world = World::ready(ONE_STEP);
    world.resource.metadata.finalizers.push("example.com/billing".to_owned());
    world.delete();
    world.pass();
    world.store_writes();
    world.pass();
    assert_eq!(world.resource.metadata.finalizers, ["example.com/billing"]);
    assert!(world.placements.is_empty() && !world.forgotten);
    assert_snapshot!(world.status().message, @"Everything of Midspan's is removed; the finalizers example.com/billing are others' to drop");
    world.resource.metadata.finalizers.clear();
    assert_eq!(world.pass(), Reason::Deleted);
}

#[test]
fn a_running_step_comes_to_its_end_before_the_delete_workflow_starts() {
    let mut world = World::started(WITH_DELETE);
    world.delete();
    world.pass();
    world.step(world.usual());
    world.pass();
    assert_snapshot!(world.story(), @r"
    0s Progressing StepRunning       Running step render of pipeline instance
       - somebody deletes it
    0s Deleting    FinishingOlder    Finishing the running step of generation 1 before the newer one starts
       - step render is done
    0s Deleting    StepRunning       Running step dump of pipeline backup
    ");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (instance/render Succeeded)
    2 delete generation 1 deleted: Running (backup/dump Running, destroy/destroy Pending)
    ");
    assert!(world.works.is_empty(), "what the superseded run made is not placed any more");
}

#[test]
fn a_resource_deleted_before_anything_ran_goes_at_once_if_nothing_must_be_undone() {
    let mut world = World::of(ONE_STEP);
    world.delete();
    assert_eq!(world.pass(), Reason::Deleted);
    assert_snapshot!(world.answers(), @r"
    create Superseded A newer request took its place
    delete Succeeded
    ");
}

#[test]
fn a_delete_workflow_runs_even_if_nothing_ran_before() {
    let mut world = World::of(WITH_DELETE);
    world.delete();
    assert!(matches!(world.pass(), Reason::StepRunning { .. }));
    assert_eq!(world.carry_on(), Reason::Deleted);
}

#[test]
fn without_its_promise_a_deleted_resource_withdraws_its_files_and_goes() {
    let mut world = World::ready(WITH_DELETE);
    world.offer = None;
    world.delete();
    assert!(matches!(world.pass(), Reason::Withdrawing { .. }));
    world.store_writes();
    assert_eq!(world.pass(), Reason::Deleted);
}

#[test]
fn a_failed_configure_run_does_not_keep_a_resource_from_going() {
    let mut world = World::started(ONE_STEP);
    world.step_is_refused("no");
    world.pass();
    world.delete();
    assert_eq!(world.pass(), Reason::Deleted);
    assert_eq!(
        format!("{:?}", world.status().last_operation.map(|last| (last.operation, last.state))),
        "Some((Delete, Succeeded))"
    );
}

#[test]
fn a_pause_holds_a_deletion_too_as_in_kratix() {
    let mut world = World::ready(WITH_DELETE);
    world.label(PAUSED, "true");
    world.delete();
    world.pass();
    assert_eq!((world.runs.len(), world.placed()), (1, vec!["dev: instance.yaml stands".to_owned()]));
    assert_snapshot!(world.story(), @r"
       - label kratix.io/paused=true
       - somebody deletes it
    0s Deleting    Paused            Paused by the label kratix.io/paused; remove it to go on
    ");
    world.unlabel(PAUSED);
    assert_eq!(world.carry_on(), Reason::Deleted);
}

#[test]
fn a_delete_run_that_died_is_taken_up_by_another_replica() {
    let mut world = World::ready(WITH_DELETE);
    world.delete();
    world.pass();
    world.holder_dies();
    world.pass();
    assert_eq!(world.run().step(world.running().unwrap()).unwrap().resumed, 1);
    assert_eq!(world.carry_on(), Reason::Deleted);
}
