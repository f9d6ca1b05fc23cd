//! What became of what was asked.

use super::{
    given::{ONE_STEP, files},
    world::World,
};
use crate::{request::Operation, run::Workflow};
use insta::assert_snapshot;

#[test]
fn a_request_succeeds_when_its_files_stand() {
    let mut world = World::started(ONE_STEP);
    assert_snapshot!(world.answers(), @"create Running Running step render of pipeline instance");
    world.step(files(&["a.yaml"]));
    world.pass();
    assert_snapshot!(world.answers(), @"create Running Writing to destination dev");
    world.later(3);
    world.store_writes();
    world.pass();
    assert_snapshot!(world.answers(), @"create Succeeded");
    let request = &world.requests[0].status;
    assert_eq!((request.run.as_str(), request.finished_at), (world.run().metadata.name.as_str(), Some(world.now)));
}

#[test]
fn a_request_fails_with_its_run_and_a_later_one_may_succeed() {
    let mut world = World::started(ONE_STEP);
    world.step_is_refused("no quota");
    world.pass();
    world.change_spec();
    world.carry_on();
    assert_snapshot!(world.answers(), @r"
    create Failed Step render of pipeline instance failed: no quota
    update Succeeded
    ");
    let operation = world.status().last_operation.unwrap();
    assert_eq!((operation.operation, operation.generation), (Operation::Update, 2));
}

#[test]
fn older_open_requests_give_way_to_the_newest() {
    let mut world = World::of(ONE_STEP);
    world.change_spec();
    world.change_spec();
    world.pass();
    assert_snapshot!(world.answers(), @r"
    create Superseded A newer request took its place
    update Superseded A newer request took its place
    update Running Running step render of pipeline instance
    ");
}

#[test]
fn a_delete_supersedes_what_is_open_and_is_answered_itself_whatever_generation_it_names() {
    for generation in [0, 1, 2, 3] {
        let mut world = World::of(
            "
configure: [{name: instance, steps: [{name: render, uses: template}]}]
delete: [{name: destroy, steps: [{name: destroy, uses: command}]}]
",
        );
        world.change_spec();
        world.delete();
        world.requests[2].spec.generation = generation;
        world.pass();
        assert_eq!(world.requests[2].status.run, world.run().metadata.name);
        assert_eq!(world.run().spec.workflow, Workflow::Delete);
        world.carry_on();
        assert_eq!(
            world.answers(),
            "create Superseded A newer request took its place\nupdate Superseded A newer request took its place\ndelete Succeeded"
        );
    }
}

#[test]
fn a_request_waits_with_the_words_of_the_resource() {
    let mut world = World::of(ONE_STEP);
    world.destinations.clear();
    world.carry_on();
    assert_eq!(world.requests[0].status.message, world.status().message);
    assert_eq!(world.status().message, "No destination takes this; add one");
}

#[test]
fn a_request_that_changes_nothing_is_answered_at_once() {
    let mut world = World::ready(ONE_STEP);
    world.ask(Operation::Update);
    world.pass();
    assert_snapshot!(world.answers(), @r"
    create Succeeded
    update Succeeded
    ");
}
