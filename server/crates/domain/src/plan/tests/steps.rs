//! Pipelines and steps: in order, one at a time, tried again with growing pauses.

use super::{
    given::{ONE_STEP, files},
    world::World,
};
use crate::{plan::told, reason::Reason, run::Phase};
use insta::assert_snapshot;

const TWO_PIPELINES: &str = "
configure:
- {name: network, steps: [{name: render, uses: template}]}
- {name: instance, steps: [{name: plan, uses: template}, {name: apply, uses: command}]}
";

#[test]
fn one_step_leads_to_files_placed_and_ready() {
    let mut world = World::of(ONE_STEP);
    world.carry_on();
    assert_snapshot!(world.story(), @r"
    0s Progressing StepRunning       Running step render of pipeline instance
       - step render is done
    0s Progressing Placing           Writing to destination dev
       - the store writes
    0s Ready       Ready             Everything asked for is in place
    ");
}

#[test]
fn pipelines_and_their_steps_run_in_order_and_each_pipeline_places_its_own_files() {
    let mut world = World::of(TWO_PIPELINES);
    world.carry_on();
    assert_snapshot!(world.story(), @r"
    0s Progressing StepRunning       Running step render of pipeline network
       - step render is done
    0s Progressing StepRunning       Running step plan of pipeline instance
       - step plan is done
    0s Progressing StepRunning       Running step apply of pipeline instance
       - step apply is done
    0s Progressing Placing           Writing to destination dev
       - the store writes
    0s Ready       Ready             Everything asked for is in place
    ");
    assert_eq!(world.placed(), ["dev: instance.yaml stands", "dev: network.yaml stands"]);
}

#[test]
fn what_the_earlier_pipeline_made_is_placed_while_the_later_one_runs() {
    let mut world = World::started(TWO_PIPELINES);
    world.step(files(&["vpc.yaml"]));
    assert!(matches!(world.pass(), Reason::StepRunning { .. }));
    assert_eq!(world.placed(), ["dev: vpc.yaml open"]);
}

#[test]
fn a_pipeline_without_output_places_nothing() {
    let mut world = World::started(ONE_STEP);
    world.step(files(&[]));
    assert_eq!(world.pass(), Reason::Ready);
    assert!(world.works.is_empty() && world.placements.is_empty());
    assert_eq!(world.status().sync.message, "Nothing to place");
}

#[test]
fn a_promise_without_configure_workflow_is_ready_at_once() {
    let mut world = World::of("delete: []");
    assert_eq!(world.pass(), Reason::Ready);
    assert_snapshot!(world.answers(), @"create Succeeded");
}

#[test]
fn a_failing_step_is_tried_again_with_growing_pauses_until_its_attempts_are_used_up() {
    let mut world = World::of(ONE_STEP);
    for cause in ["timeout", "timeout again", "no quota in eu-west-1"] {
        world.pass();
        world.step_fails(cause);
        world.pass();
        world.later(9);
        world.pass();
        world.later(10);
    }
    assert_snapshot!(world.story(), @r"
     0s Progressing StepRunning       Running step render of pipeline instance
        - step render fails: timeout
     0s Progressing StepRetrying      Step render of pipeline instance failed (attempt 1 of 3), next attempt at 2026-11-22T18:00:11Z: timeout
     9s Progressing StepRetrying      Step render of pipeline instance failed (attempt 1 of 3), next attempt at 2026-11-22T18:00:11Z: timeout
    19s Progressing StepRunning       Running step render of pipeline instance
        - step render fails: timeout again
    19s Progressing StepRetrying      Step render of pipeline instance failed (attempt 2 of 3), next attempt at 2026-11-22T18:00:35Z: timeout again
    28s Progressing StepRetrying      Step render of pipeline instance failed (attempt 2 of 3), next attempt at 2026-11-22T18:00:35Z: timeout again
    38s Progressing StepRunning       Running step render of pipeline instance
        - step render fails: no quota in eu-west-1
    38s Failed      StepFailed        Step render of pipeline instance failed: no quota in eu-west-1
    47s Failed      StepFailed        Step render of pipeline instance failed: no quota in eu-west-1
    ");
    assert_eq!(
        world.condition("Ready"),
        "False StepFailed: Step render of pipeline instance failed: no quota in eu-west-1"
    );
    assert_eq!(world.condition("ConfigureWorkflowCompleted"), "False ConfigureWorkflowFailed: no quota in eu-west-1");
    assert_snapshot!(world.answers(), @"create Failed Step render of pipeline instance failed: no quota in eu-west-1");
}

#[test]
fn a_step_that_cannot_succeed_is_not_tried_again() {
    let mut world = World::started(TWO_PIPELINES);
    world.step_is_refused("line 3: unknown filter");
    assert!(matches!(world.pass(), Reason::StepFailed { .. }));
    assert_snapshot!(world.told_runs(), @"1 configure generation 1 created: Failed (network/render Failed, instance/plan Skipped, instance/apply Skipped)");
}

#[test]
fn a_pipeline_whose_metadata_cannot_be_read_fails_and_names_the_file() {
    let mut world = World::started(ONE_STEP);
    world.step(files(&["a.yaml"]).says("status.yaml", "- not\n- a mapping"));
    world.pass();
    assert_eq!(
        world.status().message,
        "Step render of pipeline instance failed: /kratix/metadata/status.yaml: must be a mapping, not array"
    );
    assert!(world.works.is_empty());
}

#[test]
fn a_dead_holders_attempt_is_taken_up_under_the_same_key() {
    let mut world = World::started(ONE_STEP);
    let at = world.running().unwrap();
    let key = world.run().idempotency_key(at);
    world.holder_dies();
    world.pass();
    let step = world.run().step(at).unwrap();
    assert_eq!((step.attempt, step.resumed, step.holder.as_ref()), (1, 1, Some(&world.holder)));
    assert_eq!(world.run().idempotency_key(at), key);
    world.holder_dies();
    world.pass();
    assert_eq!(world.run().step(at).unwrap().resumed, 2);
    world.step_fails("timeout");
    world.later(13);
    world.pass();
    let step = world.run().step(at).unwrap();
    assert_eq!((step.attempt, step.resumed), (2, 0));
    assert_ne!(world.run().idempotency_key(at), key);
}

#[test]
fn an_attempt_of_unclear_outcome_is_repeated_under_its_key_until_the_outcome_is_known() {
    let mut world = World::started(ONE_STEP);
    let at = world.running().unwrap();
    let key = world.run().idempotency_key(at);
    world.step_is_lost("timed out");
    world.later(13);
    world.pass();
    let step = world.run().step(at).unwrap();
    assert_eq!((step.attempt, step.again()), (2, true));
    assert_eq!(world.run().idempotency_key(at), key);
    world.holder_dies();
    world.pass();
    assert_eq!(world.run().idempotency_key(at), key);
    world.step_fails("no quota");
    world.later(30);
    world.pass();
    let step = world.run().step(at).unwrap();
    assert_eq!((step.attempt, step.again()), (3, false));
    assert_ne!(world.run().idempotency_key(at), key);
}

#[test]
fn a_living_holder_is_left_alone() {
    let mut world = World::started(ONE_STEP);
    world.live.insert("two".to_owned());
    world.holder.replica = "two".to_owned();
    assert!(matches!(world.pass(), Reason::StepRunning { .. }));
    assert_eq!(world.run().step(world.running().unwrap()).unwrap().holder.as_ref().unwrap().replica, "one");
}

#[test]
fn a_pass_that_was_never_committed_changes_nothing_about_the_next() {
    let mut world = World::of(ONE_STEP);
    world.pass_that_crashes();
    world.pass();
    assert_eq!((world.runs.len(), world.count(Phase::Running)), (1, 1));
}

#[test]
fn the_time_line_gets_a_line_when_what_is_waited_for_changes_and_none_otherwise() {
    let mut world = World::of(ONE_STEP);
    let line = |world: &World| {
        let plan = crate::plan::plan(world.observed(), world.now);
        told(&world.resource, &plan, world.now)
            .first()
            .map(|event| format!("{:?} {}: {}", event.level(), event.reason, event.message))
    };
    assert_eq!(line(&world).as_deref(), Some("Normal StepRunning: Running step render of pipeline instance"));
    world.pass();
    assert_eq!(line(&world), None);
    world.step_is_refused("no");
    assert_eq!(line(&world).as_deref(), Some("Warning StepFailed: Step render of pipeline instance failed: no"));
}
