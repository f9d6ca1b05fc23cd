//! Chance that can be had again: a seed, and numbers that follow from it.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    ops::Range,
    time::Duration,
};

pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From a number below `n`, all of them equally likely.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % n
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(range.start + self.below(range.end - range.start))
    }
}

/// A number nobody knows before.
pub fn seed() -> u64 {
    RandomState::new().build_hasher().finish() % 1_000_000_007
}

/// What the environment asks of these tests.
#[expect(clippy::disallowed_methods, reason = "whoever runs a test tells it through the environment")]
pub fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
