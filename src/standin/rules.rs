//! Rules for faults: each strikes a number of times, or by chance until it is cleared. All chance
//! comes from one seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HowOften {
    /// So many times more.
    Times(u32),
    /// In so many of ten thousand cases.
    Per10000(u32),
}

impl HowOften {
    /// As a request says it: once, where it says nothing.
    pub(super) fn of(times: Option<u32>, per_10000: Option<u32>) -> Result<Self, String> {
        match (times, per_10000) {
            (Some(_), Some(_)) => Err("give times or per_10000, not both".to_owned()),
            (None, Some(share)) => Ok(Self::Per10000(share)),
            (times, None) => Ok(Self::Times(times.unwrap_or(1))),
        }
    }
}

/// The rules that are on.
#[derive(Debug)]
pub(super) struct Rules<T> {
    chance: ChaCha8Rng,
    rules: Vec<(T, HowOften)>,
}

impl<T: Clone> Rules<T> {
    pub(super) fn new(seed: u64) -> Self {
        Self { chance: ChaCha8Rng::seed_from_u64(seed), rules: Vec::new() }
    }

    pub(super) fn add(&mut self, what: T, how_often: HowOften) {
        if how_often != HowOften::Times(0) {
            self.rules.push((what, how_often));
        }
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The first rule, of those that this concerns, that strikes.
    pub(super) fn strike(&mut self, concerns: impl Fn(&T) -> bool) -> Option<T> {
        let mut found = None;
        for (what, how_often) in self.rules.iter_mut().filter(|(what, _)| concerns(what)) {
            let strikes = match how_often {
                HowOften::Times(left) => {
                    *left = left.saturating_sub(1);
                    true
                }
                HowOften::Per10000(share) => self.chance.random_range(0..10_000) < *share,
            };
            if strikes {
                found = Some(what.clone());
                break;
            }
        }
        self.rules.retain(|(_, how_often)| *how_often != HowOften::Times(0));
        found
    }

    /// A number below `bound`, by the same chance.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.chance.random_range(0..bound.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_rule_strikes_so_often_and_only_what_it_concerns() {
        let mut rules = Rules::new(1);
        rules.add("a", HowOften::of(Some(2), None).unwrap());
        assert_eq!(rules.strike(|it| *it == "b"), None);
        assert_eq!(rules.strike(|_| true), Some("a"));
        assert_eq!(rules.strike(|_| true), Some("a"));
        assert_eq!(rules.strike(|_| true), None);
    }

    #[test]
    fn a_rule_by_chance_strikes_that_often_until_it_is_cleared() {
        let mut rules = Rules::new(7);
        rules.add((), HowOften::of(None, Some(2_500)).unwrap());
        let struck = (0..4_000).filter(|_| rules.strike(|()| true).is_some()).count();
        assert!((900..1_100).contains(&struck), "{struck}");
        rules.clear();
        assert_eq!(rules.strike(|()| true), None);
        assert!(HowOften::of(Some(1), Some(1)).is_err());
    }
}
