use serde::{Deserialize, Serialize};

use crate::num::{Money, Price, Quantity, Rate};

/// How much an entry buys, before it is rounded down to the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sizing {
    /// Always this quantity of the base asset.
    Fixed(Quantity),
    /// This share of the free quote balance.
    Percent(Rate),
    /// This value in the quote asset.
    Quote(Money),
}

impl Sizing {
    /// The quantity to buy at `limit`; `free` is the quote balance to spend, asked for only where
    /// it matters.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a fixed quantity is nothing to call for")]
    pub fn quantity(&self, free: impl FnOnce() -> Money, limit: Price) -> Quantity {
        match *self {
            Self::Fixed(quantity) => quantity,
            Self::Percent(Rate::ONE) => free().quantity_at(limit),
            Self::Percent(share) => free().share(share).quantity_at(limit),
            Self::Quote(value) => value.quantity_at(limit),
        }
    }
}
