use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The only source of chance in a simulation: everything follows from its seed.
#[derive(Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// True in `per_10_000` of ten thousand cases.
    pub(super) fn chance(&mut self, per_10_000: u32) -> bool {
        per_10_000 > 0 && self.0.random_range(0..10_000) < per_10_000
    }

    /// A number from `least` up to and including `most`.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.random_range(least..=most.max(least))
    }

    /// An index below `length`; 0 where there is none.
    pub(super) fn index(&mut self, length: usize) -> usize {
        if length == 0 { 0 } else { self.0.random_range(0..length) }
    }

    /// Sixty-four bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.random()
    }

    /// One of the items; none of an empty list.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.0.random_range(0..items.len())) }
    }

    /// A delay in milliseconds: mostly short, sometimes very long.
    pub(super) fn delay(&mut self, usual: i64, longest: i64, long_per_10_000: u32) -> i64 {
        if self.chance(long_per_10_000) {
            self.between(usual, longest)
        } else {
            self.between(1, usual)
        }
    }
}
