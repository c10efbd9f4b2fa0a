//! Deterministic simulation: a whole world from a seed, with everything that goes wrong in it.
//!
//! A schedule is a market, an exchange, a network, a disk, a user and the bot, all driven by chance
//! from a seed: requests and answers are lost, late and doubled, the process dies between any two
//! effects and in the middle of a write, the disk loses what was not synced, hands reach into the
//! account. Engine and store are the real ones. After every step the invariants are checked against
//! the exchange's own record, after every recovery against a witness of all that was written; then
//! the faults stop, and everything must settle. A seed that is run twice must give the same effects.

mod bot;
mod campaign;
mod check;
mod converge;
mod dice;
mod faults;
mod feed;
mod hands;
mod machine;
mod restart;
mod scenario;
mod venue;
mod wire;
mod world;

pub use campaign::{Campaign, Progress, Report};
pub use check::Violation;
pub use faults::{Fault, FaultCounts};
pub use heikin_core::engine::Bug;

pub use world::Ground;

use world::{Outcome, Setup, World};

/// How one schedule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its seed.
    pub seed: u64,
    /// How often it was run.
    pub runs: Runs,
    /// How many inputs the engine took.
    pub inputs: u64,
    /// The faults that were injected.
    pub faults: FaultCounts,
    /// The hash of every effect and of the state that was reached.
    pub hash: u64,
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
}

/// How often a schedule is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// Once.
    Once,
    /// Twice: a difference between the two is a violation too.
    Twice,
}

/// Runs one schedule.
pub fn run(seed: u64, ground: Ground, bug: Option<Bug>, runs: Runs) -> Schedule {
    let once = || World::new(seed, Setup { ground, bug, muted: Vec::new() }).run();
    let first = once();
    let differs = || runs == Runs::Twice && first != once();
    let violation = first.violation.clone().or_else(|| {
        differs().then(|| Violation {
            rule: "R1 not deterministic",
            what: "the same seed gave other effects the second time".to_owned(),
        })
    });
    let Outcome { inputs, faults, hash, .. } = first;
    Schedule { seed, runs, inputs, faults, hash, violation }
}

/// Runs one schedule once, and tells line by line what happened in it.
pub fn trace(seed: u64, bug: Option<Bug>) -> (Vec<String>, Option<Violation>) {
    let setup = Setup { ground: Ground::Disk, bug, muted: Vec::new() };
    let outcome = World::new(seed, setup).traced().run();
    (outcome.trace, outcome.violation)
}

/// The classes of faults without which the schedule does not break the same rule: each other class
/// was left out, one after another, and it broke all the same.
pub fn shrink(seed: u64, bug: Option<Bug>, rule: &'static str) -> Vec<Fault> {
    let mut muted: Vec<Fault> = Vec::new();
    for fault in Fault::ALL {
        muted.push(fault);
        let setup = Setup { ground: Ground::Disk, bug, muted: muted.clone() };
        let outcome = World::new(seed, setup).run();
        if outcome.violation.is_none_or(|violation| violation.rule != rule) {
            muted.pop();
        }
    }
    Fault::ALL.into_iter().filter(|fault| !muted.contains(fault)).collect()
}
