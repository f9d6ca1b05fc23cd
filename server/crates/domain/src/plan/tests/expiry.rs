//! The end of a resource's time.

use super::{given::promise, world::World};
use crate::{expiry::EXPIRES_AT, plan};

const HOUR: u64 = 3600;

fn ready() -> World {
    let mut world = World::of("configure: []");
    world.offer = Some(promise(
        "r1",
        "
expiry: {default: 100h, warn: [72h, 24h], extend: 50h}
workflows: {resource: {configure: [{name: instance, steps: [{name: render, uses: template}]}]}}
",
    ));
    world.carry_on();
    world
}

/// What a pass would tell people now.
fn told(world: &World) -> Vec<String> {
    let plan = plan::plan(world.observed(), world.now);
    let events = plan::told(&world.resource, &plan, world.now);
    events.into_iter().map(|event| format!("{}: {}", event.reason, event.message)).collect()
}

#[test]
fn a_resource_gets_its_end_when_it_is_first_seen_and_an_alarm_for_the_first_warning() {
    let mut world = ready();
    world.course.interval = None;
    let plan = plan::plan(world.observed(), world.now);
    assert_eq!(plan.wake.map(|at| at.since(world.now).as_secs()), Some(28 * HOUR));
    let end = world.status().expires_at.unwrap();
    assert_eq!(end.since(world.now).as_secs(), 100 * HOUR);
    assert_eq!(world.resource.metadata.annotations[EXPIRES_AT], end.to_string());
    assert_eq!(world.condition("Expiring"), format!("False TimeLeft: Its time is over at {end}"));
}

#[test]
fn each_warning_is_told_once() {
    let mut world = ready();
    world.course.interval = None;
    let end = world.status().expires_at.unwrap();
    world.later(28 * HOUR);
    let warning = format!("ExpiresSoon: Less than 3 days left: it is deleted at {end}; extend it to keep it");
    assert_eq!(told(&world), [warning]);
    world.pass();
    assert!(told(&world).is_empty());
    world.later(48 * HOUR);
    assert!(told(&world)[0].contains("Less than 24 hours left"));
    world.pass();
    let plan = plan::plan(world.observed(), world.now);
    assert_eq!((plan.wake, plan.expire), (Some(end), false));
}

#[test]
fn when_its_time_is_over_its_deletion_is_asked_for_until_it_is_on_its_way() {
    let mut world = ready();
    world.course.interval = None;
    world.later(100 * HOUR);
    let plan = plan::plan(world.observed(), world.now);
    assert!(plan.expire);
    assert_eq!(plan.wake.map(|at| at.since(world.now).as_secs()), Some(60));
    assert!(told(&world)[0].starts_with("Expired: Its time was over at"));
    world.delete();
    assert!(!plan::plan(world.observed(), world.now).expire);
    world.carry_on();
    assert!(world.forgotten);
}

#[test]
fn a_pause_holds_the_end_too_and_a_promise_without_expiry_has_none() {
    let mut world = ready();
    world.later(100 * HOUR);
    world.label(plan::PAUSED, "true");
    assert!(!plan::plan(world.observed(), world.now).expire);
    world.unlabel(plan::PAUSED);
    world.new_revision("r2", super::given::ONE_STEP);
    let plan = plan::plan(world.observed(), world.now);
    assert!(!plan.expire);
    world.carry_on();
    assert_eq!(world.status().expires_at, None);
    assert!(world.status().condition("Expiring").is_none());
}
