//! When heikin ran, for as long as a digest looks back.

use std::collections::VecDeque;

use heikin_bot::backend::{BasisPoints, Range};
use heikin_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// What ended longer ago is forgotten.
const KEPT: Span = Span::from_secs(3 * 86_400);
/// However often it is started.
const RUNS: usize = 1_000;

/// The runs of the last days: since when, and when it was last seen running.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Uptime {
    runs: VecDeque<(Timestamp, Timestamp)>,
}

impl Uptime {
    /// It was running at `at`, without a break since `since`.
    pub(super) fn run(&mut self, since: Timestamp, at: Timestamp) {
        match self.runs.back_mut() {
            Some((began, until)) if *began == since => *until = at,
            _ => self.runs.push_back((since, at)),
        }
        self.runs.retain(|(_, until)| at.since(*until) < KEPT);
        if self.runs.len() > RUNS {
            self.runs.pop_front();
        }
    }

    /// For how much of a time it ran. A time without a beginning or an end has no share.
    pub fn of(&self, range: Range) -> BasisPoints {
        let Range { from: Some(from), to: Some(to) } = range else { return BasisPoints(0) };
        let length = to.since(from).millis();
        let within = |(began, until): &(Timestamp, Timestamp)| {
            (*until).min(to).since((*began).max(from)).millis().max(0)
        };
        let ran: i64 = self.runs.iter().map(within).sum();
        BasisPoints((ran * 10_000).checked_div(length).unwrap_or(0).min(10_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_count_as_far_as_they_lie_within() {
        let hour = |hour: i64| Timestamp::EPOCH + Span::HOUR.times(hour);
        let mut uptime = Uptime::default();
        uptime.run(hour(0), hour(1));
        uptime.run(hour(0), hour(10));
        uptime.run(hour(14), hour(20));
        let of = |from, to| uptime.of(Range { from: Some(hour(from)), to: Some(hour(to)) });
        assert_eq!(of(0, 20), BasisPoints(8_000));
        assert_eq!(of(8, 16), BasisPoints(5_000));
        assert_eq!(of(11, 13), BasisPoints(0));
        assert_eq!(of(4, 8), BasisPoints(10_000));
        uptime.run(hour(100), hour(101));
        assert_eq!(uptime.runs.len(), 1, "the older ones are forgotten");
    }
}
