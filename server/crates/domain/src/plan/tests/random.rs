//! Everything in any order: thousands of short lives of a resource, each told by a seed, and all the shortest ones.

use super::{
    drift::with_policy,
    given::{destination, offer_with},
    invariants,
    world::World,
};
use crate::{
    drift::{Difference, OnDrift},
    placement::Placement,
    plan::{self, PAUSED, RECONCILE, SUSPENDED},
    reason::Reason,
    request::RequestPhase,
};

const WORKFLOWS: [&str; 4] = [
    "
configure:
- {name: network, steps: [{name: render, uses: template, retry: {attempts: 2, backoff: 10s}}]}
- {name: instance, steps: [{name: plan, uses: template}, {name: apply, uses: command, retry: {attempts: 2, backoff: 10s}}]}
delete:
- {name: destroy, steps: [{name: destroy, uses: command, retry: {attempts: 2, backoff: 10s}}]}
actions:
  restart: {then: configure, pipelines: [{name: stop, steps: [{name: stop, uses: command, retry: {attempts: 2, backoff: 10s}}, {name: start, uses: http}]}]}
",
    "
configure:
- {name: instance, steps: [{name: apply, uses: command, retry: {attempts: 2, backoff: 10s}}]}
- {name: backup, steps: [{name: render, uses: template}]}
actions:
  restart: {pipelines: [{name: restart, steps: [{name: restart, uses: template}]}]}
",
    "
configure:
- {name: other, steps: [{name: render, uses: template}]}
delete:
- {name: one, steps: [{name: destroy, uses: command}]}
- {name: two, steps: [{name: destroy, uses: command}]}
actions:
  restart: {concurrency: queue, pipelines: [{name: wide, steps: [{name: a, uses: command}, {name: b, uses: command, parallel: true}]}]}
",
    "
configure:
- {name: wide, steps: [{name: a, uses: command}, {name: b, uses: command, parallel: true, retry: {attempts: 2, backoff: 10s}}, {name: c, uses: template}]}
delete:
- {name: one, steps: [{name: destroy, uses: command}, {name: tell, uses: http, parallel: true}]}
",
];

/// The enum and the list of all it holds, each name written once.
macro_rules! happenings {
    ($($name:ident),+ $(,)?) => {
        /// What may happen between two passes.
        #[derive(Clone, Copy, Debug)]
        enum Happening {
            $($name),+
        }

        const ALL: &[Happening] = &[$(Happening::$name),+];
    };
}

happenings! {
    Nothing,
    SpecChanges,
    RevisionChanges,
    PromiseGoes,
    PromiseComes,
    ActionAsked,
    ActionForbidden,
    ActionAllowed,
    Deleted,
    Paused,
    Unpaused,
    PromisePaused,
    PromiseUnpaused,
    AskedAgain,
    AllAskedAgain,
    Resumed,
    StepDone,
    StepSaysMuch,
    StepFails,
    StepIsLost,
    StepIsRefused,
    StepSuspends,
    StepWaits,
    HolderDies,
    StoreWrites,
    StoreRefuses,
    LookFinds,
    LookFindsNothing,
    DestinationComes,
    DestinationGoes,
    DestinationMoves,
    DestinationIsRenamed,
    TimePasses,
    Crash,
}

impl Happening {
    /// Whether it would change anything now.
    fn applies(self, world: &World) -> bool {
        match self {
            Self::StepDone
            | Self::StepSaysMuch
            | Self::StepFails
            | Self::StepIsLost
            | Self::StepIsRefused
            | Self::StepSuspends
            | Self::StepWaits => world.running().is_some(),
            Self::StoreWrites | Self::StoreRefuses => world.placements.iter().any(|placement| !placement.settled()),
            Self::LookFinds => world.placements.first().is_some_and(|first| first.settled() && !first.drifted()),
            Self::LookFindsNothing => world.placements.first().is_some_and(Placement::drifted),
            Self::PromiseGoes => world.offer.is_some(),
            Self::PromiseComes => world.offer.is_none(),
            Self::Deleted | Self::ActionAsked => !world.resource.deleting(),
            Self::ActionForbidden => world.forbidden.is_empty(),
            Self::ActionAllowed => !world.forbidden.is_empty(),
            Self::Paused => !world.labelled(PAUSED),
            Self::Unpaused => world.labelled(PAUSED),
            Self::PromisePaused => !world.course.promise_paused,
            Self::PromiseUnpaused => world.course.promise_paused,
            Self::AskedAgain => !world.labelled(RECONCILE),
            Self::Resumed => world.labelled(SUSPENDED),
            Self::DestinationComes => world.destinations != destinations(),
            Self::DestinationGoes | Self::DestinationMoves | Self::DestinationIsRenamed => {
                !world.destinations.is_empty()
            }
            Self::Nothing
            | Self::SpecChanges
            | Self::AllAskedAgain
            | Self::RevisionChanges
            | Self::HolderDies
            | Self::TimePasses
            | Self::Crash => true,
        }
    }

    fn befall(self, world: &mut World, turn: usize) {
        match self {
            Self::SpecChanges => world.change_spec(),
            Self::RevisionChanges | Self::PromiseComes => change_revision(world, turn),
            Self::PromiseGoes => world.offer = None,
            Self::Deleted => world.delete(),
            Self::ActionAsked => world.act("restart"),
            Self::ActionForbidden => "it is not ready".clone_into(&mut world.forbidden),
            Self::ActionAllowed => world.forbidden.clear(),
            Self::Paused => world.label(PAUSED, "true"),
            Self::Unpaused => world.unlabel(PAUSED),
            Self::PromisePaused => world.course.promise_paused = true,
            Self::PromiseUnpaused => world.course.promise_paused = false,
            Self::AskedAgain => world.label(RECONCILE, "true"),
            Self::AllAskedAgain => world.course.round += 1,
            Self::Resumed => world.unlabel(SUSPENDED),
            Self::StepDone => world.step(world.usual()),
            Self::StepSaysMuch => {
                let conditions = format!(
                    "conditions: [{{type: Ready, status: 'False', reason: Mine}}, {{type: Extra, status: 'True', reason: R{turn}}}]\n"
                );
                let status = format!("phase: mine\nurl: https://{turn}.example.com\n{conditions}");
                let selectors = "[{directory: cache, matchLabels: {environment: prod}}]";
                let left =
                    world.usual().with(&["cache/redis.yaml"], "v1").says("destination-selectors.yaml", selectors);
                world.step(left.says("status.yaml", &status).says("outputs.yaml", "host: db-1"));
            }
            Self::StepFails => world.step_fails("no quota"),
            Self::StepIsLost => world.step_is_lost("timed out"),
            Self::StepIsRefused => world.step_is_refused("the template is wrong"),
            Self::StepSuspends => world.step(world.usual().says("workflow-control.yaml", "suspend: true")),
            Self::StepWaits => world.step(world.usual().says("workflow-control.yaml", "retryAfter: 30s")),
            Self::HolderDies => world.holder_dies(),
            Self::StoreWrites => world.store_writes(),
            Self::StoreRefuses => world.store_refuses("the branch is protected"),
            Self::LookFinds => {
                let lost = world.placements[0].spec.files.keys().next().cloned().unwrap_or_default();
                world.look_finds(&[(&lost, Difference::Missing)]);
            }
            Self::LookFindsNothing => world.look_finds(&[]),
            Self::DestinationComes => world.destinations = destinations(),
            Self::DestinationGoes => drop(world.destinations.pop()),
            Self::DestinationMoves => {
                for destination in &mut world.destinations {
                    destination.spec.path = format!("moved/{turn}/{}", destination.metadata.name);
                }
            }
            Self::DestinationIsRenamed => world.destinations[0].metadata.name.push('x'),
            Self::TimePasses => world.later(12),
            Self::Crash => world.pass_that_crashes(),
            Self::Nothing => {}
        }
    }
}

fn change_revision(world: &mut World, turn: usize) {
    let offer =
        offer_with(&format!("r{}", turn % 5), WORKFLOWS[turn % WORKFLOWS.len()], "[{matchLabels: {tier: gold}}]");
    let policy = if turn.is_multiple_of(2) { OnDrift::Repair } else { OnDrift::Report };
    world.offer = Some(with_policy(&offer, policy));
}

fn destinations() -> Vec<crate::destination::Destination> {
    vec![
        destination("gold", "tier=gold,environment=dev"),
        destination("gold-2", "tier=gold,environment=dev"),
        destination("prod", "environment=prod"),
    ]
}

fn begin() -> World {
    let mut world = World::of(WORKFLOWS[0]);
    world.course.binds = true;
    change_revision(&mut world, 0);
    world.destinations = destinations();
    world
}

/// One happening, one pass; nothing after the end.
fn live(world: &mut World, happening: Happening, turn: usize) {
    if !world.forgotten && happening.applies(world) {
        happening.befall(world, turn);
        world.pass();
    }
}

/// The faults stop and people do what each reason asks of them: it must come to rest, soon and for good.
fn come_to_rest(world: &mut World) {
    if world.forgotten {
        return;
    }
    world.unlabel(PAUSED);
    world.course.promise_paused = false;
    world.destinations = destinations();
    if world.offer.is_none() && !world.resource.deleting() {
        change_revision(world, 1);
    }
    for _ in 0..8 {
        match world.carry_on() {
            // an action waits for somebody, or for its next attempt
            Reason::Ready | Reason::ActionRunning { .. } if world.requests.iter().any(|r| r.status.phase.open()) => {
                world.unlabel(SUSPENDED);
                world.later(600);
            }
            Reason::Ready | Reason::Deleted => break,
            Reason::StepFailed { .. } => world.label(RECONCILE, "true"),
            Reason::Suspended { .. } => world.unlabel(SUSPENDED),
            Reason::StepRetrying { .. } => world.later(600),
            other => panic!("{other:?} after all faults are gone:\n{}", world.story()),
        }
    }
    assert_eq!(world.forgotten, world.resource.deleting(), "{}", world.story());
    assert!(
        world.requests.iter().all(|request| !request.status.phase.open()),
        "an unanswered request:\n{}\n{}",
        world.answers(),
        world.story()
    );
    what_stands_is_what_was_asked(world);
    if !world.forgotten {
        assert_eq!(world.status().phase.as_str(), "Ready", "{}", world.story());
        assert_eq!(world.run().spec.generation, world.resource.metadata.generation);
        assert_ne!(world.requests.last().map(|request| request.status.phase), Some(RequestPhase::Superseded));
        let observed = world.observed();
        let idle = plan::plan(observed.clone(), world.now);
        assert!(
            invariants::unchanged(&observed, &idle) && idle.wake.is_some(),
            "a settled resource is written again:\n{}",
            world.story()
        );
        world.later(30_000);
        assert!(
            invariants::unchanged(&observed, &plan::plan(observed.clone(), world.now)),
            "time alone changed a settled resource"
        );
    }
}

/// Every file the newest run made stands somewhere, and nothing else does.
fn what_stands_is_what_was_asked(world: &World) {
    let standing: Vec<_> = world.disk.values().flatten().collect();
    let pipelines = if world.forgotten { &[][..] } else { &world.run().status.pipelines };
    let asked: Vec<_> = pipelines.iter().flat_map(|pipeline| &pipeline.output).collect();
    let sorted = |mut files: Vec<(&String, &crate::Digest)>| {
        files.sort();
        format!("{files:?}")
    };
    assert_eq!(sorted(standing), sorted(asked), "{:#?}\n{}", world.disk, world.story());
}

/// Steele's splitmix: enough chance for a test, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

fn live_by_seed(seed: u64) {
    let (mut dice, mut world) = (Dice(seed), begin());
    for turn in 0..4 + dice.roll(12) {
        // progress is as likely as all else together, or nothing would ever get far
        let happening = match dice.roll(4) {
            0 => Happening::StepDone,
            1 => Happening::StoreWrites,
            _ => ALL[dice.roll(ALL.len())],
        };
        live(&mut world, happening, turn);
    }
    come_to_rest(&mut world);
}

#[test]
fn whatever_happens_in_whatever_order_it_comes_to_rest_once_the_faults_stop() {
    for seed in 0..2_000 {
        if let Err(panic) = std::panic::catch_unwind(|| live_by_seed(seed)) {
            eprintln!("this was seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn every_two_happenings_at_every_moment_of_a_life_come_to_rest() {
    use Happening::{Deleted, Nothing, StepDone, StoreWrites};
    let life = [Nothing, StepDone, StepDone, StepDone, StoreWrites, Deleted, StepDone, StoreWrites];
    let mut moment = begin();
    for (turn, step) in life.into_iter().enumerate() {
        for first in ALL.iter().copied().filter(|first| first.applies(&moment)) {
            let mut after_first = moment.clone();
            live(&mut after_first, first, turn + 1);
            for second in ALL.iter().copied().filter(|second| second.applies(&after_first)) {
                let mut world = after_first.clone();
                live(&mut world, second, turn + 2);
                come_to_rest(&mut world);
            }
        }
        live(&mut moment, step, 0);
    }
}
