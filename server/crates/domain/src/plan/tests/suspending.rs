//! `workflow-control.yaml`: a pipeline asks to wait, for a person or for a time.

use super::{given::files, world::World};
use crate::{
    Timestamp,
    plan::{RECONCILE, SUSPENDED},
    reason::Reason,
    run::RunPhase,
};
use insta::assert_snapshot;

const TWO_PIPELINES: &str = "
configure:
- {name: request, steps: [{name: render, uses: template}]}
- {name: approve, steps: [{name: ask, uses: template}, {name: check, uses: template}]}
";

/// The first pipeline done, the second one's last step running.
fn asking() -> World {
    let mut world = World::of(TWO_PIPELINES);
    for _ in 0..2 {
        world.pass();
        world.step(world.usual());
    }
    world.pass();
    world
}

/// The second pipeline asked to wait for somebody.
fn suspended() -> World {
    let mut world = asking();
    world.step(world.usual().says("workflow-control.yaml", "suspend: true"));
    world.pass();
    world
}

#[test]
fn a_suspended_pipeline_writes_no_work_and_sets_label_and_status_in_one_plan() {
    let mut world = asking();
    world.step(world.usual().says("workflow-control.yaml", "suspend: true\nmessage: waiting for the security team"));
    world.pass();
    assert_eq!(world.resource.metadata.labels[SUSPENDED], "true");
    assert_eq!(world.run().status.phase, RunPhase::Suspended);
    assert_eq!(world.works.len(), 1, "only the first pipeline's");
    assert_eq!(
        world.condition("ConfigureWorkflowCompleted"),
        "False WorkflowSuspended: Pipeline approve asked to wait: waiting for the security team"
    );
    world.later(900);
    assert!(matches!(world.pass(), Reason::Suspended { until: None, .. }));
    assert_snapshot!(world.story(), @r"
      0s Progressing StepRunning       Running step render of pipeline request
         - step render is done
      0s Progressing StepRunning       Running step ask of pipeline approve
         - step ask is done
      0s Progressing StepRunning       Running step check of pipeline approve
         - step check is done
      0s Suspended   Suspended         Pipeline approve asked to wait: waiting for the security team
    900s Suspended   Suspended         Pipeline approve asked to wait: waiting for the security team
    ");
}

#[test]
fn taking_the_label_off_runs_the_same_pipeline_again_under_new_keys() {
    let mut world = asking();
    let at = world.running().unwrap();
    let first_key = world.run().idempotency_key(at);
    world.step(world.usual().says("workflow-control.yaml", "suspend: true"));
    world.pass();
    world.unlabel(SUSPENDED);
    world.pass();
    world.step(world.usual());
    world.pass();
    assert_eq!(world.running(), Some(at));
    assert_ne!(world.run().idempotency_key(at), first_key);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_snapshot!(world.told_runs(), @"1 configure generation 1 created: Succeeded (request/render Succeeded, approve/ask Succeeded, approve/check Succeeded)");
}

#[test]
fn a_label_with_another_value_does_not_hold_it() {
    let mut world = suspended();
    world.label(SUSPENDED, "false");
    assert_eq!(world.carry_on(), Reason::Ready);
    assert!(!world.labelled(SUSPENDED));
}

#[test]
fn retry_after_runs_the_same_pipeline_when_it_is_due_and_counts() {
    let mut world = asking();
    for _ in 0..2 {
        world.step(
            world
                .usual()
                .says("workflow-control.yaml", "retryAfter: 30s\nsuspend: true\nmessage: the database is not up"),
        );
        world.pass();
        world.later(29);
        world.pass();
        world.later(1);
        world.pass();
        world.step(world.usual());
        world.pass();
    }
    assert_eq!(world.run().status.pipelines[1].attempts, 2);
    world.carry_on();
    assert_snapshot!(world.story(), @r"
     0s Progressing StepRunning       Running step render of pipeline request
        - step render is done
     0s Progressing StepRunning       Running step ask of pipeline approve
        - step ask is done
     0s Progressing StepRunning       Running step check of pipeline approve
        - step check is done
     0s Suspended   Suspended         Pipeline approve asked to wait until 2026-11-22T18:00:30Z: the database is not up
    29s Suspended   Suspended         Pipeline approve asked to wait until 2026-11-22T18:00:30Z: the database is not up
    30s Progressing StepRunning       Running step ask of pipeline approve
        - step ask is done
    30s Progressing StepRunning       Running step check of pipeline approve
        - step check is done
    30s Suspended   Suspended         Pipeline approve asked to wait until 2026-11-22T18:01:00Z: the database is not up
    59s Suspended   Suspended         Pipeline approve asked to wait until 2026-11-22T18:01:00Z: the database is not up
    60s Progressing StepRunning       Running step ask of pipeline approve
        - step ask is done
    60s Progressing StepRunning       Running step check of pipeline approve
    60s Progressing StepRunning       Running step check of pipeline approve
        - step check is done
    60s Progressing Placing           Writing to destination dev
        - the store writes
    60s Ready       Ready             Everything asked for is in place
    ");
}

#[test]
fn taking_the_label_off_does_not_wait_for_the_time() {
    let mut world = asking();
    world.step(world.usual().says("workflow-control.yaml", "retryAfter: 30s"));
    world.pass();
    world.unlabel(SUSPENDED);
    assert!(matches!(world.pass(), Reason::StepRunning { .. }));
}

#[test]
fn a_pipeline_that_asks_to_run_again_at_once_still_waits_a_second() {
    let mut world = asking();
    world.step(world.usual().says("workflow-control.yaml", "retryAfter: 0s"));
    let until = Some(Timestamp::from_micros(world.now.micros() + 1_000_000));
    assert_eq!(world.pass(), Reason::Suspended { pipeline: "approve".into(), message: String::new(), until });
}

#[test]
fn a_pass_that_comes_only_after_the_time_goes_straight_on() {
    let mut world = asking();
    world.step(world.usual().says("workflow-control.yaml", "retryAfter: 30s"));
    world.later(60);
    assert!(matches!(world.pass(), Reason::StepRunning { .. }));
    assert!(!world.labelled(SUSPENDED));
}

#[test]
fn a_changed_spec_while_suspended_starts_from_the_first_pipeline() {
    let mut world = suspended();
    world.change_spec();
    world.pass();
    assert!(!world.labelled(SUSPENDED));
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (request/render Succeeded, approve/ask Succeeded, approve/check Succeeded)
    2 configure generation 2 the spec changed: Running (request/render Running, approve/ask Pending, approve/check Pending)
    ");
}

#[test]
fn the_manual_label_while_suspended_starts_from_the_first_pipeline() {
    let mut world = suspended();
    world.label(RECONCILE, "true");
    world.pass();
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Superseded (request/render Succeeded, approve/ask Succeeded, approve/check Succeeded)
    2 configure generation 1 asked to run again: Running (request/render Running, approve/ask Pending, approve/check Pending)
    ");
}

#[test]
fn what_a_suspended_pipeline_says_about_the_status_is_kept() {
    let mut world = asking();
    world.step(files(&["a.yaml"]).says("workflow-control.yaml", "suspend: true").says("status.yaml", "ticket: SEC-7"));
    world.pass();
    assert_eq!(world.status().rest["ticket"], "SEC-7");
}

#[test]
fn a_delete_workflow_may_ask_to_wait_and_the_files_stay_meanwhile() {
    let mut world = World::ready(
        "
configure: [{name: instance, steps: [{name: render, uses: template}]}]
delete: [{name: gate, steps: [{name: ask, uses: template}]}]
",
    );
    world.delete();
    world.pass();
    world.step(
        files(&[])
            .says("workflow-control.yaml", "suspend: true\nmessage: confirm the backup")
            .says("status.yaml", "backup: b-7"),
    );
    world.pass();
    assert_eq!(
        world.condition("DeleteWorkflowCompleted"),
        "False DeleteWorkflowSuspended: Pipeline gate asked to wait: confirm the backup"
    );
    assert_eq!(
        (world.placed(), world.status().rest["backup"].as_str()),
        (vec!["dev: instance.yaml stands".to_owned()], Some("b-7"))
    );
    world.unlabel(SUSPENDED);
    world.carry_on();
    assert!(world.forgotten);
}

#[test]
fn a_pipeline_that_has_asked_too_often_fails_with_its_own_words() {
    let mut world = asking();
    world.course.after_failure = false;
    let control = "retryAfter: 1m\nmaxAttempts: 2\nmessage: the database is not up";
    for _ in 0..3 {
        world.step(world.usual().says("workflow-control.yaml", control));
        world.pass();
        world.later(60);
        world.pass();
        if world.running().is_some() {
            world.step(world.usual());
            world.pass();
        }
    }
    assert_eq!(
        world.status().message,
        "Step check of pipeline approve failed: it has asked to be run again 2 times, which is as often as it may: the database is not up"
    );
    world.label(RECONCILE, "true");
    assert_eq!(world.carry_on(), Reason::Ready);
}
