//! What the adapter has seen and done since it started, for metrics.

use std::cell::Cell;
use std::rc::Rc;

use serde::Serialize;

/// Totals since the start, but for `weight_used`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counters {
    /// Requests with an answer of 2xx.
    pub succeeded: u64,
    /// Requests with any other answer.
    pub failed: u64,
    /// Requests that left, or may have left, and had no answer.
    pub unanswered: u64,
    /// Requests that did not leave.
    pub not_sent: u64,
    /// Answers of 429 and 418.
    pub pushed_back: u64,
    /// Weight of the present minute, in flight included.
    pub weight_used: u32,
    /// Connections of streams that were opened, the first ones included.
    pub connections: u64,
    /// Connections of streams that broke or were given up.
    pub disconnections: u64,
    /// Frames that were not what they should be.
    pub malformed_frames: u64,
    /// Answers of 2xx that are no JSON.
    pub malformed_bodies: u64,
    /// User events of orders that are not this installation's.
    pub foreign_reports: u64,
    /// Candles that the stream left out and REST delivered.
    pub backfilled_candles: u64,
    /// Closed candles that came twice with different contents.
    pub contradicted_candles: u64,
    /// Closed candles that REST told with other prices a minute later.
    pub corrected_candles: u64,
}

/// A shared [`Counters`]: the parts of the adapter count into the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(Rc<Cell<Counters>>);

impl Tally {
    pub(super) fn count(&self, change: impl FnOnce(&mut Counters)) {
        let mut counters = self.0.get();
        change(&mut counters);
        self.0.set(counters);
    }

    pub(super) fn read(&self) -> Counters {
        self.0.get()
    }
}
