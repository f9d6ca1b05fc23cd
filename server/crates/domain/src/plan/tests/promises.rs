//! The life of a promise itself: dependencies everywhere, its own workflow, requirements, and the order in which it goes.

use super::{
    given::{destination, files, promise},
    world::World,
};
use crate::{
    plan::{FINALIZER, PromiseState, RECONCILE, Subject, Surroundings},
    promise::{Availability, RequirementState, RequirementStatus},
    reason::Reason,
};
use insta::assert_snapshot;

const NAMESPACES: &str = "
dependencies:
- {apiVersion: v1, kind: Namespace, metadata: {name: redis}}
- {apiVersion: v1, kind: Namespace, metadata: {name: redis-operator}}
destinationSelectors: [{matchLabels: {environment: dev}}]
";

const WITH_WORKFLOWS: &str = "
workflows:
  promise:
    configure: [{name: prepare, steps: [{name: render, uses: command, retry: {attempts: 1}}]}]
    delete: [{name: undo, steps: [{name: undo, uses: command, retry: {attempts: 1}}]}]
";

const REQUIRING: &str = "requires: [{name: certificates, version: v1}]";

impl World {
    fn around(&mut self, change: impl Fn(&mut Surroundings)) {
        let Subject::Promise(around) = &mut self.subject else { panic!("not about a promise") };
        change(around);
    }

    #[track_caller]
    fn check_available(&self, expected: Availability) {
        assert_eq!(self.promise_status().status, expected, "{}", self.story);
    }
}

#[test]
fn dependencies_go_to_every_destination_that_fits() {
    let mut world = World::of_promise(NAMESPACES);
    world.destinations = vec![
        destination("one", "environment=dev"),
        destination("two", "environment=dev"),
        destination("three", "environment=prod"),
    ];
    assert_eq!(world.carry_on(), Reason::Ready);
    let file = "static/database-dependencies.yaml stands";
    assert_eq!(world.placed(), [format!("one: {file}"), format!("two: {file}")]);
    assert_eq!(world.placements[0].spec.root, "clusters/one/dependencies/database/5058f");
    assert_eq!(world.resource.metadata.finalizers, [FINALIZER]);
    assert!(world.runs.is_empty(), "nothing is to be run");
    assert_snapshot!(world.condition("WorksSucceeded"), @"True WorksSucceeded: All works associated with this promise are placed");
}

#[test]
fn a_destination_that_comes_later_gets_them_too_and_one_that_fits_no_longer_keeps_them() {
    let mut world = World::of_promise(NAMESPACES);
    world.carry_on();
    world.destinations = vec![destination("dev", "environment=gone"), destination("new", "environment=dev")];
    world.carry_on();
    assert_eq!(world.placed().len(), 2, "{:?}", world.placed());
}

#[test]
fn a_promise_is_available_though_no_destination_takes_its_dependencies() {
    let mut world = World::of_promise(NAMESPACES);
    world.destinations.clear();
    assert!(matches!(world.carry_on(), Reason::NoDestination { .. }));
    world.check_available(Availability::Available);
    assert_snapshot!(world.condition("WorksSucceeded"), @"False UnscheduledWorkloads: No destination has the labels environment=dev; add one, or change the promise's selectors");
}

#[test]
fn dependencies_that_a_new_revision_no_longer_has_are_withdrawn() {
    let mut world = World::of_promise(NAMESPACES);
    world.carry_on();
    world.offer = Some(promise("r2", "title: Database"));
    world.resource.metadata.generation += 1;
    world.carry_on();
    assert!(world.placements.is_empty() && world.works.is_empty());
}

#[test]
fn a_promise_becomes_available_when_its_own_workflow_has_succeeded_and_stays_so() {
    let mut world = World::of_promise(WITH_WORKFLOWS);
    world.pass();
    world.check_available(Availability::Unavailable);
    world.step(files(&["namespace.yaml"]).says("status.yaml", "message: Prepared\nother: lost\n"));
    world.carry_on();
    world.check_available(Availability::Available);
    assert_eq!(world.promise_status().message, "Prepared");
    assert!(!world.promise_status().rest.contains_key("other"), "only the message persists");
    assert_eq!(world.placements[0].spec.root, "clusters/dev/dependencies/database/prepare/5058f");
    world.label(RECONCILE, "true");
    world.pass();
    world.step_fails("no more room");
    world.pass();
    world.check_available(Availability::Available);
    let status = world.promise_status();
    assert_eq!((status.workflows, status.workflows_succeeded, status.workflows_failed), (1, 0, 1));
    assert_snapshot!(world.condition("ConfigureWorkflowCompleted"), @"False ConfigureWorkflowFailed: no more room");
    assert_snapshot!(world.told_runs(), @r"
    1 configure generation 1 created: Succeeded (prepare/render Succeeded)
    2 configure generation 1 asked to run again: Failed (prepare/render Failed)
    ");
}

#[test]
fn an_unmet_requirement_makes_it_unavailable_and_is_named() {
    let mut world = World::of_promise(REQUIRING);
    let required = |state| vec![RequirementStatus { name: "certificates".into(), version: "v1".into(), state }];
    for state in [RequirementState::NotInstalled, RequirementState::OtherVersion, RequirementState::NotAvailable] {
        world.around(|around| around.requires = required(state));
        assert!(matches!(world.pass(), Reason::RequirementUnmet { .. }));
        world.check_available(Availability::Unavailable);
        assert_eq!(world.promise_status().required_promises[0].state, state);
    }
    assert_snapshot!(world.condition("RequirementsFulfilled"), @"False RequirementsNotInstalled: It requires the promise certificates: Requirement not available");
    world.around(|around| around.requires = required(RequirementState::Installed));
    assert_eq!(world.pass(), Reason::Ready);
    world.check_available(Availability::Available);
    assert_eq!(world.promise_status().last_available_time, Some(world.now));
}

#[test]
fn a_promise_goes_after_everything_that_was_made_from_it() {
    let mut world = World::of_promise(&format!("{WITH_WORKFLOWS}{NAMESPACES}"));
    world.carry_on();
    world.story.clear();
    world.delete();
    let shop = World::of("configure: []").resource;
    world.around(|around| {
        around.running = 1;
        around.resources = 1;
        around.standing = vec![shop.clone()];
    });
    world.pass();
    world.around(|around| around.running = 0);
    world.pass();
    assert!(world.dismissed.is_empty(), "the delete workflow runs while the resources stand");
    world.step(files(&[]));
    world.pass();
    assert_eq!(world.dismissed.len(), 1);
    assert!(world.dismissed[0].deleting());
    world.around(|around| around.standing.clear());
    world.pass();
    world.around(|around| around.resources = 0);
    world.carry_on();
    assert!(world.forgotten);
    assert_snapshot!(world.story(), @r"
       - somebody deletes it
    0s Deleting    ResourcesRunning  Letting 1 run of its resources come to an end
    0s Deleting    StepRunning       Running step undo of pipeline undo
       - step undo is done
    0s Deleting    ResourcesLeaving  Waiting until 1 resource made from it is gone
    0s Deleting    ResourcesLeaving  Waiting until 1 resource made from it is gone
    0s Deleting    Withdrawing       Removing the files from destination dev
       - the store writes
    0s Deleting    Deleted           Deleted
    ");
}

#[test]
fn what_is_asked_of_an_unavailable_promise_is_accepted_and_waits() {
    let mut world = World::of("configure: [{name: instance, steps: [{name: render, uses: template}]}]");
    world.subject = Subject::Resource(PromiseState::Unavailable {
        why: "It requires the promise certificates: Requirement not installed".into(),
    });
    assert!(matches!(world.pass(), Reason::PromiseUnavailable { .. }));
    assert!(world.runs.is_empty());
    world.subject = Subject::default();
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_snapshot!(world.story(), @r"
    0s Pending     PromiseUnavailable The promise database is not available yet: It requires the promise certificates: Requirement not installed
    0s Progressing StepRunning       Running step render of pipeline instance
       - step render is done
    0s Progressing Placing           Writing to destination dev
       - the store writes
    0s Ready       Ready             Everything asked for is in place
    ");
}

#[test]
fn a_run_that_was_begun_goes_on_while_the_promise_is_unavailable() {
    let mut world =
        World::started("configure: [{name: instance, steps: [{name: a, uses: command}, {name: b, uses: command}]}]");
    world.subject = Subject::Resource(PromiseState::Unavailable { why: "Pending".into() });
    assert_eq!(world.carry_on(), Reason::Ready);
    world.change_spec();
    assert!(matches!(world.pass(), Reason::PromiseUnavailable { .. }));
    assert_eq!(world.runs.len(), 1);
}

#[test]
fn nothing_new_begins_while_the_promise_is_being_removed() {
    let mut world =
        World::started("configure: [{name: instance, steps: [{name: a, uses: command}, {name: b, uses: command}]}]");
    world.subject = Subject::Resource(PromiseState::Leaving { uid: "promise_1".into() });
    assert!(matches!(world.pass(), Reason::FinishingOlder { .. }));
    world.step(files(&[]));
    assert!(matches!(world.pass(), Reason::PromiseLeaving { .. }));
    assert!(world.run().status.phase.finished());
    world.delete();
    assert_eq!(world.carry_on(), Reason::Deleted);
}
