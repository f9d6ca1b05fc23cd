//! Thousands of short lives of three replicas, and proof that the simulator notices when a protection is missing.
//!
//! `MIDSPAN_SEEDS=100000` lives more of them, `MIDSPAN_SEED=17` one and tells its story.

use std::{env, ops::Range, thread};
use testkit::simulator::{Mutant, Report, Violation, run};

const SEEDS_FOR_A_MUTANT: u64 = 1_000;

#[expect(clippy::disallowed_methods, reason = "a test's own settings")]
fn setting(name: &str) -> Option<String> {
    env::var(name).ok()
}

fn number(name: &str) -> Option<u64> {
    setting(name)?.parse().ok()
}

/// The seeds, on all processors; the first violation in the order of seeds.
fn lives(seeds: Range<u64>, mutant: Option<Mutant>) -> Result<Report, Violation> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let all = thread::scope(|scope| {
        let share = |first| {
            move || {
                (seeds.start + first as u64..seeds.end)
                    .step_by(threads)
                    .map(|seed| run(seed, mutant))
                    .collect::<Vec<_>>()
            }
        };
        let shares: Vec<_> = (0..threads).map(|first| scope.spawn(share(first))).collect();
        shares.into_iter().flat_map(|share| share.join().expect("a life panicked")).collect::<Vec<_>>()
    });
    let mut sum = Report::default();
    for life in all {
        let life = life?;
        sum.moments += life.moments;
        sum.effects += life.effects;
        sum.crashes += life.crashes;
    }
    Ok(sum)
}

#[test]
fn whatever_goes_wrong_no_rule_is_broken() {
    if let Some(seed) = number("MIDSPAN_SEED") {
        run(seed, None).map(|report| println!("{report:?}")).unwrap();
        return;
    }
    let report = lives(0..number("MIDSPAN_SEEDS").unwrap_or(2_000), None).unwrap();
    println!("{report:?}");
    assert!(report.crashes > 0 && report.effects > 0, "nothing happened: {report:?}");
}

#[test]
fn every_missing_protection_is_noticed() {
    let left_out = |mutant: &Mutant| setting("MIDSPAN_MUTANT").is_some_and(|name| format!("{mutant:?}") != name);
    let unnoticed: Vec<Mutant> = Mutant::ALL
        .into_iter()
        .filter(|mutant| !left_out(mutant))
        .filter(|mutant| noticed(*mutant).is_none())
        .collect();
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}

/// The seeds in slices, until one is enough: most mutants do not live long.
fn noticed(mutant: Mutant) -> Option<String> {
    let violation =
        (0..SEEDS_FOR_A_MUTANT / 50).find_map(|slice| lives(slice * 50..(slice + 1) * 50, Some(mutant)).err())?;
    println!("{mutant:?}: seed {}: {}", violation.seed, violation.rule);
    Some(violation.rule)
}

#[test]
fn a_seed_lives_the_same_life_each_time() {
    let lives: Vec<String> = (0..2).map(|_| format!("{:?}", run(7, None).ok())).collect();
    assert_eq!(lives[0], lives[1]);
}
