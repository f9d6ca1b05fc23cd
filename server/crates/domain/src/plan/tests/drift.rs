//! A look has found a destination otherwise: it is told, and under `repair` asked for anew.

use super::{
    given::{self, files, offer},
    world::World,
};
use crate::{
    drift::{Difference, Differing, DriftPolicy, Found, OnDrift},
    placement::PlacementState,
    plan::{Offer, PAUSED, RECONCILE, told},
    reason::Reason,
    status::Sync,
};
use std::sync::Arc;

fn world(policy: OnDrift) -> World {
    let mut world = World::of(given::ONE_STEP);
    world.offer = Some(with_policy(&offer("r1", given::ONE_STEP), policy));
    world.pass();
    world.step(files(&["a.yaml", "b.yaml"]));
    world.carry_on();
    world.story.clear();
    world
}

pub fn with_policy(offer: &Offer, policy: OnDrift) -> Arc<Offer> {
    let mut offer = offer.clone();
    offer.promise.spec.drift = Some(DriftPolicy { policy: Some(policy), ..DriftPolicy::default() });
    Arc::new(offer)
}

impl World {
    /// A look finds these files of the first placement to be otherwise.
    pub fn look_finds(&mut self, found: &[(&str, Difference)]) {
        let file =
            |(path, change): &(&str, Difference)| Differing { path: (*path).to_owned(), change: *change, found: None };
        let drift = Found { since: self.now, count: found.len(), files: found.iter().map(file).collect() };
        self.placements[0].status.drift = (!found.is_empty()).then_some(drift);
        self.tell("a look ends");
    }
}

#[test]
fn what_is_found_is_told_and_nothing_is_asked_for() {
    let mut world = world(OnDrift::Report);
    world.look_finds(&[("a.yaml", Difference::Changed), ("b.yaml", Difference::Missing)]);
    assert_eq!(world.pass(), Reason::Ready);
    let status = world.status();
    assert_eq!(status.sync.state, Sync::Drifted);
    insta::assert_snapshot!(status.sync.message, @"2 files at dev are not as placed: clusters/dev/resources/default/database/shop/instance/5058f/a.yaml changed, clusters/dev/resources/default/database/shop/instance/5058f/b.yaml missing");
    assert_eq!(status.phase.as_str(), "Ready", "the three facts are never merged");
    assert_eq!(world.placements[0].status.state, PlacementState::Written);
    world.look_finds(&[]);
    world.pass();
    assert_eq!((world.status().sync.state, world.status().drift), (Sync::Synced, None));
    let condition = |status: crate::status::ResourceStatus| status.condition("Drifted").map(|one| one.reason.clone());
    assert_eq!(condition(world.status()).as_deref(), Some("AsPlaced"));
}

#[test]
fn under_repair_the_placement_is_asked_for_anew() {
    let mut world = world(OnDrift::Repair);
    world.look_finds(&[("a.yaml", Difference::Missing)]);
    assert_eq!(world.pass(), Reason::Repairing { destination: "dev".into() });
    assert_eq!((world.status().sync.state, world.placements[0].status.state), (Sync::Drifted, PlacementState::Pending));
    world.store_writes();
    assert_eq!(world.pass(), Reason::Ready);
    assert_eq!(world.status().sync.state, Sync::Synced);
}

#[test]
fn whoever_has_it_run_again_has_it_put_back() {
    let mut world = world(OnDrift::Report);
    world.look_finds(&[("a.yaml", Difference::Missing)]);
    world.pass();
    world.label(RECONCILE, "true");
    world.carry_on();
    assert_eq!((world.status().sync.state, world.status().drift), (Sync::Synced, None));
}

#[test]
fn a_pause_holds_the_repair_and_not_the_word_of_it() {
    let mut world = world(OnDrift::Repair);
    world.label(PAUSED, "true");
    world.look_finds(&[("a.yaml", Difference::Missing)]);
    assert_eq!(world.pass(), Reason::Paused);
    assert_eq!((world.status().sync.state, world.placements[0].status.state), (Sync::Drifted, PlacementState::Written));
    world.unlabel(PAUSED);
    world.carry_on();
    assert_eq!(world.status().sync.state, Sync::Synced);
}

#[test]
fn the_time_line_says_once_what_was_found_and_that_it_is_gone() {
    let mut world = world(OnDrift::Report);
    let says = |world: &mut World| {
        let before = world.observed();
        let plan = crate::plan::plan(before.clone(), world.now);
        let told = told(&before.resource, &plan, world.now);
        world.pass();
        told.into_iter().map(|event| event.reason).collect::<Vec<_>>().join(" ")
    };
    world.look_finds(&[("a.yaml", Difference::Changed)]);
    assert_eq!(says(&mut world), "DriftFound");
    assert_eq!(says(&mut world), "");
    world.look_finds(&[("a.yaml", Difference::Changed), ("c", Difference::Foreign)]);
    assert_eq!(says(&mut world), "DriftFound");
    world.look_finds(&[]);
    assert_eq!(says(&mut world), "DriftGone");
}

#[test]
fn a_deletion_takes_away_what_drifted_too() {
    let mut world = world(OnDrift::Report);
    world.look_finds(&[("a.yaml", Difference::Missing), ("z", Difference::Foreign)]);
    world.delete();
    assert_eq!(world.pass(), Reason::Withdrawing { destination: "dev".into() });
    assert_eq!(world.carry_on(), Reason::Deleted);
}
