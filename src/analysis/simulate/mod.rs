//! Deterministic simulation: a whole world from a seed, with everything that goes wrong in it.
//!
//! A schedule is a market, an exchange, a network, a disk, a user and the bot, all driven by one
//! stream of chance: requests and answers are lost, late and doubled, the process dies between any
//! two effects and recovers from what had been synced, hands reach into the account. After every
//! step the invariants are checked against the exchange's own record; then the faults stop, and
//! everything must settle. Each seed is run twice, and must give the same effects.

mod bot;
mod campaign;
mod check;
mod converge;
mod dice;
mod faults;
mod feed;
mod hands;
mod scenario;
mod venue;
mod wire;
mod world;

pub use campaign::{Campaign, Progress, Report};
pub use check::Violation;
pub use faults::{Fault, FaultCounts};
pub use heikin_core::engine::Bug;

use world::World;

/// How one schedule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its seed.
    pub seed: u64,
    /// How many inputs the engine took.
    pub inputs: u64,
    /// The faults that were injected.
    pub faults: FaultCounts,
    /// The hash of every effect and of the state that was reached.
    pub hash: u64,
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
}

/// Runs one schedule, twice: a difference between the two is a violation too.
pub fn run(seed: u64, bug: Option<Bug>) -> Schedule {
    let first = World::new(seed, bug, Vec::new()).run();
    let second = World::new(seed, bug, Vec::new()).run();
    let violation = first.violation.clone().or_else(|| {
        (first != second).then(|| Violation {
            rule: "R1 not deterministic",
            what: "the same seed gave other effects the second time".to_owned(),
        })
    });
    Schedule { seed, inputs: first.inputs, faults: first.faults, hash: first.hash, violation }
}

/// Runs one schedule once, and tells line by line what happened in it.
pub fn trace(seed: u64, bug: Option<Bug>) -> (Vec<String>, Option<Violation>) {
    let outcome = World::new(seed, bug, Vec::new()).traced().run();
    (outcome.trace, outcome.violation)
}

/// The classes of faults without which the schedule does not break the same rule: each other class
/// was left out, one after another, and it broke all the same.
pub fn shrink(seed: u64, bug: Option<Bug>, rule: &'static str) -> Vec<Fault> {
    let mut muted: Vec<Fault> = Vec::new();
    for fault in Fault::ALL {
        muted.push(fault);
        let outcome = World::new(seed, bug, muted.clone()).run();
        if outcome.violation.is_none_or(|violation| violation.rule != rule) {
            muted.pop();
        }
    }
    Fault::ALL.into_iter().filter(|fault| !muted.contains(fault)).collect()
}
