//! Looks for schemas, values and forms that break this crate, for as long as it is told: `cargo run -p forms --example fuzz -- SECONDS [SEED]`.
//!
//! Each round makes up a schema with a value that suits it, and one without sense with any value and any posted form. What a form shows has
//! to come back as it was, and nothing may panic or take long. The seed of a round that fails is told; given as the second argument it
//! is the first round of the next run.

#[expect(clippy::unwrap_used, reason = "shared with the tests, which fail loudly")]
#[path = "../tests/forms/generated.rs"]
mod generated;

use generated::{comes_back, described, entries, nonsense, try_everything, use_everything, value};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// One round that takes longer has found something.
const SLOW: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(60);
    let first: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut seed, mut slowest) = (first, (Duration::ZERO, first));
    while Instant::now() < end {
        let start = Instant::now();
        let outcome = std::panic::catch_unwind(|| round(seed)).unwrap_or_else(|_| Err("it panicked".to_owned()));
        let took = start.elapsed();
        if let Err(message) = outcome {
            eprintln!("seed {seed}: {message}");
            return ExitCode::FAILURE;
        }
        if took > SLOW {
            eprintln!("seed {seed}: took {took:?}");
            return ExitCode::FAILURE;
        }
        slowest = slowest.max((took, seed));
        seed += 1;
    }
    println!("{} rounds clean in {seconds} s; the slowest took {:?} (seed {})", seed - first, slowest.0, slowest.1);
    ExitCode::SUCCESS
}

fn round(seed: u64) -> Result<(), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (schema, suited) = made(&mut runner, &described())?;
    comes_back(&schema, &suited)?;
    let (value, posted) = (made(&mut runner, &value())?, made(&mut runner, &entries())?);
    if let Ok(schema) = forms::Schema::parse(&schema) {
        use_everything(&schema, &value, &posted);
    }
    let schema = made(&mut runner, &nonsense())?;
    try_everything(&schema, &value, &posted);
    Ok(())
}

fn made<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> Result<S::Value, String> {
    strategy.new_tree(runner).map(|tree| tree.current()).map_err(|reason| reason.to_string())
}
