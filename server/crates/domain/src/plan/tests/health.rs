//! Whether it works: rules, a probe, records of others, children; the worst counts.

use super::{given::promise, world::World};
use crate::{
    Object,
    health::{HealthRecord, Probed},
    plan::{self, Observed, Plan},
    status::Health,
};
use serde_json::{Value, json};

const WORKFLOWS: &str =
    "workflows: {resource: {configure: [{name: instance, steps: [{name: render, uses: template}]}]}}";
const RULES: &str =
    "health: {rules: [{when: status.failed > 0, state: Degraded}, {when: status.ready < 2, state: Progressing}]}";
const PROBE: &str = "health: {probe: {http: {url: 'https://shop.example.com'}, every: 30s, timeout: 5s, failures: 2}}";

/// The plan as the driver comes to it: it answers when the rules are asked for.
#[track_caller]
pub fn planned(world: &World, before: Observed) -> Plan {
    let mut plan = plan::plan(before, world.now);
    if plan.rule {
        let probe = plan.probe;
        plan.next.ruled = Some(plan::Ruled::about(&plan.next.resource, world.verdicts.clone()));
        plan = plan::plan(plan.next, world.now);
        assert!(!plan.rule, "the rules are asked once about one status:\n{}", world.story);
        plan.probe |= probe;
    }
    plan
}

fn of(health: &str) -> World {
    let mut world = World::of("configure: []");
    world.course.interval = None;
    world.offer = Some(promise("r1", &format!("{health}\n{WORKFLOWS}")));
    world
}

fn ready(health: &str) -> World {
    let mut world = of(health);
    world.carry_on();
    world
}

#[track_caller]
fn check(world: &World, state: Health, message: &str) {
    let health = world.status().health;
    assert_eq!((health.state, health.message.as_str()), (state, message), "{}", world.story);
}

/// The probe of the world has found this out.
#[track_caller]
fn probed(world: &mut World, probed: Probed) {
    let (now, probe) = (world.now, world.probe.as_mut().unwrap());
    assert!(probe.record(probe.status.sequence, probed, now));
    world.pass();
}

fn record(name: &str, state: &str) -> HealthRecord {
    let object = json!({
        "apiVersion": "platform.kratix.io/v1alpha1", "kind": "HealthRecord", "metadata": {"name": name, "namespace": "default"},
        "data": {"promiseRef": {"name": "database"}, "resourceRef": {"name": "shop", "namespace": "default"}, "state": state, "lastRun": 1_795_370_400},
    });
    HealthRecord::read(&Object::from_value(object).unwrap()).unwrap()
}

fn events(before: &World, world: &World) -> Vec<String> {
    let plan = plan::plan(world.observed(), world.now);
    let told = plan::told(&before.resource, &plan, world.now);
    told.into_iter()
        .filter(|event| event.reason != "Ready")
        .map(|event| format!("{}: {}", event.reason, event.message))
        .collect()
}

#[test]
fn a_promise_without_health_has_nothing_to_say() {
    let world = ready("title: x");
    check(&world, Health::NotChecked, "The promise declares no health check");
    assert!(world.status().condition("Healthy").is_none());
    assert!(world.probe.is_none());
}

#[test]
fn rules_are_asked_once_it_is_set_up() {
    let mut world = of(RULES);
    world.verdicts = vec![Ok(None), Ok(Some("1 of 2 ready".into()))];
    world.pass();
    check(&world, Health::Progressing, "It is being set up");
    world.carry_on();
    check(&world, Health::Progressing, "1 of 2 ready");
    world.verdicts = vec![Ok(None), Ok(None)];
    let before = world.clone();
    world.later(60);
    world.pass();
    check(&world, Health::Healthy, "No rule of the promise finds fault");
    assert_eq!(events(&before, &world), ["Healthy: No rule of the promise finds fault"]);
    assert_eq!(world.condition("Healthy"), "True Healthy: No rule of the promise finds fault");
    let since = world.status().health.since;
    world.later(60);
    world.pass();
    assert_eq!(world.status().health.since, since);
}

#[test]
fn a_probe_waits_until_it_is_ready_and_starts_no_run() {
    let mut world = of(PROBE);
    world.pass();
    check(&world, Health::Progressing, "It is asked once it is ready");
    assert!(world.probe.is_none());
    world.carry_on();
    let runs = world.runs.len();
    check(&world, Health::Progressing, "It is being asked for the first time");
    probed(&mut world, Probed::Passed("answered 200 OK".into()));
    check(&world, Health::Healthy, "answered 200 OK");
    let plan = plan::plan(world.observed(), world.now);
    assert!(!plan.probe);
    let wait = plan.wake.unwrap().since(world.now).as_millis();
    assert!((30_000..=33_000).contains(&wait), "{wait}");
    world.later(33);
    assert!(plan::plan(world.observed(), world.now).probe);
    world.pass();
    assert_eq!(world.runs.len(), runs);
}

#[test]
fn a_look_that_finds_what_it_found_before_changes_nothing_of_the_resource() {
    let mut world = ready(PROBE);
    probed(&mut world, Probed::Passed("answered 200 OK".into()));
    let (resource, version) = (world.resource.clone(), world.probe.clone());
    world.later(40);
    world.pass();
    probed(&mut world, Probed::Passed("answered 200 OK".into()));
    assert_eq!(world.resource, resource);
    assert_ne!(world.probe, version);
}

#[test]
fn failures_in_a_row_degrade_and_one_success_heals_each_told_once() {
    let mut world = ready(PROBE);
    probed(&mut world, Probed::Passed("answered 200 OK".into()));
    let mut told = Vec::new();
    for probe in ["-", "-", "-", "+", "+"] {
        let before = world.clone();
        world.later(40);
        world.pass();
        let answer = if probe == "+" { Probed::Passed("fine".into()) } else { Probed::Failed("no answer".into()) };
        probed(&mut world, answer);
        told.extend(events(&before, &world));
    }
    assert_eq!(told, ["Degraded: no answer", "Healthy: fine"]);
    assert_eq!(world.status().phase.as_str(), "Ready");
}

#[test]
fn a_paused_resource_is_still_looked_at_and_one_that_goes_is_not() {
    let mut world = ready(PROBE);
    probed(&mut world, Probed::Passed("fine".into()));
    world.label(plan::PAUSED, "true");
    world.later(40);
    assert!(plan::plan(world.observed(), world.now).probe);
    world.unlabel(plan::PAUSED);
    world.delete();
    world.pass();
    assert!(world.probe.is_none());
    check(&world, Health::NotChecked, "The promise declares no health check");
}

#[test]
fn records_of_others_are_told_as_kratix_tells_them_and_go_with_the_last() {
    let mut world = ready("title: x");
    world.records = vec![record("a", "healthy"), record("b", "unhealthy"), record("c", "ready")];
    world.pass();
    check(&world, Health::Degraded, "default/b: unhealthy");
    let told: &Value = &world.resource.status["healthStatus"];
    assert_eq!((&told["state"], told["healthRecords"].as_array().unwrap().len()), (&json!("unhealthy"), 3));
    let first = json!({"state": "healthy", "lastRun": 1_795_370_400, "source": {"name": "a", "namespace": "default"}});
    assert_eq!(told["healthRecords"][0], first);
    world.records.clear();
    world.pass();
    check(&world, Health::NotChecked, "The promise declares no health check");
    assert_eq!(world.resource.status["healthStatus"], Value::Null);
}

#[test]
fn a_parent_is_as_healthy_as_its_worst_child() {
    let mut world = ready(PROBE);
    let child = |health: &str, message: &str| {
        let status =
            json!({"phase": "Ready", "observedGeneration": 1, "health": {"state": health, "message": message}});
        let child = json!({"apiVersion": "data.example.com/v1", "kind": "Redis", "metadata": {"name": "cache", "generation": 1}, "status": status});
        Object::from_value(child).unwrap()
    };
    probed(&mut world, Probed::Passed("fine".into()));
    world.children = vec![child("NotChecked", "")];
    world.pass();
    check(&world, Health::Healthy, "fine");
    world.children = vec![child("Degraded", "out of memory")];
    world.pass();
    check(&world, Health::Degraded, "Redis cache: out of memory");
}
