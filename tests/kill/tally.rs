//! What was done, seen and measured.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::comparison::Agreed;

/// Counts over all worlds.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By what killed.
    kills: BTreeMap<&'static str, u64>,
    /// Processes that were killed before they were ready.
    pub(crate) starts_cut: u64,
    /// Ends in good order.
    pub(crate) stops: u64,
    /// Comparisons of heikin with the exchange that ended in agreement.
    checks: u64,
    /// Of these, how often an order was of unknown outcome still.
    unresolved: u64,
    /// Of these, how often a position was seen without a stop on the way, and heikin said so.
    unprotected: u64,
    pub(crate) orders: usize,
    pub(crate) fills: usize,
    /// From the start of a process with a history until it was ready, without and with faults.
    pub(crate) ready: Times,
    pub(crate) ready_with_faults: Times,
    /// From the start of a process with a history until it was ready, agreed, and everything was
    /// protected, without and with faults; these ended when it was ready.
    pub(crate) protected: Times,
    pub(crate) protected_with_faults: Times,
    /// From the start of a process until no outcome was unknown.
    pub(crate) settled: Times,
    /// The longest that a position was seen without a stop.
    longest_bare: Duration,
}

impl Tally {
    pub(crate) fn kills(&self) -> u64 {
        self.kills.values().sum()
    }

    pub(crate) fn killed(&mut self, by: &'static str) {
        *self.kills.entry(by).or_default() += 1;
    }

    pub(crate) fn compared(&mut self, agreed: Agreed) {
        self.checks += 1;
        self.unresolved += u64::from(agreed.unresolved > 0);
        self.unprotected += u64::from(!agreed.longest_bare.is_zero());
        self.longest_bare = self.longest_bare.max(agreed.longest_bare);
    }

    /// What was counted elsewhere, too.
    pub(crate) fn add(&mut self, other: Self) {
        for (by, kills) in other.kills {
            *self.kills.entry(by).or_default() += kills;
        }
        self.starts_cut += other.starts_cut;
        self.stops += other.stops;
        self.checks += other.checks;
        self.unresolved += other.unresolved;
        self.unprotected += other.unprotected;
        self.orders += other.orders;
        self.fills += other.fills;
        self.ready.0.extend(other.ready.0);
        self.ready_with_faults.0.extend(other.ready_with_faults.0);
        self.protected.0.extend(other.protected.0);
        self.protected_with_faults.0.extend(other.protected_with_faults.0);
        self.settled.0.extend(other.settled.0);
        self.longest_bare = self.longest_bare.max(other.longest_bare);
    }

    pub(crate) fn report(&self) -> Value {
        json!({
            "kills": self.kills(), "by": self.kills, "starts_cut": self.starts_cut,
            "stops": self.stops, "checks": self.checks,
            "checks_with_an_unknown_outcome": self.unresolved,
            "checks_with_an_unprotected_position": self.unprotected,
            "longest_unprotected_ms": millis(&self.longest_bare),
            "orders": self.orders, "fills": self.fills,
            "ready_ms": self.ready.report(),
            "ready_with_faults_ms": self.ready_with_faults.report(),
            "protected_ms": self.protected.report(),
            "protected_with_faults_ms": self.protected_with_faults.report(),
            "settled_ms": self.settled.report(),
        })
    }

    /// A harness in which nothing happens proves nothing.
    pub(crate) fn assert_that_something_happened(&self) {
        assert!(self.checks > 0 && self.orders > 0 && self.fills > 0, "{self:?}");
    }
}

/// Durations, to be told in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    fn report(&self) -> Value {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(place).map(millis)
        };
        json!({ "count": sorted.len(), "p50": at(50), "p99": at(99), "max": at(100) })
    }
}

fn millis(time: &Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

/// Tells whoever looks on.
#[expect(clippy::print_stdout, reason = "a test has no other voice")]
pub(crate) fn tell(what: &impl std::fmt::Display) {
    println!("{what}");
}
