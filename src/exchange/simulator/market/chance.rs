use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The standard deviation of the sum of four numbers, each from 0 to 65,535 alike: √(4 · 65536² / 12).
const SUM_DEVIATION: i64 = 37_837;
/// The mean of that sum.
const SUM_MEAN: i64 = 2 * 65_535;

/// The only source of chance of a market.
#[derive(Debug, Clone)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from `least` up to and including `most`.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.random_range(least..=most)
    }

    /// A shock of mean zero and this standard deviation, nearly normal: the sum of four uniform
    /// numbers (Irwin–Hall), in integers.
    pub(super) fn shock(&mut self, deviation: i64) -> i64 {
        let bits = self.0.next_u64();
        let sum: i64 =
            [0, 16, 32, 48].into_iter().map(|shift| ((bits >> shift) & 0xffff).cast_signed()).sum();
        (sum - SUM_MEAN) * deviation / SUM_DEVIATION
    }
}
