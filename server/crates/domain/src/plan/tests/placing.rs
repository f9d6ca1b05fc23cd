//! Works to destinations: where files go, that they stay there, and how they leave.

use super::{
    given::{self, ONE_STEP, destination, files, offer_with},
    world::World,
};
use crate::reason::Reason;
use insta::assert_snapshot;

/// A world with these destinations, whose promise asks for these labels, after its one step left this.
fn placing(selectors: &str, destinations: &[(&str, &str)], left: given::Left) -> World {
    let mut world = World::of(ONE_STEP);
    world.offer = Some(offer_with("r1", ONE_STEP, selectors));
    world.destinations = destinations.iter().map(|(name, labels)| destination(name, labels)).collect();
    world.pass();
    world.step(left);
    world.pass();
    world
}

#[track_caller]
fn check(world: &World, expected: &[&str]) {
    assert_eq!(world.placed(), expected, "{}", world.story());
}

#[test]
fn the_promises_selectors_win_over_the_pipelines_key_by_key() {
    let left = files(&["a.yaml"]).says("destination-selectors.yaml", "[{matchLabels: {environment: prod, zone: b}}]");
    let destinations = [
        ("prod-b", "environment=prod,zone=b"),
        ("dev-a", "environment=dev,zone=a"),
        ("dev-b", "environment=dev,zone=b"),
    ];
    check(&placing("[{matchLabels: {environment: dev}}]", &destinations, left), &["dev-b: a.yaml open"]);
}

#[test]
fn a_directory_goes_where_its_own_entry_says_and_nobody_else_has_a_word() {
    let left = files(&["cache/redis.yaml", "app.yaml"])
        .says("destination-selectors.yaml", "[{directory: cache, matchLabels: {tier: cache}}]");
    let world =
        placing("[{matchLabels: {environment: dev}}]", &[("dev", "environment=dev"), ("cache", "tier=cache")], left);
    check(&world, &["cache: cache/redis.yaml open", "dev: app.yaml open"]);
    let roots: Vec<&str> = world.placements.iter().map(|placement| placement.spec.root.as_str()).collect();
    assert_snapshot!(roots.join("\n"), @r"
    clusters/cache/resources/default/database/shop/instance/0fea6
    clusters/dev/resources/default/database/shop/instance/5058f
    ");
}

#[test]
fn a_directory_that_is_no_longer_written_is_withdrawn() {
    let both = files(&["cache/redis.yaml", "app.yaml"])
        .says("destination-selectors.yaml", "[{directory: cache, matchLabels: {tier: cache}}]");
    let mut world = placing("[]", &[("cache", "tier=cache")], both);
    world.store_writes();
    world.change_spec();
    world.pass();
    world.step(files(&["app.yaml"]));
    assert_eq!(world.pass(), Reason::Withdrawing { destination: "cache".into() });
    check(&world, &["cache: app.yaml stands", "cache: cache/redis.yaml open going"]);
}

#[test]
fn without_a_fitting_destination_it_says_which_labels_are_missing_and_goes_on_once_one_comes() {
    let mut world =
        placing("[{matchLabels: {environment: prod, zone: a}}]", &[("dev", "environment=dev")], files(&["a.yaml"]));
    world.destinations.push(destination("prod", "environment=prod,zone=a"));
    world.tell("a destination comes");
    world.pass();
    assert_snapshot!(world.story(), @r"
    0s Progressing StepRunning       Running step render of pipeline instance
       - step render is done
    0s Pending     NoDestination     No destination has the labels environment=prod,zone=a (1 destination; nearest: dev lacks environment=prod,zone=a); add one, or change the promise's selectors
       - a destination comes
    0s Progressing Placing           Writing to destination prod
    ");
}

#[test]
fn no_destination_at_all_asks_for_one() {
    let world = placing("[]", &[], files(&["a.yaml"]));
    assert_eq!(world.status().message, "No destination takes this; add one");
}

#[test]
fn a_strict_destination_takes_only_what_asks_for_labels() {
    let mut world = World::of(ONE_STEP);
    world.destinations[0].spec.strict_match_labels = true;
    world.pass();
    world.step(files(&["a.yaml"]));
    assert!(matches!(world.pass(), Reason::NoDestination { .. }));
    world.destinations[0].metadata.labels.clear();
    assert!(matches!(world.pass(), Reason::Placing { .. }), "strictness without labels shuns nobody");
}

#[test]
fn a_choice_once_made_is_kept_whatever_destinations_come_or_change_their_labels() {
    let mut world = placing("[{matchLabels: {environment: dev}}]", &[("a", "environment=dev")], files(&["a.yaml"]));
    world.store_writes();
    world.destinations.extend(["b", "c", "d", "e", "f"].map(|name| destination(name, "environment=dev")));
    world.pass();
    world.destinations[0].metadata.labels.clear();
    world.change_spec();
    world.carry_on();
    check(&world, &["a: instance.yaml stands"]);
}

#[test]
fn resources_spread_over_equal_destinations_and_each_choice_repeats() {
    let choose = |uid: &str| {
        let mut world = World::of(ONE_STEP);
        world.resource.metadata.uid = uid.to_owned();
        world.destinations = ["a", "b", "c"].map(|name| destination(name, "")).into();
        world.carry_on();
        world.placements[0].spec.destination.clone()
    };
    let chosen: std::collections::BTreeSet<String> = (0..20).map(|number| choose(&format!("res_{number}"))).collect();
    assert_eq!(chosen.len(), 3);
    assert_eq!(choose("res_1"), choose("res_1"));
}

#[test]
fn when_a_destination_goes_the_files_move_to_another() {
    let mut world = placing("[]", &[("a", ""), ("b", "")], files(&["a.yaml"]));
    world.store_writes();
    world.pass();
    let chosen = world.placements[0].spec.destination.clone();
    world.destinations.retain(|destination| destination.metadata.name != chosen);
    world.pass();
    assert_eq!(world.placements.iter().filter(|placement| placement.spec.withdrawn).count(), 1);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(world.placements.len(), 1);
    assert_ne!(world.placements[0].spec.destination, chosen);
}

#[test]
fn when_a_destination_moves_in_its_store_the_old_place_is_cleared() {
    let mut world = World::ready(ONE_STEP);
    let old = world.placements[0].spec.root.clone();
    world.destinations[0].spec.path = "elsewhere".to_owned();
    world.pass();
    let told: Vec<_> = world.placements.iter().map(|p| (p.spec.root == old, p.spec.withdrawn)).collect();
    assert_eq!(told, [(true, true), (false, false)]);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(world.placements.len(), 1);
}

#[test]
fn files_that_change_are_pending_again_and_equal_files_are_not_written_twice() {
    let mut world = placing("[]", &[("dev", "")], files(&["a.yaml"]));
    world.store_writes();
    world.pass();
    for (content, expected) in [("v1", "dev: a.yaml stands"), ("v2", "dev: a.yaml open")] {
        world.change_spec();
        world.pass();
        world.step(files(&[]).with(&["a.yaml"], content));
        world.pass();
        check(&world, &[expected]);
    }
}

#[test]
fn a_store_that_refuses_is_named_with_its_cause_until_it_takes_the_files() {
    let mut world = placing("[]", &[("dev", "")], files(&["a.yaml"]));
    world.store_refuses("the branch main is protected");
    world.pass();
    assert_eq!(world.condition("Synced"), "False WriteFailed: the branch main is protected");
    world.store_writes();
    world.pass();
    assert_eq!(world.condition("Synced"), "True Placed: 1 file placed at dev");
    assert_snapshot!(world.story(), @r"
    0s Progressing StepRunning       Running step render of pipeline instance
       - step render is done
    0s Progressing Placing           Writing to destination dev
       - the store refuses: the branch main is protected
    0s Degraded    PlacementFailing  Destination dev does not take the files: the branch main is protected
       - the store writes
    0s Ready       Ready             Everything asked for is in place
    ");
}

#[test]
fn a_removed_pipelines_files_go_only_after_the_new_run_succeeded() {
    const TWO: &str = "
configure:
- {name: instance, steps: [{name: render, uses: template}]}
- {name: backup, steps: [{name: render, uses: template}]}
";
    let mut world = World::ready(TWO);
    world.new_revision("r2", ONE_STEP);
    world.pass();
    world.step_is_refused("no");
    world.pass();
    check(&world, &["dev: backup.yaml stands", "dev: instance.yaml stands"]);
    world.label(crate::plan::RECONCILE, "true");
    world.pass();
    world.step(world.usual());
    assert_eq!(world.pass(), Reason::Withdrawing { destination: "dev".into() });
    check(&world, &["dev: backup.yaml open going", "dev: instance.yaml stands"]);
    world.carry_on();
    check(&world, &["dev: instance.yaml stands"]);
}

#[test]
fn a_withdrawn_place_that_is_wanted_again_is_written_again() {
    let mut world = World::ready(ONE_STEP);
    let gone = std::mem::take(&mut world.destinations);
    assert!(matches!(world.pass(), Reason::NoDestination { .. }));
    check(&world, &["dev: instance.yaml open going"]);
    world.destinations = gone;
    world.pass();
    check(&world, &["dev: instance.yaml open"]);
    assert_eq!(world.carry_on(), Reason::Ready);
}

#[test]
fn a_renamed_destination_takes_the_files_over_where_they_stand() {
    let mut world = World::ready(ONE_STEP);
    world.destinations[0].metadata.name = "development".to_owned();
    world.pass();
    check(&world, &["development: instance.yaml open"]);
    assert_eq!(world.carry_on(), Reason::Ready);
    assert_eq!(world.disk.len(), 1);
}

#[test]
fn a_store_that_refuses_makes_the_resource_degraded_and_says_when_it_is_asked_again() {
    let mut world = placing("[]", &[("dev", "")], files(&["a.yaml"]));
    world.store_refuses("no connection");
    world.placements[0].status.retry_at = Some(crate::Timestamp::from_micros(1_795_370_400_000_000));
    world.pass();
    assert_eq!(world.status().phase, crate::status::ResourcePhase::Degraded);
    assert_eq!(world.condition("Synced"), "False WriteFailed: no connection; next attempt at 2026-11-22T18:00:00Z");
    world.store_writes();
    assert_eq!(world.pass(), Reason::Ready);
}

#[test]
fn a_flat_destination_is_written_at_its_top_and_one_file_for_all_has_its_name() {
    use crate::destination::Layout;
    for (layout, filename, root, name) in [
        (Layout::Flat, "", "clusters/dev", ""),
        (Layout::Aggregated, "", "clusters/dev", "aggregated.yaml"),
        (Layout::Aggregated, "all.yaml", "clusters/dev", "all.yaml"),
    ] {
        let mut world = World::of(ONE_STEP);
        world.destinations[0].spec.filepath =
            crate::destination::Filepath { mode: layout, filename: filename.to_owned() };
        assert_eq!(world.carry_on(), Reason::Ready);
        let spec = &world.placements[0].spec;
        assert_eq!((spec.layout, spec.root.as_str(), spec.filename.as_str()), (layout, root, name));
    }
}

#[test]
fn files_that_outlive_their_destination_are_forgotten_where_they_stand() {
    let mut world = World::of(ONE_STEP);
    world.destinations[0].spec.cleanup = Some(crate::destination::Cleanup::None);
    assert_eq!(world.carry_on(), Reason::Ready);
    world.destinations.clear();
    assert!(matches!(world.pass(), Reason::NoDestination { .. }));
    assert_eq!((world.placements.len(), world.disk.len()), (0, 1));
}

#[test]
fn a_destination_that_is_going_gives_its_files_up_and_takes_no_new_ones() {
    let mut world = World::of(ONE_STEP);
    world.destinations[0].spec.cleanup = Some(crate::destination::Cleanup::All);
    assert_eq!(world.carry_on(), Reason::Ready);
    world.destinations[0].metadata.deletion_timestamp = Some(crate::Timestamp::default());
    assert!(matches!(world.pass(), Reason::NoDestination { .. }));
    check(&world, &["dev: instance.yaml open going"]);
    world.store_writes();
    world.pass();
    assert_eq!((world.placements.len(), world.disk.len()), (0, 0));
}
