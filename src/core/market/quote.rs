use serde::{Deserialize, Serialize};

use crate::num::Price;
use crate::time::{Span, Timestamp};

/// The best bid and ask, and when they were seen. On a simulated price path both are the price of
/// the point that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quote {
    /// The highest price somebody pays.
    pub bid: Price,
    /// The lowest price somebody asks.
    pub ask: Price,
    /// When they were seen.
    pub at: Timestamp,
}

impl Quote {
    /// One price on both sides: a point of a simulated path.
    #[inline]
    pub const fn point(price: Price, at: Timestamp) -> Self {
        Self { bid: price, ask: price, at }
    }

    /// How old the quote is at `now`.
    pub const fn age(&self, now: Timestamp) -> Span {
        now.since(self.at)
    }
}
