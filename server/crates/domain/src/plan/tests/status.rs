//! What people read: the three facts, conditions, outputs, and the keys that pipelines write beside them.

use super::{
    given::{Left, ONE_STEP, files},
    world::World,
};
use crate::{Object, status::OperationState};
use insta::assert_snapshot;
use serde_json::json;

const TWO_PIPELINES: &str = "
configure:
- {name: instance, steps: [{name: render, uses: template}]}
- {name: backup, steps: [{name: render, uses: template}]}
";

fn after(left: Left) -> World {
    let mut world = World::started(ONE_STEP);
    world.step(left);
    world.carry_on();
    world
}

#[test]
fn the_three_facts_are_told_apart() {
    let mut world = World::ready(ONE_STEP);
    let told = |world: &World| {
        let status = world.status();
        let last = status.last_operation.unwrap();
        format!(
            "health {:?}, sync {:?}: {}, {} {:?}",
            status.health.state,
            status.sync.state,
            status.sync.message,
            last.operation.as_str(),
            last.state
        )
    };
    assert_eq!(told(&world), "health NotChecked, sync Synced: 1 file placed at dev, create Succeeded");
    world.change_spec();
    world.pass();
    assert_eq!(
        told(&world),
        "health NotChecked, sync Pending: Running step render of pipeline instance, update Running"
    );
    world.step(world.usual());
    world.pass();
    world.store_refuses("no space left");
    world.pass();
    assert_eq!(told(&world), "health NotChecked, sync Failing: no space left, update Running");
}

#[test]
fn an_operation_that_succeeded_is_not_undone_by_a_later_move() {
    let mut world = World::ready(ONE_STEP);
    world.destinations[0].spec.path = "elsewhere".to_owned();
    world.pass();
    assert_eq!(world.status().last_operation.unwrap().state, OperationState::Succeeded);
    assert_eq!(world.status().phase.as_str(), "Progressing");
}

#[test]
fn a_pipelines_keys_stand_beside_ours_and_cannot_take_ours() {
    let world = after(files(&["a.yaml"]).says("status.yaml", "url: https://shop.example.com\nphase: Broken\nrun: mine\nlastOperation: none\nmessage: Your database is at shop-rw"));
    let status = world.status();
    assert_eq!(
        (status.phase.as_str(), status.message.as_str(), &status.rest["url"]),
        ("Ready", "Your database is at shop-rw", &json!("https://shop.example.com"))
    );
    assert_eq!(status.run, world.run().metadata.name);
    assert_eq!(status.written_keys, ["url"]);
}

#[test]
fn a_pipelines_message_is_heard_only_when_nothing_is_waited_for() {
    let mut world = after(files(&["a.yaml"]).says("status.yaml", "message: all is well"));
    world.change_spec();
    world.pass();
    assert_eq!(world.status().message, "Running step render of pipeline instance");
}

#[test]
fn keys_vanish_with_the_pipeline_that_wrote_them_once_the_new_run_succeeded() {
    let mut world = World::of(TWO_PIPELINES);
    for key in ["host", "bucket"] {
        world.pass();
        world.step(files(&[]).says("status.yaml", &format!("{key}: x\nshared: {key}")));
    }
    world.carry_on();
    assert_eq!(world.status().rest["shared"], "bucket", "the later pipeline has the word");
    world.new_revision("r2", ONE_STEP);
    world.pass();
    assert!(world.status().rest.contains_key("bucket"));
    world.step(files(&[]).says("status.yaml", "host: y"));
    world.carry_on();
    assert_eq!(serde_json::Value::Object(world.status().rest), json!({"host": "y"}));
}

#[test]
fn keys_that_no_pipeline_wrote_are_left_alone() {
    let mut world = World::ready(ONE_STEP);
    world.resource.status["healthStatus"] = json!({"state": "healthy"});
    world.change_spec();
    world.carry_on();
    assert_eq!(world.status().rest["healthStatus"]["state"], "healthy");
}

#[test]
fn a_pipelines_conditions_are_merged_by_type_and_cannot_take_ours() {
    let mut world = World::of(TWO_PIPELINES);
    for (truth, reason) in [("False", "Creating"), ("True", "Created")] {
        world.pass();
        let conditions = format!(
            "conditions: [{{type: Database, status: '{truth}', reason: {reason}}}, {{type: Ready, status: 'False', reason: Mine}}]"
        );
        world.step(files(&[]).says("status.yaml", &conditions));
        world.later(5);
    }
    world.carry_on();
    assert_eq!(world.condition("Database"), "True Created: ");
    assert_eq!(world.condition("Ready"), "True Ready: Everything asked for is in place");
    world.later(600);
    let before = world.resource.clone();
    world.pass();
    assert_eq!(world.resource, before);
}

#[test]
fn all_conditions_of_a_ready_resource() {
    let world = World::ready(ONE_STEP);
    let told: Vec<String> =
        world.status().conditions.iter().map(|c| format!("{} {}", c.kind, world.condition(&c.kind))).collect();
    assert_snapshot!(told.join("\n"), @r"
    Ready True Ready: Everything asked for is in place
    Reconciled True Reconciled: Everything asked for is in place
    Synced True Placed: 1 file placed at dev
    ConfigureWorkflowCompleted True PipelinesExecutedSuccessfully: All pipelines have run
    ");
}

#[test]
fn a_workflow_condition_speaks_of_the_generation_that_ran() {
    let mut world = World::ready(ONE_STEP);
    world.label(crate::plan::PAUSED, "true");
    world.change_spec();
    world.pass();
    let status = world.status();
    let condition = |kind: &str| status.condition(kind).map(|condition| condition.observed_generation);
    assert_eq!((condition("Ready"), condition("ConfigureWorkflowCompleted")), (Some(2), Some(1)));
}

#[test]
fn outputs_are_those_of_the_run_that_succeeded_last() {
    let mut world = after(files(&[]).says("outputs.yaml", "host: db-1\nport: 5432"));
    assert_eq!(serde_json::Value::Object(world.status().outputs), json!({"host": "db-1", "port": 5432}));
    world.change_spec();
    world.pass();
    world.step_is_refused("no");
    world.pass();
    assert_eq!(world.status().outputs["host"], "db-1", "a failed run takes nothing away");
    world.change_spec();
    world.pass();
    world.step(files(&[]).says("outputs.yaml", "host: db-2"));
    world.carry_on();
    assert_eq!(serde_json::Value::Object(world.status().outputs), json!({"host": "db-2"}));
}

#[test]
fn a_status_that_cannot_be_read_is_written_anew() {
    let mut world = World::ready(ONE_STEP);
    world.resource.status = json!({"phase": 7});
    world.pass();
    assert_eq!(world.status().phase.as_str(), "Ready");
}

#[test]
fn the_whole_status_as_clients_see_it() {
    let world = after(
        files(&["a.yaml"]).says("status.yaml", "url: https://shop.example.com").says("outputs.yaml", "host: db-1"),
    );
    let mut status = Object { status: world.resource.status.clone(), ..Object::default() }.status;
    status.as_object_mut().unwrap().remove("conditions");
    assert_snapshot!(crate::document::to_yaml(&status), @r#"
    observedGeneration: 1
    phase: Ready
    message: Everything asked for is in place
    health:
      state: NotChecked
      message: The promise declares no health check
    sync:
      state: Synced
      message: 1 file placed at dev
    lastOperation:
      operation: Create
      state: Succeeded
      message: Everything asked for is in place
      generation: 1
      run: run-858c13aadaa27282b9909b6d82
      startedAt: "2026-11-22T18:00:00Z"
      finishedAt: "2026-11-22T18:00:00Z"
    url: https://shop.example.com
    placements:
    - destination: dev
      pipeline: instance
      why: The only destination there is, and it fits
    revision: r1
    promiseVersion: v-r1
    run: run-858c13aadaa27282b9909b6d82
    outputs:
      host: db-1
    writtenKeys:
    - url
    "#);
}

#[test]
fn works_have_succeeded_once_something_stands_or_nothing_is_to_come() {
    let mut world = World::of(ONE_STEP);
    std::sync::Arc::make_mut(world.offer.as_mut().unwrap()).promise.kratix = true;
    world.pass();
    let told = |world: &World| {
        let conditions = world.status().conditions;
        let works = conditions.into_iter().find(|one| one.kind == "WorksSucceeded").unwrap();
        format!("{:?} {}", works.status, works.reason)
    };
    assert_eq!(told(&world), "Unknown WorksPending");
    let mut failing = world.clone();
    failing.step_is_refused("no such size");
    failing.carry_on();
    assert_eq!(told(&failing), "Unknown WorksPending");
    let mut empty = world.clone();
    empty.step(files(&[]));
    empty.carry_on();
    assert_eq!(told(&empty), "True WorksSucceeded");
    world.step(world.usual());
    world.carry_on();
    assert_eq!(told(&world), "True WorksSucceeded");
}
