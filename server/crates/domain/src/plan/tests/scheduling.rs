//! Which destinations are chosen: strategies, cordons, capacity, moves, and the reasons that are told.

use super::{
    given::{ONE_STEP, destination, files, promise},
    world::World,
};
use crate::{
    destination::{Capacity, Destination},
    plan::{FOLLOWS, RESCHEDULE, Verdict, explain},
    reason::Reason,
};
use insta::assert_snapshot;

const FLEET: [(&str, &str); 4] =
    [("eu-1", "region=eu,zone=a"), ("eu-2", "region=eu,zone=b"), ("eu-3", "region=eu,zone=b"), ("us-1", "region=us")];

/// A resource of a promise with this scheduling, over the fleet, after its one step and the writes.
fn placed(scheduling: &str) -> World {
    let mut world = fresh(scheduling);
    world.carry_on();
    world
}

fn fresh(scheduling: &str) -> World {
    let mut world = World::of(ONE_STEP);
    let workflows = ONE_STEP.replace('\n', "\n    ");
    world.offer = Some(promise("r1", &format!("{scheduling}\nworkflows:\n  resource:{workflows}")));
    world.destinations = FLEET.iter().map(|(name, labels)| destination(name, labels)).collect();
    world
}

fn of<'a>(world: &'a mut World, name: &str) -> &'a mut Destination {
    world.destinations.iter_mut().find(|one| one.metadata.name == name).unwrap()
}

/// Where it stands and is to stay.
fn stands(world: &World) -> Vec<&str> {
    let mut all: Vec<&str> = world
        .placements
        .iter()
        .filter(|p| !p.spec.withdrawn && !p.spec.leaving)
        .map(|p| p.spec.destination.as_str())
        .collect();
    all.sort_unstable();
    all
}

fn reschedule(world: &mut World) {
    world.resource.metadata.annotations.insert(RESCHEDULE.to_owned(), "dana".to_owned());
}

#[test]
fn expressions_narrow_the_choice_beside_labels() {
    let world = placed(
        "destinationSelectors: [{matchLabels: {region: eu}, matchExpressions: [{key: zone, operator: NotIn, values: [b]}]}]",
    );
    assert_eq!(stands(&world), ["eu-1"]);
    assert_eq!(world.status().placements[0].why, "The only one of 4 destinations that fits region=eu,zone!=b");
    let world = placed("destinationSelectors: [{matchExpressions: [{key: zone, operator: DoesNotExist}]}]");
    assert_eq!(stands(&world), ["us-1"]);
}

#[test]
fn all_that_fit_get_it_and_those_that_come_later_too() {
    let mut world = placed("destinationSelectors: [{matchLabels: {region: eu}}]\nplacement: {strategy: all}");
    assert_eq!(stands(&world), ["eu-1", "eu-2", "eu-3"]);
    assert_eq!(world.resource.metadata.labels[FOLLOWS], "true");
    world.destinations.push(destination("eu-4", "region=eu"));
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(stands(&world), ["eu-1", "eu-2", "eu-3", "eu-4"]);
}

#[test]
fn spread_goes_evenly_over_the_values_of_a_label_and_leaves_out_who_has_none() {
    let world = placed("placement: {strategy: spread, count: 2, by: zone}");
    assert_eq!(stands(&world).len(), 2);
    assert!(stands(&world).contains(&"eu-1"), "one in each zone: {:?}", stands(&world));
    let mut world = placed("placement: {strategy: spread, count: 4, by: zone}");
    assert_eq!(stands(&world), ["eu-1", "eu-2", "eu-3"]);
    assert_eq!(
        world.status().message,
        "Only 3 of 4 destinations found (4 destinations; nearest: us-1 lacks zone); add one, or change the promise's selectors"
    );
    of(&mut world, "us-1").metadata.labels.insert("zone".to_owned(), "c".to_owned());
    assert_eq!(world.carry_on(), Reason::Ready);
}

#[test]
fn a_cordoned_destination_takes_nothing_new_and_keeps_what_stands() {
    let mut world = placed("destinationSelectors: [{matchLabels: {zone: a}}]");
    of(&mut world, "eu-1").spec.cordoned = true;
    world.change_spec();
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(stands(&world), ["eu-1"]);

    let mut world = fresh("destinationSelectors: [{matchLabels: {zone: a}}]");
    of(&mut world, "eu-1").spec.cordoned = true;
    world.carry_on();
    assert_eq!(
        world.status().message,
        "No destination takes this (4 destinations; nearest: eu-1 is cordoned); uncordon it, or add another"
    );
    of(&mut world, "eu-1").spec.cordoned = false;
    assert_eq!(world.carry_on(), Reason::Ready);
}

#[test]
fn a_full_destination_takes_nothing_new_and_who_has_a_seat_keeps_it() {
    let mut world = fresh("destinationSelectors: [{matchLabels: {zone: a}}]");
    let one = of(&mut world, "eu-1");
    (one.spec.capacity, one.status.standing) = (Some(Capacity { resources: 5 }), 5);
    world.carry_on();
    assert_eq!(
        world.status().message,
        "No destination takes this (4 destinations; nearest: eu-1 is full (5 of 5 resources)); give it more room, or add another"
    );
    of(&mut world, "eu-1").status.standing = 4;
    assert_eq!(world.carry_on(), Reason::Ready);
    of(&mut world, "eu-1").status.standing = 5;
    world.change_spec();
    assert_eq!(world.carry_on(), Reason::Ready);
}

#[test]
fn who_is_asked_to_move_is_placed_anew_first_and_withdrawn_then() {
    let mut world = placed("destinationSelectors: [{matchLabels: {zone: b}}]");
    let old = world.placements[0].spec.destination.clone();
    of(&mut world, &old).spec.cordoned = true;
    world.pass();
    assert_eq!(stands(&world), [old.as_str()], "a cordon alone moves nothing");
    reschedule(&mut world);
    assert!(matches!(world.pass(), Reason::Placing { .. }));
    let told = |world: &World| {
        let mut told: Vec<_> =
            world.placements.iter().map(|p| (p.spec.destination == old, p.spec.leaving, p.spec.withdrawn)).collect();
        told.sort_unstable();
        told
    };
    assert_eq!(told(&world), [(false, false, false), (true, true, false)], "both stand");
    world.store_writes();
    assert_eq!(world.pass(), Reason::Withdrawing { destination: old.clone() });
    assert_eq!(told(&world), [(false, false, false), (true, true, true)]);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!((world.placements.len(), world.disk.len()), (1, 1));
    assert!(!world.resource.metadata.annotations.contains_key(RESCHEDULE));
}

#[test]
fn who_is_asked_to_move_and_fits_nowhere_else_stays() {
    let mut world = placed("destinationSelectors: [{matchLabels: {zone: a}}]");
    of(&mut world, "eu-1").spec.cordoned = true;
    reschedule(&mut world);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(stands(&world), ["eu-1"]);
}

#[test]
fn labels_that_no_longer_fit_move_it_only_where_the_promise_says_so() {
    for (policy, moves) in [("never", false), ("onLabelChange", true)] {
        let mut world = placed(&format!(
            "destinationSelectors: [{{matchLabels: {{zone: b}}}}]\nplacement: {{reschedule: {policy}}}"
        ));
        let old = world.placements[0].spec.destination.clone();
        of(&mut world, &old).metadata.labels.insert("zone".to_owned(), "z".to_owned());
        assert_eq!(world.carry_on(), Reason::Ready);
        assert_eq!(stands(&world) != [old.as_str()], moves, "{policy}");
        assert_eq!(world.resource.metadata.labels.contains_key(FOLLOWS), moves);
        let left = stands(&world)[0].to_owned();
        of(&mut world, &left).metadata.labels.clear();
        assert_eq!(world.carry_on(), Reason::Ready);
        assert_eq!(stands(&world), [left.as_str()], "nowhere else fits: it stays");
    }
}

#[test]
fn a_destination_that_goes_while_something_moves_to_it_gives_it_back() {
    let mut world = placed("destinationSelectors: [{matchLabels: {zone: b}}]");
    let old = world.placements[0].spec.destination.clone();
    of(&mut world, &old).spec.cordoned = true;
    reschedule(&mut world);
    world.pass();
    let new = stands(&world)[0].to_owned();
    world.destinations.retain(|one| one.metadata.name != new);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(stands(&world), [old.as_str()]);
    assert_eq!(world.disk.len(), 1);
}

#[test]
fn every_destination_is_weighed_in_the_open() {
    let mut world = placed("destinationSelectors: [{matchLabels: {region: eu, zone: b}}]");
    of(&mut world, "eu-1").spec.cordoned = true;
    let choices = explain(&world.observed());
    let table: Vec<String> = choices[0]
        .destinations
        .iter()
        .map(|look| format!("{} {} {} {}", look.destination, look.chosen, look.stands, look.says))
        .collect();
    assert_snapshot!(table.join("\n"), @r"
    eu-3 true true fits
    eu-2 false false fits; others come first
    eu-1 false false lacks zone=b
    us-1 false false lacks region=eu,zone=b
    ");
    assert!(matches!(&choices[0].destinations[3].verdict, Verdict::Labels { missing } if missing.len() == 2));
}

/// Over many fleets and lives: nobody goes where there is no room, what stands stays, and what is spread is even within one.
#[test]
fn whatever_happens_the_choice_keeps_its_rules() {
    for seed in 0..400_usize {
        let zones = 1 + seed % 3;
        let count = 1 + seed / 3 % 5;
        let mut world = fresh(&format!("placement: {{strategy: spread, count: {count}, by: zone}}"));
        world.resource.metadata.uid = format!("res_{seed}");
        world.destinations = (0..6)
            .map(|number| {
                let mut one = destination(&format!("d{number}"), &format!("zone=z{}", number % zones));
                one.spec.cordoned = (seed + number) % 7 == 0;
                one.spec.capacity = (number % 2 == 0).then_some(Capacity { resources: 2 });
                one.status.standing = (seed / 2 + number) % 4;
                one
            })
            .collect();
        let takes = |one: &Destination| {
            !one.spec.cordoned && one.spec.capacity.is_none_or(|capacity| one.status.standing < capacity.resources)
        };
        world.pass();
        world.step(files(&["a.yaml"]));
        world.pass();
        let chosen: Vec<String> = stands(&world).into_iter().map(ToOwned::to_owned).collect();
        let fit: Vec<&Destination> = world.destinations.iter().filter(|one| takes(one)).collect();
        assert_eq!(chosen.len(), count.min(fit.len()), "seed {seed}");
        assert!(chosen.iter().all(|name| fit.iter().any(|one| one.metadata.name == *name)), "seed {seed}");
        let in_zone = |zone: usize| {
            let of = |name: &str| name[1..].parse::<usize>().unwrap() % zones == zone;
            let room = fit.iter().filter(|one| of(&one.metadata.name)).count();
            (chosen.iter().filter(|name| of(name)).count(), room)
        };
        let spread: Vec<(usize, usize)> = (0..zones).map(in_zone).collect();
        let most = spread.iter().map(|(number, _)| *number).max().unwrap_or_default();
        let even = |(number, room): &(usize, usize)| number == room || number + 1 >= most;
        assert!(spread.iter().all(even), "seed {seed}: {spread:?}");

        world.store_writes();
        for one in &mut world.destinations {
            (one.spec.cordoned, one.status.standing) = (true, 9);
        }
        world.change_spec();
        world.carry_on();
        assert_eq!(stands(&world), chosen, "seed {seed}: what stands stays");
    }
}
