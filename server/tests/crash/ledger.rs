//! What must hold once everything has come to rest: nothing acknowledged is lost, no keyed effect is doubled, nothing is left lying about.

use crate::{
    book::{self, Line},
    moments::within,
    promise::{ANNOUNCE, GROUP, KIND, STAMP},
    receiver::{Became, Call, receipt},
    repository::History,
    site::Site,
};
use domain::{
    Clock as _, Object, SystemClock,
    object::{GROUP as OURS, Typed},
    placement::{PlacementKind, PlacementState},
    request::{RequestKind, RequestPhase},
    run::{Phase, Run, RunKind, RunPhase, StepAt, Workflow},
    status::ResourceStatus,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};
use store::{Query, Store};

/// How long the last wake-ups may take to be looked at.
const REST: Duration = Duration::from_secs(15);

/// All that is known of one parcel.
struct Parcel<'a> {
    object: &'a Object,
    runs: Vec<&'a Run>,
    calls: Vec<&'a Call>,
    lines: Vec<&'a Line>,
}

/// Checks everything that `wanted` (name to final size) came to. The servers may still be up.
pub async fn check(site: &Site, database: &str, repository: &Path, wanted: &BTreeMap<String, i64>) {
    let store = Store::open(database).await.unwrap();
    queue_is_empty(&store).await;
    let parcels = objects(&store, GROUP, KIND).await;
    let runs: Vec<Run> =
        objects(&store, OURS, "Run").await.into_iter().map(|o| Typed::<RunKind>::parse(o).unwrap()).collect();
    requests_are_answered(&store, &parcels).await;
    placements_are_written(&store, &parcels).await;
    store.close().await;

    let (calls, lines, history) = (site.receiver.calls(), book::read(&site.book), History::read(repository));
    assert_eq!(history.merges, 0, "the history is one line");
    assert!(history.fences.is_sorted(), "a commit with an older fence came after a newer one: {:?}", history.fences);
    same_key_same_content(&calls);
    no_line_twice(&lines);
    for name in wanted.keys() {
        let object = parcels.iter().find(|object| object.metadata.name == *name);
        let object = object.unwrap_or_else(|| panic!("{name} was acknowledged and is lost"));
        let mut runs: Vec<_> = runs.iter().filter(|run| run.spec.resource.uid == object.metadata.uid).collect();
        runs.sort_by_key(|run| run.spec.sequence);
        let calls = calls.iter().filter(|call| call.body["name"] == **name).collect();
        let lines = lines.iter().filter(|line| line.name == *name).collect();
        let parcel = Parcel { object, runs, calls, lines };
        parcel.is_as_it_was_asked_for(wanted[name]);
        parcel.was_announced_under_its_own_keys();
        parcel.was_stamped_under_its_own_keys();
        parcel.is_placed_once(&history);
    }
    let none_left = within(Duration::from_secs(5), async || book::orphans(&site.folder).is_empty().then_some(()));
    assert!(none_left.await.is_some(), "left running: {:#?}", book::orphans(&site.folder));
}

/// What is due only in minutes is the next look at what is ready, nothing that was left undone.
async fn queue_is_empty(store: &Store) {
    const SOON: Duration = Duration::from_mins(4);
    let mut depth = store::QueueDepth::default();
    let empty = within(REST, async || {
        depth = store.queue_depth(SystemClock.now() + SOON).await.unwrap();
        (depth.due + depth.leased == 0).then_some(())
    });
    assert!(empty.await.is_some(), "the queue does not empty: {depth:?}");
}

async fn objects(store: &Store, group: &str, kind: &str) -> Vec<Object> {
    store.list(&Query::of_kind(group, kind)).await.unwrap().objects
}

async fn requests_are_answered(store: &Store, parcels: &[Object]) {
    let mut answered: BTreeMap<(String, i64), RequestPhase> = BTreeMap::new();
    for object in objects(store, OURS, "Request").await {
        let request = Typed::<RequestKind>::parse(object).unwrap();
        assert!(!request.status.phase.open(), "a request is not answered: {request:?}");
        let about = (request.spec.resource.name, request.spec.generation);
        let before = answered.insert(about.clone(), request.status.phase);
        assert_eq!(before, None, "two requests made {about:?}");
    }
    for parcel in parcels {
        let about = (parcel.metadata.name.clone(), parcel.metadata.generation);
        assert_eq!(answered.get(&about), Some(&RequestPhase::Succeeded), "{about:?}");
    }
}

async fn placements_are_written(store: &Store, parcels: &[Object]) {
    let placements = objects(store, OURS, "Placement").await;
    assert_eq!(placements.len(), parcels.len(), "one placement for each parcel");
    for object in placements {
        let placement = Typed::<PlacementKind>::parse(object).unwrap();
        assert_eq!(placement.status.state, PlacementState::Written, "{placement:?}");
        assert!(!placement.spec.withdrawn, "{placement:?}");
    }
}

fn same_key_same_content(calls: &[Call]) {
    let mut contents = BTreeMap::new();
    for call in calls {
        let first = contents.entry(&call.key).or_insert(&call.body);
        assert_eq!(**first, call.body, "{} came with two contents", call.key);
    }
}

fn no_line_twice(lines: &[Line]) {
    let mut keys = BTreeSet::new();
    for line in lines {
        assert!(keys.insert(&line.key), "{line:?} was written twice");
    }
}

impl Parcel<'_> {
    fn name(&self) -> &str {
        &self.object.metadata.name
    }

    /// The run that made it what it is.
    fn last_run(&self) -> &Run {
        self.runs.last().unwrap_or_else(|| panic!("{} has no run", self.name()))
    }

    fn is_as_it_was_asked_for(&self, size: i64) {
        assert_eq!(self.object.spec["size"], size, "{}", self.name());
        let status = ResourceStatus::read(&self.object.status);
        assert_eq!(status.observed_generation, self.object.metadata.generation, "{}", self.name());
        let mut generations = BTreeSet::new();
        for run in &self.runs {
            assert_eq!(run.spec.workflow, Workflow::Configure);
            assert!(
                generations.insert(run.spec.generation),
                "{} ran twice for generation {}",
                self.name(),
                run.spec.generation
            );
            assert!(matches!(run.status.phase, RunPhase::Succeeded | RunPhase::Superseded), "{run:?}");
        }
        assert_eq!(self.last_run().status.phase, RunPhase::Succeeded, "{}", self.name());
        assert_eq!(self.last_run().spec.generation, self.object.metadata.generation, "{}", self.name());
        let key = key(self.last_run(), ANNOUNCE, attempts(self.last_run(), ANNOUNCE));
        assert_eq!(status.outputs["receipt"], receipt(&key), "{}", self.name());
    }

    /// One key for each attempt, the same for every try of it; the effect happened under exactly one of them.
    fn was_announced_under_its_own_keys(&self) {
        for run in &self.runs {
            let generation = run.spec.generation;
            let of_run = |call: &&&Call| {
                call.body["generation"] == generation.to_string().as_str() || call.body["generation"] == generation
            };
            let seen: BTreeSet<String> = self.calls.iter().filter(of_run).map(|call| call.key.clone()).collect();
            let own: BTreeSet<String> =
                (1..=attempts(run, ANNOUNCE)).map(|attempt| key(run, ANNOUNCE, attempt)).collect();
            assert_eq!(seen, own, "{} generation {generation}: keys seen, keys of its attempts", self.name());
            let applied: Vec<_> = self
                .calls
                .iter()
                .filter(of_run)
                .filter(|call| call.became == Became::Applied)
                .map(|call| &call.key)
                .collect();
            let succeeded = phase(run, ANNOUNCE) == Phase::Succeeded;
            let expected: Vec<_> = succeeded.then(|| key(run, ANNOUNCE, attempts(run, ANNOUNCE))).into_iter().collect();
            assert_eq!(
                applied,
                expected.iter().collect::<Vec<_>>(),
                "{} generation {generation}: effects",
                self.name()
            );
        }
        let generations: BTreeSet<i64> = self.runs.iter().map(|run| run.spec.generation).collect();
        for call in &self.calls {
            let generation =
                call.body["generation"].as_i64().or_else(|| call.body["generation"].as_str()?.parse().ok());
            assert!(
                generation.is_some_and(|generation| generations.contains(&generation)),
                "{call:?} belongs to no run"
            );
        }
        let applied = self.calls.iter().filter(|call| call.became == Became::Applied);
        assert!(applied.map(|call| call.fence).is_sorted(), "{}: an older fence after a newer one", self.name());
    }

    fn was_stamped_under_its_own_keys(&self) {
        let all = self
            .runs
            .iter()
            .flat_map(|run| (1..=attempts(run, STAMP)).map(|attempt| (key(run, STAMP, attempt), run.spec.generation)));
        let own: BTreeMap<String, i64> = all.collect();
        for line in &self.lines {
            assert_eq!(own.get(&line.key), Some(&line.generation), "{line:?} is of no attempt");
        }
        let last = key(self.last_run(), STAMP, attempts(self.last_run(), STAMP));
        let last =
            self.lines.iter().find(|line| line.key == last).unwrap_or_else(|| panic!("{} has no stamp", self.name()));
        assert_eq!(self.object.spec["size"], last.size);
    }

    /// Each content stands in the history once, and the newest is what was asked for.
    fn is_placed_once(&self, history: &History) {
        let labels = history.of(self.name(), "label.txt");
        assert_eq!(labels.last(), Some(&format!("{} {}", self.name(), self.object.spec["size"])));
        let stamps = history.of(self.name(), "stamp.txt");
        assert_eq!(stamps.last(), Some(&key(self.last_run(), STAMP, attempts(self.last_run(), STAMP))));
        for contents in [labels, stamps] {
            let distinct: BTreeSet<_> = contents.iter().collect();
            assert_eq!(distinct.len(), contents.len(), "{} placed the same content twice: {contents:?}", self.name());
        }
    }
}

fn at(step: usize) -> StepAt {
    StepAt { pipeline: 0, step }
}

fn attempts(run: &Run, step: usize) -> u32 {
    run.step(at(step)).unwrap().attempt
}

fn phase(run: &Run, step: usize) -> Phase {
    run.step(at(step)).unwrap().phase
}

/// The key the product promises for an attempt.
fn key(run: &Run, step: usize, attempt: u32) -> String {
    let mut run = run.clone();
    run.step_mut(at(step)).unwrap().attempt = attempt;
    run.idempotency_key(at(step))
}
