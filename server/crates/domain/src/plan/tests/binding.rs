//! The binding of a Kratix promise's resource: made, held to, told, made anew.

use super::{given::ONE_STEP, world::World};
use crate::{binding::Binding, plan::RECONCILE, reason::Reason};

fn bound() -> World {
    let mut world = World::of(ONE_STEP);
    world.course.binds = true;
    world.carry_on();
    world
}

fn told(world: &World) -> String {
    let Binding { spec, status, .. } = world.course.binding.as_ref().unwrap();
    let upgrade = status.conditions.iter().map(|condition| format!("{:?} {}", condition.status, condition.reason));
    let upgrade = upgrade.collect::<Vec<_>>().join(" ");
    format!(
        "wants {}, has {:?}, failed {:?}, {upgrade}",
        spec.version, status.last_applied_version, status.failed_version
    )
}

#[test]
fn a_resource_gets_a_binding_that_follows_the_promise() {
    let world = bound();
    assert_eq!(told(&world), "wants latest, has \"v-r1\", failed \"\", True UpgradeComplete");
    let binding = world.course.binding.as_ref().unwrap();
    assert_eq!((binding.spec.promise_ref.name.as_str(), binding.spec.resource_ref.name.as_str()), ("database", "shop"));
    assert_eq!(binding.metadata.labels["kratix.io/resource-name"], "shop");
    assert_eq!(world.status().resource_binding_version, "latest");
}

#[test]
fn where_pins_are_the_rule_the_first_binding_holds_the_version_of_the_day() {
    let mut world = World::of(ONE_STEP);
    world.course.binds = true;
    world.course.pin = Some("v-r1".to_owned());
    world.carry_on();
    assert_eq!(told(&world), "wants v-r1, has \"v-r1\", failed \"\", True UpgradeComplete");
}

#[test]
fn an_upgrade_that_fails_and_its_recovery_are_told() {
    let mut world = bound();
    world.new_revision("r2", ONE_STEP);
    world.pass();
    assert_eq!(told(&world), "wants latest, has \"v-r1\", failed \"\", False UpgradeInProgress");
    world.step_is_refused("no such image");
    world.pass();
    assert_eq!(told(&world), "wants latest, has \"v-r1\", failed \"v-r2\", False UpgradeFailed");
    let again = |world: &mut World| {
        world.course.binding.as_mut().unwrap().metadata.labels.insert(RECONCILE.to_owned(), "true".to_owned())
    };
    again(&mut world);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(told(&world), "wants latest, has \"v-r2\", failed \"\", True UpgradeComplete");
    assert!(!world.course.binding.as_ref().unwrap().metadata.labels.contains_key(RECONCILE));
}

#[test]
fn a_deleted_binding_comes_back_as_it_was_and_goes_with_its_resource() {
    let mut world = bound();
    let before = world.course.binding.take();
    world.pass();
    let after = world.course.binding.clone().unwrap();
    assert_eq!(before.unwrap().metadata.name, after.metadata.name);
    assert_eq!(world.runs.len(), 1, "nothing runs again for it");
    world.delete();
    world.carry_on();
    assert!(world.forgotten && world.course.binding.is_none());
}
