//! Pauses between attempts to connect.

use std::hash::{BuildHasher as _, RandomState};

use tokio::time::Duration;

const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_mins(1);

/// Pauses that grow, and differ between clients that lost their connections at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next pause: between half of it and all of it, and a minute at most.
    pub(in super::super) fn next(&mut self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let pause = SHORTEST.saturating_mul(factor).min(LONGEST);
        self.failures = self.failures.saturating_add(1).min(16);
        pause.saturating_sub(jitter(pause / 2))
    }

    /// All is well again.
    pub(in super::super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Any length of time below `most`.
pub(in super::super) fn jitter(most: Duration) -> Duration {
    // Chance enough: the keys of every new state are random.
    let chance = RandomState::new().hash_one(0_u8);
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(chance % most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_are_never_more_than_halved() {
        let mut backoff = Backoff::default();
        for expected in [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            let pause = backoff.next().as_millis();
            assert!((expected / 2..=expected).contains(&pause), "{pause} of {expected}");
        }
        backoff.reset();
        assert!(backoff.next() <= SHORTEST);
    }
}
