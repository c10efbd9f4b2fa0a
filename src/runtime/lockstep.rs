//! Keeping step with a simulator that moves its price only when everything here is at rest.

use std::time::Duration;

use crate::exchange::binance::lockstep::Lockstep;

/// What the simulator was told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    applied: u64,
    in_flight: usize,
}

/// How far we have come in the simulator's steps.
#[derive(Debug)]
pub struct Step {
    lockstep: Lockstep,
    /// The last barrier before which everything was taken in.
    applied: u64,
    told: Option<Told>,
}

impl Step {
    /// Reports there.
    pub const fn new(lockstep: Lockstep) -> Self {
        Self { lockstep, applied: 0, told: None }
    }

    /// Everything that came before this barrier was taken in.
    pub fn barrier(&mut self, number: u64) {
        self.applied = self.applied.max(number);
    }

    /// How long to wait until looking again, though nothing has arrived: not long while something is
    /// on its way.
    pub fn look_again(&self) -> Duration {
        match self.told {
            Some(Told { in_flight: 1.., .. }) => Duration::from_millis(5),
            _ => Duration::from_secs(1),
        }
    }

    /// A turn is over: everything that was taken in is durable, and what followed has left.
    pub fn at_rest(&mut self, in_flight: usize) {
        let now = Told { applied: self.applied, in_flight };
        if self.told != Some(now) {
            self.told = Some(now);
            self.lockstep.report(now.applied, now.in_flight);
        }
    }
}
