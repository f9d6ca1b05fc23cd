//! Day-2 actions beside the life of a resource.

use super::{given::files, world::World};
use crate::{
    condition::Truth,
    reason::Reason,
    request::RequestPhase,
    run::{Run, RunPhase},
    status::OperationState,
};
use insta::assert_snapshot;
use serde_json::json;

const RESTART: &str = "
configure: [{name: instance, steps: [{name: render, uses: template}]}]
delete: [{name: destroy, steps: [{name: destroy, uses: command}]}]
actions:
  restart: {title: Restart, pipelines: [{name: restart, steps: [{name: call, uses: http}]}]}
  backup: {places: true, concurrency: queue, pipelines: [{name: backup, steps: [{name: render, uses: template}]}]}
  rotate: {then: configure, pipelines: [{name: rotate, steps: [{name: command, uses: command}]}]}
";

fn action(world: &World) -> &Run {
    world.runs.iter().rev().find(|run| run.spec.action.is_some()).expect("an action has run")
}

#[test]
fn an_action_runs_once_and_the_resource_stays_ready_meanwhile() {
    let mut world = World::ready(RESTART);
    world.act("restart");
    assert_eq!(world.pass(), Reason::Ready);
    let status = world.status();
    assert_eq!((status.phase.as_str(), status.last_action.unwrap().state), ("Ready", OperationState::Running));
    world.step(files(&["report.txt"]));
    world.pass();
    world.pass();
    let last = world.status().last_action.unwrap();
    assert_eq!((last.state, last.sequence, last.asked_by.as_str()), (OperationState::Succeeded, 1, "dana"));
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    act on Succeeded
    ");
    assert_eq!(world.runs.len(), 2);
    assert_eq!(world.placed(), ["dev: instance.yaml stands"], "what an action makes is placed only where it says so");
}

#[test]
fn an_action_that_fails_is_a_fact_and_the_resource_stays_ready() {
    let mut world = World::ready(RESTART);
    world.act("restart");
    world.pass();
    world.step_is_refused("the cluster does not answer");
    assert_eq!(world.pass(), Reason::Ready);
    let status = world.status();
    let told = status.condition("LastActionSucceeded").unwrap();
    assert_eq!((status.phase.as_str(), told.status), ("Ready", Truth::False));
    assert_eq!(told.message, "The action restart has failed: the cluster does not answer");
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    act on Failed the cluster does not answer
    ");
}

#[test]
fn actions_have_their_turn_one_after_the_other() {
    let mut world = World::ready(RESTART);
    world.act("restart");
    world.act("backup");
    world.pass();
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    act on Running
    act on Submitted Waits until the action restart has come to its end
    ");
    world.carry_on();
    let order: Vec<(&str, i64)> = world.runs.iter().map(|run| (run.occasion(), run.spec.sequence)).collect();
    assert_eq!(order, [("configure", 1), ("restart", 1), ("backup", 2)]);
    assert!(world.requests.iter().all(|request| request.status.phase == RequestPhase::Succeeded));
}

#[test]
fn a_change_waits_until_the_action_has_come_to_its_end() {
    let mut world = World::ready(RESTART);
    world.act("restart");
    world.pass();
    world.change_spec();
    assert_eq!(world.pass(), Reason::ActionRunning { action: "restart".into() });
    assert_eq!(world.status().message, "Waiting until the action restart has come to its end");
    world.carry_on();
    assert_eq!(world.run().spec.generation, 2);
    assert_eq!(action(&world).status.phase, RunPhase::Succeeded);
}

#[test]
fn an_action_waits_until_the_change_before_it_stands() {
    let mut world = World::ready(RESTART);
    world.change_spec();
    world.act("backup");
    world.pass();
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    update Running Running step render of pipeline instance
    act on Submitted Running step render of pipeline instance
    ");
    world.carry_on();
    assert_eq!(world.runs.last().unwrap().occasion(), "backup");
}

#[test]
fn a_delete_lets_the_running_step_end_and_then_takes_the_actions_place() {
    let mut world = World::ready(RESTART);
    world.act("restart");
    world.act("backup");
    world.pass();
    world.delete();
    assert_eq!(world.pass(), Reason::FinishingOlder { generation: 1 });
    world.carry_on();
    assert!(world.forgotten);
    assert_eq!(action(&world).status.phase, RunPhase::Superseded);
    let answers = world.answers();
    assert!(answers.contains("act on Superseded The resource is being deleted"), "{answers}");
}

#[test]
fn a_replica_that_dies_in_an_action_leaves_it_to_the_next_under_the_same_key() {
    let mut world = World::ready(RESTART);
    world.act("restart");
    world.pass();
    let key = action(&world).idempotency_key(world.running().unwrap());
    assert!(world.labelled(crate::plan::ACTING), "a sweep finds it though the resource is ready");
    world.holder_dies();
    world.pass();
    assert_eq!(action(&world).idempotency_key(world.running().unwrap()), key);
    assert_eq!(action(&world).status.pipelines[0].steps[0].resumed, 1);
    world.carry_on();
    assert_eq!(world.runs.len(), 2);
    assert!(!world.labelled(crate::plan::ACTING));
}

#[test]
fn what_may_not_be_done_as_the_resource_stands_is_answered_with_the_reason() {
    let mut world = World::ready(RESTART);
    "it is read-only".clone_into(&mut world.forbidden);
    world.act("restart");
    world.pass();
    world.new_revision("r2", super::given::ONE_STEP);
    world.forbidden.clear();
    world.act("restart");
    world.carry_on();
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    act on Failed it is read-only
    act on Failed The promise no longer offers the action restart
    ");
}

#[test]
fn what_an_action_gives_stays_when_the_configure_workflow_runs_again() {
    let mut world = World::of(RESTART);
    world.pass();
    world.step(files(&["a.yaml"]).says("outputs.yaml", "user: first").says("status.yaml", "mode: first"));
    world.carry_on();
    world.act("rotate");
    world.pass();
    world.step(files(&[]).says("outputs.yaml", "user: second").says("status.yaml", "mode: second\nphase: mine"));
    assert!(matches!(world.pass(), Reason::StepRunning { .. }), "configure follows");
    assert_eq!(world.run().spec.trigger, "asked to run again");
    world.step(files(&["a.yaml"]).says("outputs.yaml", "user: first").says("status.yaml", "mode: first"));
    world.carry_on();
    let status = world.status();
    assert_eq!((status.outputs["user"].clone(), status.rest["mode"].clone()), (json!("second"), json!("second")));
    assert_eq!(status.phase.as_str(), "Ready");
}

#[test]
fn the_files_of_an_action_that_places_them_stay_until_its_next_run() {
    let mut world = World::ready(RESTART);
    world.act("backup");
    world.pass();
    world.step(files(&["backup-1.yaml"]));
    world.carry_on();
    world.label(crate::plan::RECONCILE, "true");
    world.carry_on();
    assert_eq!(world.placed(), ["dev: backup-1.yaml stands", "dev: instance.yaml stands"]);
    world.act("backup");
    world.pass();
    world.step(files(&["backup-2.yaml"]));
    world.carry_on();
    assert_eq!(world.placed(), ["dev: backup-2.yaml stands", "dev: instance.yaml stands"]);
    world.new_revision("r2", super::given::ONE_STEP);
    world.carry_on();
    assert_eq!(world.placed(), ["dev: instance.yaml stands"]);
}
